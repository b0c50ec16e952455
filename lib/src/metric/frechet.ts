/**
 * Distances between two sets of feature vectors: Fréchet (FID, FVD) and kernel (KID).
 *
 * The published codes take the square root of the matrix S₁S₂. Its trace is the sum of the singular values of
 * Xc Ycᵀ / √((n₁−1)(n₂−1)), Xc and Yc the features without their means; that form needs no matrix root, stays real, and
 * is right also where there are fewer samples than features.
 */
import { columnMeans, type Features, featureMatrix, type Matrix } from "./features.js";
import { nuclearNorm, triangularFactor } from "./nuclearNorm.js";

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
export function frechetDistance(truth: Features, guess: Features): number {
  const x = centred(featureMatrix("frechetDistance", "truth", truth));
  const y = centred(featureMatrix("frechetDistance", "guess", guess));
  requireSameDimension("frechetDistance", x.matrix, y.matrix);
  let shift = 0;
  for (let j = 0; j < x.means.length; j++) shift += (x.means[j] - y.means[j]) ** 2;
  const spread = variance(x.matrix) + variance(y.matrix);
  const scale = Math.sqrt((x.matrix.rows - 1) * (y.matrix.rows - 1));
  const common = nuclearNorm(wideProduct(compact(x.matrix), compact(y.matrix))) / scale;
  return shift + spread - 2 * common;
}

/**
 * Kernel distance (KID): the unbiased squared maximum mean discrepancy with the kernel (x·y / d + 1)³. Around zero, and
 * below it by chance, for sets of one distribution, whatever the number of samples.
 *
 * @param truth [sample, feature], at least 2 samples
 * @param guess as many features
 * @throws RangeError as `frechetDistance`
 * @see Bińkowski et al., "Demystifying MMD GANs", ICLR 2018
 */
export function kernelDistance(truth: Features, guess: Features): number {
  const x = featureMatrix("kernelDistance", "truth", truth);
  const y = featureMatrix("kernelDistance", "guess", guess);
  requireSameDimension("kernelDistance", x, y);
  const within = (m: Matrix) => kernelSum(m, m, true) / (m.rows * (m.rows - 1));
  return within(x) + within(y) - (2 * kernelSum(x, y, false)) / (x.rows * y.rows);
}

function kernelSum(a: Matrix, b: Matrix, skipDiagonal: boolean): number {
  let sum = 0;
  for (let i = 0; i < a.rows; i++)
    for (let k = 0; k < b.rows; k++) {
      if (skipDiagonal && i === k) continue;
      sum += (dot(a, i, b, k) / a.columns + 1) ** 3;
    }
  return sum;
}

function requireSameDimension(caller: string, x: Matrix, y: Matrix): void {
  if (x.columns !== y.columns)
    throw new RangeError(
      `${caller}: truth has ${x.columns} features and guess ${y.columns}; expected as many.`,
    );
}

function centred(matrix: Matrix): { matrix: Matrix; means: Float64Array } {
  const means = columnMeans(matrix);
  const { rows, columns, values } = matrix;
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) values[i * columns + j] -= means[j];
  return { matrix, means };
}

/** Trace of the covariance of centred rows. */
function variance({ rows, values }: Matrix): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum / (rows - 1);
}

/** At most as many rows as columns, with the same AᵀA: the triangular factor where there are more. */
function compact(matrix: Matrix): Matrix {
  return matrix.rows > matrix.columns ? triangularFactor(matrix) : matrix;
}

/** A Bᵀ or its transpose, whichever has no more columns than rows. Blocks of B's rows stay in the cache. */
function wideProduct(a: Matrix, b: Matrix): Matrix {
  if (a.rows < b.rows) return wideProduct(b, a);
  const values = new Float64Array(a.rows * b.rows);
  const block = Math.max(2, Math.floor(16384 / b.columns) * 2);
  for (let start = 0; start < b.rows; start += block) {
    const end = Math.min(b.rows, start + block);
    let i = 0;
    for (; i < a.rows - 1; i += 2) {
      let k = start;
      for (; k < end - 1; k += 2) twoByTwo(a, i, b, k, values);
      for (; k < end; k++) {
        values[i * b.rows + k] = dot(a, i, b, k);
        values[(i + 1) * b.rows + k] = dot(a, i + 1, b, k);
      }
    }
    for (; i < a.rows; i++) for (let k = start; k < end; k++) values[i * b.rows + k] = dot(a, i, b, k);
  }
  return { rows: a.rows, columns: b.rows, values };
}

/** Four entries of the product at once, so that each number read is used twice. */
function twoByTwo(a: Matrix, i: number, b: Matrix, k: number, out: Float64Array): void {
  const { values: x, columns: width } = a;
  const { values: y } = b;
  let s00 = 0;
  let s01 = 0;
  let s10 = 0;
  let s11 = 0;
  let p = i * width;
  let q = k * width;
  for (let j = 0; j < width; j++, p++, q++) {
    const x0 = x[p];
    const x1 = x[p + width];
    const y0 = y[q];
    const y1 = y[q + width];
    s00 += x0 * y0;
    s01 += x0 * y1;
    s10 += x1 * y0;
    s11 += x1 * y1;
  }
  out[i * b.rows + k] = s00;
  out[i * b.rows + k + 1] = s01;
  out[(i + 1) * b.rows + k] = s10;
  out[(i + 1) * b.rows + k + 1] = s11;
}

function dot(a: Matrix, i: number, b: Matrix, k: number): number {
  const [x, y, width] = [a.values, b.values, a.columns];
  let [s0, s1, s2, s3] = [0, 0, 0, 0]; // four sums, so that additions need not wait for each other
  let p = i * width;
  let q = k * width;
  const last = p + width - 3;
  for (; p < last; p += 4, q += 4) {
    s0 += x[p] * y[q];
    s1 += x[p + 1] * y[q + 1];
    s2 += x[p + 2] * y[q + 2];
    s3 += x[p + 3] * y[q + 3];
  }
  for (; p < (i + 1) * width; p++, q++) s0 += x[p] * y[q];
  return s0 + s1 + s2 + s3;
}
