/** Arms of a study beside one of them: differences with intervals, chances, and what could have been seen at all. */
import { requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import {
  grandMean,
  holm,
  quantile,
  resampledMeans,
  type SeedClipValues,
  signFlipChance,
} from "./resample.js";

export interface ArmComparison {
  readonly arm: string;
  readonly mean: number;
  /** 95 % interval of the mean. */
  readonly interval: readonly [number, number];
  /** This arm less the reference; absent in the reference's own row. */
  readonly difference?: {
    readonly value: number;
    /** 95 % interval, seeds and clips resampled in pairs. */
    readonly interval: readonly [number, number];
    /** Chance of a difference as large if there were none, corrected for the number of arms (Holm). */
    readonly chance: number;
    /** The smallest true difference that a study of this size would find four times out of five. */
    readonly detectable: number;
  };
}

export interface CompareOptions {
  /** The arm that all others are set beside. */
  readonly reference: string;
  /** Decides the resampling; from 1 up. */
  readonly seed: number;
  /** Resamplings, 2000 unless given. */
  readonly draws?: number;
}

/** 80 % power at the 5 % level, two-sided, in standard errors. */
export const power = 1.96 + 0.8416;

/**
 * Compares arms on one metric.
 *
 * @param values for each arm [seed][clip]: clip i is the same clip, with the same noise, in every arm. With several
 *   training seeds, intervals cover both another seed and other clips; with one seed, other clips only
 * @throws RangeError if arms differ in seeds or clips, or the reference is not among them
 * @see Holm, "A simple sequentially rejective multiple test procedure", 1979; Agarwal et al., "Deep reinforcement
 *   learning at the edge of the statistical precipice", NeurIPS 2021, for intervals over runs
 */
export function compareArms(
  values: Readonly<Record<string, SeedClipValues>>,
  { reference, seed, draws = 2000 }: CompareOptions,
): ArmComparison[] {
  requireWhole("compareArms", "draws", draws, 100);
  const names = Object.keys(values);
  const base = values[reference];
  if (!base)
    throw new RangeError(
      `compareArms: reference is ${JSON.stringify(reference)}; the arms are ${names.join(", ")}.`,
    );
  for (const name of names) requireMatching(name, values[name], reference, base);
  const interval = (of: SeedClipValues, i: number) => {
    const means = resampledMeans(of, draws, deriveSeed(seed, i));
    return [quantile(means, 0.025), quantile(means, 0.975)] as const;
  };
  const differences = names
    .filter((name) => name !== reference)
    .map((name) => values[name].map((each, s) => each.map((value, clip) => value - base[s][clip])));
  const chances = holm(differences.map((each) => signFlipChance(each, draws, deriveSeed(seed, 1))));
  let at = 0;
  return names.map((arm) => {
    const row = { arm, mean: grandMean(values[arm]), interval: interval(values[arm], 2) };
    if (arm === reference) return row;
    const difference = differences[at];
    const chance = chances[at++];
    const means = resampledMeans(difference, draws, deriveSeed(seed, 2));
    const centre = means.reduce((sum, value) => sum + value, 0) / means.length;
    const variance = means.reduce((sum, value) => sum + (value - centre) ** 2, 0) / (means.length - 1);
    return {
      ...row,
      difference: {
        value: grandMean(difference),
        interval: [quantile(means, 0.025), quantile(means, 0.975)],
        chance,
        detectable: power * Math.sqrt(variance),
      },
    };
  });
}

function requireMatching(name: string, arm: SeedClipValues, reference: string, base: SeedClipValues): void {
  const shape = (of: SeedClipValues) => `[${of.map((each) => each.length)}]`;
  if (arm.length === 0 || arm.some((each) => each.length === 0))
    throw new RangeError(`compareArms: ${name} has no values.`);
  if (shape(arm) !== shape(base) || arm.some((each) => each.length !== arm[0].length))
    throw new RangeError(
      `compareArms: ${name} has clips per seed ${shape(arm)}, ${reference} ${shape(base)}; expected the same clips for every seed of every arm.`,
    );
  if (arm.some((each) => each.some((value) => !Number.isFinite(value))))
    throw new RangeError(
      `compareArms: ${name} holds a value that is not finite; leave that clip out of every arm.`,
    );
}
