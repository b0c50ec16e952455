/** A number of some clips and its interval, by drawing clips anew. */
import { deriveSeed } from "../tensor/noise.js";
import { quantile, resampledIndices } from "./resample.js";

/** A value and its 95 % interval over clips. */
export interface ClipEstimate {
  readonly value: number;
  readonly interval: readonly [number, number];
}

/** A number of rows, one for each clip, and of a thousand draws of as many rows with replacement. */
export function clipEstimate<Row>(
  rows: readonly Row[],
  of: (rows: readonly Row[]) => number,
  seed: number,
): ClipEstimate {
  const draws = Array.from({ length: 1000 }, (_, draw) =>
    of(resampledIndices(rows.length, deriveSeed(seed, 1, draw)).map((i) => rows[i])),
  );
  const finite = draws.filter(Number.isFinite).sort((a, b) => a - b);
  return { value: of(rows), interval: [quantile(finite, 0.025), quantile(finite, 0.975)] };
}

/** Squared errors of one clip, with how many numbers they are summed over. */
export interface SquaredErrors {
  readonly numbers: number;
  readonly error: number;
}

/** Peak signal-to-noise ratio of all clips together, in decibels: errors are pooled before the logarithm. */
export function pooledPsnr(rows: readonly SquaredErrors[]): number {
  const sum = (name: keyof SquaredErrors) => rows.reduce((total, row) => total + row[name], 0);
  return -10 * Math.log10(sum("error") / sum("numbers"));
}
