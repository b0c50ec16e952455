/** FID and FVD with what a reader needs to judge them: numbers of samples, an interval, and a warning where due. */
import { requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import { drawClipNumbers } from "./bootstrap.js";
import { frechetDistance } from "./frechet.js";
import type { I3dRange } from "./i3d.js";
import { kernelDistance } from "./kernelDistance.js";
import type { LabNetworkName } from "./labNetwork.js";

/** Features of one clip: one row for FVD, one for each frame for FID. */
export type ClipFeatures = readonly ArrayLike<number>[];

/**
 * The network that features are of: Inception, I3D with its input in [−1, 1] or in [0, 1], or one of the lab's own by
 * its weights.
 */
export type FeatureNetwork = "inception" | `i3d ${I3dRange}` | LabNetworkName;

export interface DistributionDistance<Network extends FeatureNetwork = FeatureNetwork> {
  /** Distances with other networks are other numbers; see `requireSameNetwork`. */
  readonly network: Network;
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
 * Fréchet distance between the features of two sets of clips, all of the network that `options` names.
 *
 * The interval draws clips with replacement, the same for both sets where they have as many (each guess belongs to a
 * truth). Drawn sets hold clips twice, which alone raises the distance; so the spread of the draws is put around the
 * value, not their level.
 */
export async function distributionDistance<Network extends FeatureNetwork>(
  truth: readonly ClipFeatures[],
  guess: readonly ClipFeatures[],
  { network, resamples, seed, onProgress }: DistributionOptions & { readonly network: Network },
): Promise<DistributionDistance<Network>> {
  requireWhole("distributionDistance", "resamples", resamples, 0);
  const rounds = resamples < 2 || Math.min(truth.length, guess.length) < 3 ? 0 : resamples;
  const part = (round: number) => (share: number) => onProgress?.((round + share) / (rounds + 1));
  const [allTruth, allGuess] = [truth.flat(), guess.flat()];
  const value = await frechetDistance(allTruth, allGuess, { onProgress: part(0) });
  const draws: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const ofTruth = drawClipNumbers(truth.length, deriveSeed(seed, i, 0));
    const ofGuess =
      truth.length === guess.length ? ofTruth : drawClipNumbers(guess.length, deriveSeed(seed, i, 1));
    const [x, y] = [ofTruth.flatMap((clip) => truth[clip]), ofGuess.flatMap((clip) => guess[clip])];
    draws.push(await frechetDistance(x, y, { onProgress: part(i + 1) }));
  }
  const dimension = allTruth[0].length;
  const fewest = Math.min(allTruth.length, allGuess.length);
  return {
    network,
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

/** 1.96 standard deviations of the draws to either side of `value`: steady with few draws, where quantiles are not. */
function around(value: number, draws: readonly number[]): [number, number] {
  const mean = draws.reduce((sum, draw) => sum + draw, 0) / draws.length;
  const variance = draws.reduce((sum, draw) => sum + (draw - mean) ** 2, 0) / (draws.length - 1);
  const reach = 1.96 * Math.sqrt(variance);
  return [value - reach, value + reach];
}
