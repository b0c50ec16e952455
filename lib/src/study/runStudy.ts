/** Runs a study's units, each at most once, here or in worker processes. */
import { cpus } from "node:os";
import { requireWhole } from "../tensor/check.js";
import { type Study, type StudyFolders, type Unit, type UnitOptions, units } from "./defineStudy.js";
import type { Plain, ProtocolCard } from "./protocolCard.js";
import type { Claim, ResultStore } from "./resultStore.js";
import { type ComputedUnit, computeUnit, taskOf } from "./tasks.js";
import { createWorker } from "./workers.js";

export interface StudyProgress {
  readonly arm: string;
  readonly seed: number;
  /** Units whose results are there, with the shares of those at hand. */
  readonly done: number;
  readonly units: number;
}

export interface RunStudyOptions {
  readonly store: ResultStore;
  /** This process takes part `index` of `of`, counted from 1, and leaves the other units to others. */
  readonly shard?: { readonly index: number; readonly of: number };
  /**
   * Processes to compute in, side by side; the protocol then names its `task`. Left out, units are computed in this
   * process, one after another.
   */
  readonly workers?: number;
  /** For computations that read models or keep clips. */
  readonly folders?: StudyFolders;
  readonly onProgress?: (progress: StudyProgress) => void;
  readonly signal?: AbortSignal;
}

/** The units of one part of a study: every n-th. */
export function unitsOfShard(
  all: readonly Unit[],
  { index, of }: NonNullable<RunStudyOptions["shard"]>,
): Unit[] {
  return all.filter((_, i) => i % of === index - 1);
}

/** How often a claim is renewed while its unit is computed, in milliseconds. */
const renewEvery = 30_000;

/**
 * Computes the units whose results are not in the store and that no other process has claimed. Killed at any moment, it
 * loses the units at hand, one for each process, and nothing else. If a unit fails, those at hand beside it are
 * finished, and the first failure is thrown.
 *
 * @returns units that have no result yet: another process is at them, another shard has them, or the signal came
 * @throws RangeError if the shard is none of its number, or workers are asked for where the protocol has no `task`
 */
export async function runStudy(
  study: Study,
  { store, shard = { index: 1, of: 1 }, workers, folders, onProgress, signal }: RunStudyOptions,
): Promise<readonly Unit[]> {
  const { index, of } = shard;
  if (!Number.isInteger(index) || !Number.isInteger(of) || index < 1 || index > of)
    throw new RangeError(`runStudy: shard is ${index}/${of}; expected 1/n to n/n.`);
  if (workers !== undefined) requireWhole("runStudy", "workers", workers, 1);
  if (workers !== undefined && study.compute)
    throw new RangeError(
      `runStudy: workers is ${workers}, but ${study.name} brings its own compute, which stays in this process; leave workers out.`,
    );
  await store.tidy();
  const all = units(study);
  const own = unitsOfShard(all, shard);
  const done = new Set<Unit>();
  for (const unit of all) if (await store.read(unit.card)) done.add(unit);
  const waiting = own.filter((unit) => !done.has(unit));
  const shares = new Map<Unit, number>(); // of the units at hand
  const sum = (values: Iterable<number>) => [...values].reduce((total, value) => total + value, 0);
  const lanes = Math.min(workers ?? 1, waiting.length);
  let failure: unknown;

  function tell({ arm, seed }: Unit): void {
    const begun = sum(shares.values());
    onProgress?.({ arm, seed, done: done.size + begun, units: all.length });
  }

  async function take(unit: Unit, run: Runner): Promise<void> {
    const claim = await store.claim(unit.card);
    if (!claim) return;
    try {
      if (await store.read(unit.card)) {
        done.add(unit); // written between the look and the claim
        return;
      }
      const began = performance.now();
      const onShare = (share: number) => {
        shares.set(unit, share);
        tell(unit);
      };
      onShare(0);
      const made = await kept(claim, run(unit.card, { onProgress: onShare, signal, folders }));
      if (signal?.aborted) return; // half a unit is none
      const seconds = (performance.now() - began) / 1000;
      const record = { seconds, machine: cpus()[0].model.trim(), node: process.versions.node };
      const { values, shown } = made as { values: Plain; shown: Record<string, Plain> };
      await store.write({
        card: unit.card,
        values,
        ...(Object.keys(shown).length > 0 && { shown }),
        record,
      });
      done.add(unit);
    } finally {
      shares.delete(unit);
      await claim.release();
    }
    tell(unit);
  }

  async function lane(): Promise<void> {
    const worker = workers === undefined ? undefined : createWorker();
    const run: Runner = worker
      ? worker.compute
      : (card, options) => computeUnit(study.compute ?? taskOf(card), card, options);
    try {
      for (;;) {
        const unit = waiting.shift();
        if (!unit || failure || signal?.aborted) return;
        await take(unit, run);
      }
    } catch (error) {
      failure ??= error;
    } finally {
      worker?.end();
    }
  }

  await Promise.all(Array.from({ length: lanes }, lane));
  if (failure) throw failure;
  return all.filter((unit) => !done.has(unit));
}

type Runner = (card: ProtocolCard, options: Omit<UnitOptions, "keep">) => Promise<ComputedUnit>;

/** Waits for a unit and keeps its claim fresh meanwhile. */
async function kept<Result>(claim: Claim, work: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => void claim.renew(), renewEvery);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}
