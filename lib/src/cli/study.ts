/** `vid2world study`: runs a study of the paper, or a part of one, and prints what it says. */
import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError, Option } from "commander";
import { type Progress, showProgress } from "../notebook/showProgress.js";
import { type Budget, budgets, secondsPerUnit } from "../study/budgets.js";
import { type Study, type StudyFolders, units } from "../study/defineStudy.js";
import type { PaperScale } from "../study/paperScale.js";
import { paperTask } from "../study/paperTask.js";
import { openResultStore } from "../study/resultStore.js";
import { runStudy, unitsOfShard } from "../study/runStudy.js";
import { openStudy, studyNames } from "../study/studies.js";
import { readStudy } from "../study/studyFile.js";
import { summarizeStudy } from "../study/summarizeStudy.js";
import { describeDistances, describePaper } from "./describePaper.js";
import { describeStudy } from "./describeStudy.js";
import { recomputeResult } from "./recomputeResult.js";
import { wholeNumber } from "./wholeNumber.js";

interface Flags extends StudyFolders {
  readonly budget?: Budget;
  readonly seeds?: number;
  readonly workers?: number;
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
async function choose(name: string, { budget, seeds, models, episodes, checkpoint }: Flags): Promise<Study> {
  if (!name.endsWith(".json")) {
    const count = seeds ?? 3;
    return openStudy(name, {
      budget: budget ?? "standard",
      seeds: Array.from({ length: count }, (_, i) => i + 1),
      models,
      episodes,
      checkpoint,
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
  const { models, scratch, episodes, checkpoint, results, shard } = flags;
  const folders = { models, scratch, episodes, checkpoint };
  if (flags.card) return recomputeResult(flags.card, folders);
  if (name === undefined)
    throw new Error(
      `study: the name is missing; expected ${studyNames.join(" or ")}, a file, or --card <file>.`,
    );
  const chosen = await choose(name, flags);
  if (flags.save) return save(chosen, flags.save);
  const store = openResultStore(results);
  const all = units(chosen);
  const there = await Promise.all(all.map(async ({ card }) => (await store.read(card)) !== undefined));
  const own = new Set(unitsOfShard(all, shard));
  const missing = all.filter((unit, i) => !there[i] && own.has(unit)).length;
  const large = chosen.protocol.task === paperTask;
  const workers = Math.max(1, Math.min(flags.workers ?? (large ? 1 : availableParallelism()), missing));
  const pace = name.endsWith(".json") ? undefined : secondsPerUnit[flags.budget ?? "standard"];
  process.stdout.write(`${chosen.question}\n${plan(all.length, missing, shard, workers, pace)}\n`);
  if (large && missing > 0)
    process.stdout.write(`${describePaper(chosen.protocol as unknown as PaperScale, missing)}\n`);
  const stop = new AbortController();
  process.once("SIGINT", () => stop.abort());
  let bar: Progress | undefined;
  let before = 0; // the bar counts what this call computes, so that its pace is this machine's
  await runStudy(chosen, {
    store,
    shard,
    workers,
    folders,
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
  for (const unit of all) if (!(await store.read(unit.card))) left.push(unit);
  if (left.length > 0) {
    const names = left.map(({ arm, seed }) => `${arm}, seed ${seed}`).join("; ");
    process.stdout.write(
      `${all.length - left.length} of ${all.length} results are in ${results}; missing: ${names}.\n` +
        (left.some((unit) => own.has(unit))
          ? "The same command goes on from here.\n"
          : `Part ${shard.index} of ${shard.of} is done; without --shard the command prints what all parts say.\n`),
    );
    return;
  }
  process.stdout.write(`${describeStudy(chosen, await summarizeStudy(chosen, store))}\n`);
  if (large) process.stdout.write(await describeDistances(chosen, store));
}

/** What there is to do and how long it takes, about, at a pace in seconds per unit if one is known. */
function plan(all: number, missing: number, shard: Flags["shard"], workers: number, pace?: number): string {
  const share = shard.of > 1 ? ` (part ${shard.index} of ${shard.of})` : "";
  if (missing === 0) return `All ${all} results are there${share}; nothing is computed.`;
  const minutes = pace && (Math.ceil(missing / workers) * pace) / 60;
  const time = minutes ? `about ${duration(minutes)} ` : "";
  const several = workers > 1 ? "s" : "";
  return `${missing} of ${all} results to compute${share}: ${time}with ${workers} worker${several} on free cores.`;
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
        "quick: minutes, no conclusion; standard (the default): the base that ships; paper: its own size",
      ).choices(budgets),
    )
    .option("--seeds <count>", "training seeds; 3 unless given", wholeNumber)
    .option("--save <file>", "write the study to a file to edit, and compute nothing")
    .option("--card <file>", "compute a stored result again from its card, and compare every value")
    .option("--workers <count>", "processes side by side; all cores unless given, one for paper", wholeNumber)
    .addOption(
      new Option("--shard <i/n>", "only the i-th of n parts of the units; the store is shared")
        .argParser(part)
        .default({ index: 1, of: 1 }, "1/1"),
    )
    .option("--results <dir>", "folder of results", "data/results")
    .option("--models <dir>", "folder of models", "data/models")
    .option("--scratch <dir>", "folder for clips, latents, tiny bases and checkpoints", ".cache/study")
    .option("--episodes <dir>", "for paper: the TFRecord shards of RT-1")
    .option("--checkpoint <file>", "for paper: DynamiCrafter's model.ckpt for 320 × 512")
    .action(study);
}
