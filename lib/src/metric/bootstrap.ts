/** Intervals by resampling: clips are drawn with replacement, and a number is taken of each draw. */
import { deriveSeed, uniformValues } from "../tensor/noise.js";

/** A number and its 95 % interval over resampled clips; none where nothing was resampled. */
export interface Estimate {
  readonly value: number;
  readonly interval?: readonly [number, number];
}

/** `count` numbers below `count`, each drawn anew. At least two differ, so that there is a covariance. */
export function drawClipNumbers(count: number, seed: number): number[] {
  const numbers = Array.from(uniformValues(count, seed), (value) => Math.floor(value * count));
  return count < 2 || new Set(numbers).size > 1 ? numbers : drawClipNumbers(count, deriveSeed(seed, count));
}

/** The middle 95 % of numbers. */
export function middle(numbers: readonly number[]): [number, number] {
  const sorted = [...numbers].sort((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.round(share * (sorted.length - 1))];
  return [quantile(0.025), quantile(0.975)];
}
