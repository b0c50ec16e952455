/** FID and FVD with what a reader needs to judge them: numbers of samples, an interval, and a warning where due. */
import { requireWhole } from "../tensor/check.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import { frechetDistance } from "./frechet.js";
import { kernelDistance } from "./kernelDistance.js";

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
  /** Hears the share that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Fréchet distance between the features of two sets of clips.
 *
 * The interval draws clips with replacement, the same for both sets where they have as many (each guess belongs to a
 * truth). Drawn sets hold clips twice, which alone raises the distance; so the spread of the draws is put around the
 * value, not their level.
 */
export async function distributionDistance(
  truth: readonly ClipFeatures[],
  guess: readonly ClipFeatures[],
  { resamples, seed, onProgress }: DistributionOptions,
): Promise<DistributionDistance> {
  requireWhole("distributionDistance", "resamples", resamples, 0);
  const rounds = resamples < 2 || Math.min(truth.length, guess.length) < 3 ? 0 : resamples;
  const part = (round: number) => (share: number) => onProgress?.((round + share) / (rounds + 1));
  const [allTruth, allGuess] = [truth.flat(), guess.flat()];
  const value = await frechetDistance(allTruth, allGuess, { onProgress: part(0) });
  const draws: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const ofTruth = drawn(truth.length, deriveSeed(seed, i, 0));
    const ofGuess = truth.length === guess.length ? ofTruth : drawn(guess.length, deriveSeed(seed, i, 1));
    const [x, y] = [ofTruth.flatMap((clip) => truth[clip]), ofGuess.flatMap((clip) => guess[clip])];
    draws.push(await frechetDistance(x, y, { onProgress: part(i + 1) }));
  }
  const dimension = allTruth[0].length;
  const fewest = Math.min(allTruth.length, allGuess.length);
  return {
    value,
    ...(rounds > 0 ? { interval: around(value, draws) } : {}),
    kernel: await kernelDistance(allTruth, allGuess),
    samples: { truth: allTruth.length, guess: allGuess.length },
    dimension,
    ...(fewest <= dimension
      ? {
          warning: `${fewest} samples for ${dimension} features: compare only with values of as many samples.`,
        }
      : {}),
  };
}

/** The middle 95 % of the draws, moved so that their mean is at `value`. */
function around(value: number, draws: number[]): [number, number] {
  const sorted = [...draws].sort((a, b) => a - b);
  const level = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const quantile = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return [value + quantile(0.025) - level, value + quantile(0.975) - level];
}

/** `count` numbers below `count`, each drawn anew. At least two differ, so that there is a covariance. */
function drawn(count: number, seed: number): number[] {
  const numbers = Array.from(uniformValues(count, seed), (value) => Math.floor(value * count));
  return new Set(numbers).size > 1 ? numbers : drawn(count, deriveSeed(seed, count));
}
