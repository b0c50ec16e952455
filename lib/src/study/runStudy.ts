/** Runs a study's units, each at most once, and sums up what they say. */
import { cpus } from "node:os";
import { type ArmComparison, compareArms } from "./compareArms.js";
import { type Study, type Unit, type UnitValues, units } from "./defineStudy.js";
import type { Plain } from "./protocolCard.js";
import type { Claim, ResultStore } from "./resultStore.js";
import { type Verdict, verdictOf } from "./verdict.js";

export interface StudyProgress {
  readonly arm: string;
  readonly seed: number;
  /** Units whose results are there, with the share of the one at hand. */
  readonly done: number;
  readonly units: number;
  /** At the mean pace of the units computed in this call; undefined before the first is. */
  readonly secondsLeft?: number;
}

export interface RunStudyOptions {
  readonly store: ResultStore;
  /** This process takes part `index` of `of`, counted from 1, and leaves the other units to others. */
  readonly shard?: { readonly index: number; readonly of: number };
  readonly onProgress?: (progress: StudyProgress) => void;
  readonly signal?: AbortSignal;
}

/** How often a claim is renewed while its unit is computed, in milliseconds. */
const renewEvery = 30_000;

/**
 * Computes the units whose results are not in the store and that no other process has claimed. Killed at any moment, it
 * loses the unit at hand and nothing else.
 *
 * @returns units that have no result yet: another process is at them, another shard has them, or the signal came
 * @throws RangeError if the shard is none of its number
 */
export async function runStudy(
  study: Study,
  { store, shard = { index: 1, of: 1 }, onProgress, signal }: RunStudyOptions,
): Promise<readonly Unit[]> {
  const { index, of } = shard;
  if (!Number.isInteger(index) || !Number.isInteger(of) || index < 1 || index > of)
    throw new RangeError(`runStudy: shard is ${index}/${of}; expected 1/n to n/n.`);
  const all = units(study);
  const own = all.filter((_, i) => i % of === index - 1);
  let computed = 0;
  let seconds = 0;
  const done = new Set<Unit>();
  for (const unit of all) if (await store.read(unit.card)) done.add(unit);
  for (const unit of own) {
    if (signal?.aborted) break;
    if (done.has(unit)) continue;
    const claim = await store.claim(unit.card);
    if (!claim) continue;
    try {
      if (await store.read(unit.card)) {
        done.add(unit); // written between the look and the claim
        continue;
      }
      const began = performance.now();
      const tell = (share: number) =>
        onProgress?.({
          arm: unit.arm,
          seed: unit.seed,
          done: done.size + share,
          units: all.length,
          ...(computed > 0 && {
            secondsLeft: (seconds / computed) * (own.filter((each) => !done.has(each)).length - share),
          }),
        });
      tell(0);
      const values = await kept(claim, study.compute(unit.card, { onProgress: tell, signal }));
      if (signal?.aborted) break; // half a unit is none
      const took = (performance.now() - began) / 1000;
      const record = { seconds: took, machine: cpus()[0].model.trim(), node: process.versions.node };
      await store.write({ card: unit.card, values: values as Plain, record });
      done.add(unit);
      computed++;
      seconds += took;
      tell(0);
    } finally {
      await claim.release();
    }
  }
  return all.filter((unit) => !done.has(unit));
}

/** Waits for a unit and keeps its claim fresh meanwhile. */
async function kept<Result>(claim: Claim, work: Promise<Result>): Promise<Result> {
  const timer = setInterval(() => void claim.renew(), renewEvery);
  try {
    return await work;
  } finally {
    clearInterval(timer);
  }
}

export interface StudySummary {
  /** By metric. */
  readonly comparisons: Readonly<Record<string, readonly ArmComparison[]>>;
  readonly verdicts: Readonly<Record<string, readonly Verdict[]>>;
}

/**
 * What the stored results say.
 *
 * @throws Error if a unit has no result yet
 */
export async function summarizeStudy(study: Study, store: ResultStore): Promise<StudySummary> {
  const byArm: Record<string, UnitValues[]> = {};
  for (const { arm, seed, card } of units(study)) {
    const result = await store.read(card);
    if (!result)
      throw new Error(
        `summarizeStudy: ${study.name} has no result for ${arm} with seed ${seed}; run the study first.`,
      );
    byArm[arm] ??= [];
    byArm[arm].push(result.values as unknown as UnitValues);
  }
  const metrics = Object.keys(byArm[study.reference][0]);
  const comparisons = Object.fromEntries(
    metrics.map((metric) => [
      metric,
      compareArms(
        Object.fromEntries(Object.entries(byArm).map(([arm, all]) => [arm, all.map((each) => each[metric])])),
        { reference: study.reference, seed: 1 },
      ),
    ]),
  );
  const verdicts = Object.fromEntries(
    Object.entries(study.expectation).map(([metric, claims]) => {
      if (!comparisons[metric])
        throw new RangeError(
          `summarizeStudy: ${study.name} expects something of ${metric}; its metrics are ${metrics.join(", ")}.`,
        );
      return [metric, claims.map((claim) => verdictOf(claim, comparisons[metric]))];
    }),
  );
  return { comparisons, verdicts };
}
