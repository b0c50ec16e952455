/** What the stored results of a study say: differences between arms, and verdicts on what was expected. */
import { type ArmComparison, compareArms } from "./compareArms.js";
import { type ClipSetFeatures, compareDistances } from "./compareDistances.js";
import { type Study, type UnitValues, units } from "./defineStudy.js";
import type { ResultStore } from "./resultStore.js";
import { type Verdict, verdictOf } from "./verdict.js";

export interface StudySummary {
  /** By metric. */
  readonly comparisons: Readonly<Record<string, readonly ArmComparison[]>>;
  readonly verdicts: Readonly<Record<string, readonly Verdict[]>>;
}

/**
 * What the stored results say. Where every result keeps the features of its clips, their Fréchet distances are compared
 * as well, under "lab Fréchet".
 *
 * @throws Error if a unit has no result yet
 */
export async function summarizeStudy(study: Study, store: ResultStore): Promise<StudySummary> {
  const byArm: Record<string, UnitValues[]> = {};
  const features: Record<string, (ClipSetFeatures | undefined)[]> = {};
  for (const { arm, seed, card } of units(study)) {
    const result = await store.read(card);
    if (!result)
      throw new Error(
        `summarizeStudy: ${study.name} has no result for ${arm} with seed ${seed}; run the study first.`,
      );
    byArm[arm] ??= [];
    byArm[arm].push(result.values as unknown as UnitValues);
    features[arm] ??= [];
    features[arm].push(result.shown?.features as unknown as ClipSetFeatures | undefined);
  }
  const metrics = Object.keys(byArm[study.reference][0]);
  const comparisons: Record<string, readonly ArmComparison[]> = Object.fromEntries(
    metrics.map((metric) => [
      metric,
      compareArms(
        Object.fromEntries(Object.entries(byArm).map(([arm, all]) => [arm, all.map((each) => each[metric])])),
        { reference: study.reference, seed: 1 },
      ),
    ]),
  );
  if (Object.values(features).every((arm) => arm.every(Boolean)))
    comparisons["lab Fréchet"] = await compareDistances(features as Record<string, ClipSetFeatures[]>, {
      reference: study.reference,
      seed: 1,
    });
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
