/** `vid2world train`: makes a model that ships, from nothing but its recipe. */
import type { Command } from "commander";
import { type Progress, showProgress } from "../notebook/showProgress.js";
import { findRecipe, recipes } from "../study/recipe.js";
import { trainRecipe } from "../study/trainRecipe.js";
import { wholeNumber } from "./wholeNumber.js";

interface Options {
  readonly models: string;
  readonly scratch: string;
  readonly threads: number;
}

async function trainByName(name: string, { models, scratch, threads }: Options): Promise<void> {
  const recipe = findRecipe(name);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  let bar: { readonly label: string; readonly shown: Progress } | undefined;
  const show = (label: string, done: number, of: number, values?: Record<string, number>) => {
    if (bar?.label !== label) {
      bar?.shown.end();
      bar = { label, shown: showProgress(of, { label }) };
    }
    bar.shown.update(done, values);
  };
  const { steps } = await trainRecipe(name, recipe, {
    models,
    scratch,
    threads,
    signal: stop.signal,
    onStage: show,
    onProgress: ({ step, steps, loss, rate }) => show(name, step, steps, { loss, rate }),
  });
  bar?.shown.end();
  process.stdout.write(
    steps >= recipe.steps
      ? `${models}/${name} is written.\n`
      : `Stopped; ${models}/${name} holds the model as it is. The same command goes on from here.\n`,
  );
}

/** Adds the command. */
export function addTraining(program: Command): void {
  program
    .command("train <name>")
    .description(`train a model that ships: ${Object.keys(recipes).join(", ")}`)
    .option("--models <dir>", "folder of models", "data/models")
    .option("--scratch <dir>", "folder for clips, latents and checkpoints", ".cache/train")
    .option("--threads <count>", "threads; two runs side by side beat one with two", wholeNumber, 1)
    .action(trainByName);
}
