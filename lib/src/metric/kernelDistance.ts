/** Kernel distance between two sets of feature vectors (KID). */
import { type Features, featurePair } from "./features.js";
import { type Matrix, product, transposed } from "./matrix.js";

/** Rows whose products with all others are held at once. */
const block = 1024;

/**
 * Kernel distance (KID): the unbiased squared maximum mean discrepancy with the kernel (x·y / d + 1)³. Around zero, and
 * below it by chance, for sets of one distribution, whatever the number of samples.
 *
 * @param truth [sample, feature], at least 2 samples
 * @param guess as many features
 * @throws RangeError as `frechetDistance`
 * @see Bińkowski et al., "Demystifying MMD GANs", ICLR 2018
 */
export async function kernelDistance(truth: Features, guess: Features): Promise<number> {
  const [x, y] = await featurePair("kernelDistance", truth, guess);
  const within = async (m: Matrix) => ((await kernelSum(m, m)) - diagonalSum(m)) / (m.rows * (m.rows - 1));
  return (await within(x)) + (await within(y)) - (2 * (await kernelSum(x, y))) / (x.rows * y.rows);
}

const kernel = (dot: number, features: number) => (dot / features + 1) ** 3;

async function kernelSum(a: Matrix, b: Matrix): Promise<number> {
  const turned = transposed(b);
  let sum = 0;
  for (let start = 0; start < a.rows; start += block) {
    const end = Math.min(start + block, a.rows);
    const values = a.values.subarray(start * a.columns, end * a.columns);
    const dots = await product({ rows: end - start, columns: a.columns, values }, turned);
    for (const dot of dots.values) sum += kernel(dot, a.columns);
  }
  return sum;
}

/** Sum of the kernel of each row with itself. */
function diagonalSum({ rows, columns, values }: Matrix): number {
  let sum = 0;
  for (let i = 0; i < rows; i++) {
    let square = 0;
    for (let j = 0; j < columns; j++) square += values[i * columns + j] ** 2;
    sum += kernel(square, columns);
  }
  return sum;
}
