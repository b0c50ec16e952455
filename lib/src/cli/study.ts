/** `vid2world study`: runs a study of the paper, or a part of one, and prints what it says. */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Progress, showProgress } from "../notebook/showProgress.js";
import { type Budget, budgets, secondsPerUnit } from "../study/budgets.js";
import { type Study, type StudyFolders, units } from "../study/defineStudy.js";
import { openResultStore } from "../study/resultStore.js";
import { runStudy } from "../study/runStudy.js";
import { openStudy, studyNames } from "../study/studies.js";
import { readStudy } from "../study/studyFile.js";
import { summarizeStudy } from "../study/summarizeStudy.js";
import { describeStudy } from "./describeStudy.js";
import { recomputeResult } from "./recomputeResult.js";
import { wholeNumber } from "./wholeNumber.js";

interface Flags extends StudyFolders {
  readonly budget?: Budget;
  readonly seeds?: number;
  readonly workers: number;
  readonly shard: { readonly index: number; readonly of: number };
  readonly results: string;
  readonly save?: string;
  readonly card?: string;
}

function part(text: string): Flags["shard"] {
  const [index, of] = text.split("/").map(Number);
  if (!Number.isInteger(index) || !Number.isInteger(of) || index < 1 || index > of)
    throw new InvalidArgumentError("expected i/n, from 1/n to n/n.");
  return { index, of };
}

/** A study by name, or from a file, which says its seeds and all the rest itself. */
async function choose(name: string, { budget, seeds, models }: Flags): Promise<Study> {
  if (!name.endsWith(".json")) {
    const count = seeds ?? 3;
    return openStudy(name, {
      budget: budget ?? "standard",
      seeds: Array.from({ length: count }, (_, i) => i + 1),
      models,
    });
  }
  if (budget !== undefined || seeds !== undefined)
    throw new Error(`study: --budget and --seeds were given, but ${name} holds its own; edit the file.`);
  return readStudy(name);
}

async function save(study: Study, path: string): Promise<void> {
  await writeFile(path, `${JSON.stringify(study, null, 2)}\n`, { flag: "wx" }).catch((error) => {
    if (error.code !== "EEXIST") throw error;
    throw new Error(`study: ${path} is there already; name another file, or remove it.`);
  });
  process.stdout.write(`${path} is written. Change it and run it: npm run study -- ${path}\n`);
}

async function study(name: string | undefined, flags: Flags): Promise<void> {
  const { models, scratch, results, workers, shard } = flags;
  if (flags.card) return recomputeResult(flags.card, { models, scratch });
  if (name === undefined)
    throw new Error(
      `study: the name is missing; expected ${studyNames.join(" or ")}, a file, or --card <file>.`,
    );
  const named = name.endsWith(".json") ? undefined : (flags.budget ?? "standard");
  const chosen = await choose(name, flags);
  if (flags.save) return save(chosen, flags.save);
  const store = openResultStore(results);
  const all = units(chosen);
  const there = await Promise.all(all.map(async ({ card }) => (await store.read(card)) !== undefined));
  const missing = all.filter((_, i) => !there[i] && i % shard.of === shard.index - 1).length;
  process.stdout.write(`${chosen.question}\n${plan(all.length, missing, flags, named)}\n`);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  let bar: Progress | undefined;
  let before = 0; // the bar counts what this call computes, so that its pace is this machine's
  await runStudy(chosen, {
    store,
    shard,
    workers: Math.max(1, Math.min(workers, missing)),
    folders: { models, scratch },
    signal: stop.signal,
    onProgress: ({ done }) => {
      if (!bar) {
        bar = showProgress(missing, { label: chosen.name });
        before = done;
      }
      bar.update(done - before);
    },
  }).finally(() => bar?.end());
  const left = [];
  for (const unit of all) if (!(await store.read(unit.card))) left.push(`${unit.arm}, seed ${unit.seed}`);
  if (left.length > 0) {
    process.stdout.write(
      `${all.length - left.length} of ${all.length} results are in ${results}; missing: ${left.join("; ")}.\n` +
        "The same command goes on from here.\n",
    );
    return;
  }
  process.stdout.write(`${describeStudy(chosen, await summarizeStudy(chosen, store))}\n`);
}

/** What there is to do and how long it takes, about; a file does not say. */
function plan(all: number, missing: number, { workers, shard }: Flags, budget: Budget | undefined): string {
  const share = shard.of > 1 ? ` (part ${shard.index} of ${shard.of})` : "";
  if (missing === 0) return `All ${all} results are there${share}; nothing is computed.`;
  const lanes = Math.min(workers, missing);
  const minutes = budget && (Math.ceil(missing / lanes) * secondsPerUnit[budget]) / 60;
  const time = minutes ? `about ${duration(minutes)} ` : "";
  return `${missing} of ${all} results to compute${share}: ${time}with ${lanes} worker${lanes > 1 ? "s" : ""} on free cores.`;
}

function duration(minutes: number): string {
  if (minutes < 1) return "a minute";
  return minutes < 90 ? `${Math.ceil(minutes)} minutes` : `${(minutes / 60).toFixed(1)} hours`;
}

/** Adds the command. */
export function addStudy(program: Command): void {
  program
    .command("study [name]")
    .description(
      `run a study and print its verdicts: ${studyNames.join(", ")}, or a file that --save wrote; or see that a result comes out again`,
    )
    .addOption(
      new Option(
        "--budget <name>",
        "quick: minutes, no conclusion; standard (the default): the base that ships",
      ).choices(budgets),
    )
    .option("--seeds <count>", "training seeds; 3 unless given", wholeNumber)
    .option("--save <file>", "write the study to a file to edit, and compute nothing")
    .option("--card <file>", "compute a stored result again from its card, and compare every value")
    .option("--workers <count>", "processes side by side", wholeNumber, availableParallelism())
    .option("--shard <i/n>", "only the i-th of n parts of the units; the store is shared", part, {
      index: 1,
      of: 1,
    })
    .option("--results <dir>", "folder of results", "data/results")
    .option("--models <dir>", "folder of models", "data/models")
    .option("--scratch <dir>", "folder for clips, latents and tiny bases", ".cache/study")
    .action(study);
}
