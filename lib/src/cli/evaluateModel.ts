/** `vid2world evaluate-model`: scores of a trained model on held-out episodes, as a table and beside its weights. */
import type { Command } from "commander";
import { useBackend } from "../engine/backends.js";
import { type Progress, showProgress } from "../notebook/showProgress.js";
import { evaluateModel, readScores } from "../study/evaluateModel.js";
import { readCard } from "../study/modelCard.js";
import { describeScores } from "./describeScores.js";
import { wholeNumber } from "./wholeNumber.js";

interface Options {
  readonly scratch: string;
  readonly threads: number;
  readonly clips: number;
  readonly json?: boolean;
  readonly saved?: boolean;
}

async function evaluateByFolder(dir: string, { json, saved, ...options }: Options): Promise<void> {
  const scores = saved ? await readScores(dir) : await scoreWithProgress(dir, options);
  const { failures = [] } = (await readCard(dir)) ?? {};
  process.stdout.write(
    `${[describeScores(scores), ...failures.map((each) => `fails: ${each}`)].join("\n")}\n`,
  );
  if (!saved) process.stdout.write(`${dir}/scores.json is written.\n`);
  if (json) process.stdout.write(`${JSON.stringify(scores)}\n`);
}

async function scoreWithProgress(dir: string, options: Omit<Options, "json" | "saved">) {
  await useBackend("wasm");
  let bar: { readonly label: string; readonly shown: Progress } | undefined;
  const scores = await evaluateModel(dir, {
    ...options,
    onProgress: (label, done, of) => {
      if (bar?.label !== label) {
        bar?.shown.end();
        bar = { label, shown: showProgress(of, { label }) };
      }
      bar.shown.update(done);
    },
  });
  bar?.shown.end();
  return scores;
}

/** Adds the command. */
export function addModelEvaluation(program: Command): void {
  program
    .command("evaluate-model <folder>")
    .description("score a trained model on held-out episodes; writes scores.json into its folder")
    .option("--clips <count>", "episodes, of each source where there are several", wholeNumber, 64)
    .option("--scratch <dir>", "folder for recorded clips", ".cache/train")
    .option("--threads <count>", "threads", wholeNumber, 1)
    .option("--saved", "show the scores that scores.json holds, computing nothing")
    .option("--json", "print the scores once more, as one line, at the end")
    .action(evaluateByFolder);
}
