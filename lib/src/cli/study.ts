/** `vid2world study`: runs a study of the paper, or a part of one, and prints what it says. */
import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { showProgress } from "../notebook/showProgress.js";
import { type Budget, budgets, secondsPerUnit } from "../study/budgets.js";
import { units } from "../study/defineStudy.js";
import { openResultStore } from "../study/resultStore.js";
import { runStudy } from "../study/runStudy.js";
import { openStudy, studyNames } from "../study/studies.js";
import { summarizeStudy } from "../study/summarizeStudy.js";
import { describeStudy } from "./describeStudy.js";

interface Flags {
  readonly budget: Budget;
  readonly seeds: number;
  readonly workers: number;
  readonly shard: { readonly index: number; readonly of: number };
  readonly results: string;
  readonly models: string;
  readonly scratch: string;
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1)
    throw new InvalidArgumentError("expected a whole number from 1 up.");
  return value;
}

function part(text: string): Flags["shard"] {
  const [index, of] = text.split("/").map(Number);
  if (!Number.isInteger(index) || !Number.isInteger(of) || index < 1 || index > of)
    throw new InvalidArgumentError("expected i/n, from 1/n to n/n.");
  return { index, of };
}

async function study(name: string, flags: Flags): Promise<void> {
  const { budget, models, scratch, results, workers, shard } = flags;
  const seeds = Array.from({ length: flags.seeds }, (_, i) => i + 1);
  const chosen = await openStudy(name, { budget, seeds, models });
  const store = openResultStore(results);
  const all = units(chosen);
  const there = await Promise.all(all.map(async ({ card }) => (await store.read(card)) !== undefined));
  const missing = all.filter((_, i) => !there[i] && i % shard.of === shard.index - 1).length;
  process.stdout.write(`${chosen.question}\n${plan(all.length, missing, flags)}\n`);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  if (missing > 0) {
    const bar = showProgress(all.length, { label: name });
    await runStudy(chosen, {
      store,
      shard,
      workers: Math.min(workers, missing),
      folders: { models, scratch },
      signal: stop.signal,
      onProgress: ({ done, secondsLeft }) =>
        bar.update(done, secondsLeft === undefined ? {} : { secondsLeft }),
    }).finally(() => bar.end());
  }
  const left = [];
  for (const unit of all) if (!(await store.read(unit.card))) left.push(`${unit.arm}, seed ${unit.seed}`);
  if (left.length > 0) {
    process.stdout.write(
      `${all.length - left.length} of ${all.length} results are in ${results}; missing: ${left.join("; ")}.\n` +
        "The same command goes on from here.\n",
    );
    return;
  }
  process.stdout.write(`${describeStudy(chosen, await summarizeStudy(chosen, store), budget)}\n`);
}

/** What there is to do and how long it takes, about. */
function plan(all: number, missing: number, { budget, workers, shard }: Flags): string {
  const share = shard.of > 1 ? ` (part ${shard.index} of ${shard.of})` : "";
  if (missing === 0) return `All ${all} results are there${share}; nothing is computed.`;
  const lanes = Math.min(workers, missing);
  const minutes = (Math.ceil(missing / lanes) * secondsPerUnit[budget]) / 60;
  const time =
    minutes < 1
      ? "a minute"
      : minutes < 90
        ? `${Math.ceil(minutes)} minutes`
        : `${(minutes / 60).toFixed(1)} hours`;
  return `${missing} of ${all} results to compute${share}: about ${time} with ${lanes} worker${lanes > 1 ? "s" : ""} on free cores.`;
}

/** Adds the command. */
export function addStudy(program: Command): void {
  program
    .command("study <name>")
    .description(`run a study and print its verdicts: ${studyNames.join(", ")}`)
    .addOption(
      new Option("--budget <name>", "quick: minutes, no conclusion; standard: the base that ships")
        .choices(budgets)
        .default("standard"),
    )
    .option("--seeds <count>", "training seeds, from 1 up", wholeNumber, 3)
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
