/**
 * Fréchet distance between two sets of feature vectors (FID, FVD).
 *
 * The published codes take the square root of the matrix S₁S₂. Its trace is the sum of the singular values of
 * Xc Ycᵀ / √((n₁−1)(n₂−1)), Xc and Yc the features without their means; that form needs no matrix root, stays real, and
 * is right also where there are fewer samples than features.
 */
import { type Features, featurePair } from "./features.js";
import { type Matrix, product, transposed } from "./matrix.js";
import { nuclearNorm } from "./nuclearNorm.js";
import { triangularFactor } from "./triangularFactor.js";

export interface FrechetOptions {
  /** Hears the share that is done, from 0 to 1: 2048 samples of 2048 features take some seconds. */
  readonly onProgress?: (share: number) => void;
}

/**
 * Fréchet distance between the Gaussians of the two sets' means and covariances (divided by n − 1):
 * |m₁−m₂|² + tr S₁ + tr S₂ − 2 tr √(S₁S₂). Zero for equal sets; smaller is closer. It shrinks as samples are added
 * even where nothing else changes, so compare values of equal n only.
 *
 * @param truth [sample, feature], at least 2 samples
 * @param guess as many features; the number of samples may differ
 * @throws RangeError for fewer than 2 samples, different numbers of features, or values that are not finite
 * @see Heusel et al., "GANs trained by a two time-scale update rule…", NeurIPS 2017
 */
export async function frechetDistance(
  truth: Features,
  guess: Features,
  { onProgress }: FrechetOptions = {},
): Promise<number> {
  const pair = await featurePair("frechetDistance", truth, guess);
  const [x, y] = pair;
  const means = pair.map(centre);
  let shift = 0;
  for (let j = 0; j < x.columns; j++) shift += (means[0][j] - means[1][j]) ** 2;
  const spread = variance(x) + variance(y);
  const scale = Math.sqrt((x.rows - 1) * (y.rows - 1));
  // Reducing both sets and their product is about as much work each.
  const part = (index: number) => onProgress && ((share: number) => onProgress((index + share) / 3));
  const [a, b] = [await compact(x, part(0)), await compact(y, part(1))];
  const common = await product(
    ...((a.rows < b.rows ? [b, transposed(a)] : [a, transposed(b)]) as [Matrix, Matrix]),
  );
  return shift + spread - (2 * (await nuclearNorm(common, part(2)))) / scale;
}

/** Takes the mean of each column off, in place, and returns the means. */
function centre({ rows, columns, values }: Matrix): Float64Array {
  const means = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) means[j] += values[i * columns + j] / rows;
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) values[i * columns + j] -= means[j];
  return means;
}

/** Trace of the covariance of centred rows. */
function variance({ rows, values }: Matrix): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum / (rows - 1);
}

/** At most as many rows as columns, with the same AᵀA: the triangular factor where there are more. */
async function compact(matrix: Matrix, onProgress?: (share: number) => void): Promise<Matrix> {
  return matrix.rows > matrix.columns ? triangularFactor(matrix, onProgress) : matrix;
}
