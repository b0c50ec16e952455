/** FID and FVD with what a reader needs to judge them: numbers of samples, an interval, and a warning where due. */
import { requireWhole } from "../tensor/check.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import { frechetDistance, kernelDistance } from "./frechet.js";

/** Features of one clip: one row for FVD, one for each frame for FID. */
export type ClipFeatures = readonly ArrayLike<number>[];

export interface DistributionDistance {
  /** Fréchet distance of all features. */
  readonly value: number;
  /** 95 % interval by resampling clips, around `value`; undefined without resampling. */
  readonly interval?: readonly [number, number];
  /** Kernel distance (KID) of the same features. */
  readonly kernel: number;
  readonly samples: { readonly truth: number; readonly guess: number };
  readonly dimension: number;
  /** Set where there are no more samples than features: the value then says more about their number than about them. */
  readonly warning?: string;
}

export interface DistributionOptions {
  /** Resamplings for the interval; 0 for none. */
  readonly resamples: number;
  readonly seed: number;
}

/**
 * Fréchet distance between the features of two sets of clips.
 *
 * The interval draws clips with replacement, the same for both sets where they have as many (each guess belongs to a
 * truth). Drawn sets hold clips twice, which alone raises the distance; so the spread of the draws is put around the
 * value, not their level.
 */
export function distributionDistance(
  truth: readonly ClipFeatures[],
  guess: readonly ClipFeatures[],
  { resamples, seed }: DistributionOptions,
): DistributionDistance {
  requireWhole("distributionDistance", "resamples", resamples, 0);
  const [allTruth, allGuess] = [truth.flat(), guess.flat()];
  const value = frechetDistance(allTruth, allGuess);
  const dimension = allTruth[0].length;
  const fewest = Math.min(allTruth.length, allGuess.length);
  const result = {
    value,
    kernel: kernelDistance(allTruth, allGuess),
    samples: { truth: allTruth.length, guess: allGuess.length },
    dimension,
    ...(fewest <= dimension
      ? {
          warning: `${fewest} samples for ${dimension} features: compare only with values of as many samples.`,
        }
      : {}),
  };
  if (resamples < 2 || Math.min(truth.length, guess.length) < 3) return result;
  const draws = Array.from({ length: resamples }, (_, i) => {
    const ofTruth = drawn(truth.length, deriveSeed(seed, i, 0));
    const ofGuess = truth.length === guess.length ? ofTruth : drawn(guess.length, deriveSeed(seed, i, 1));
    return frechetDistance(
      ofTruth.flatMap((clip) => truth[clip]),
      ofGuess.flatMap((clip) => guess[clip]),
    );
  }).sort((a, b) => a - b);
  const level = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const quantile = (share: number) => draws[Math.round(share * (draws.length - 1))];
  return { ...result, interval: [value + quantile(0.025) - level, value + quantile(0.975) - level] };
}

/** `count` numbers below `count`, each drawn anew. At least two differ, so that there is a covariance. */
function drawn(count: number, seed: number): number[] {
  const numbers = Array.from(uniformValues(count, seed), (value) => Math.floor(value * count));
  return new Set(numbers).size > 1 ? numbers : drawn(count, deriveSeed(seed, count));
}
