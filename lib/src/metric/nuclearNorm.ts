/**
 * The sum of a matrix' singular values in 64-bit numbers: reflections of many columns and rows at once leave a band,
 * reflections along the band two diagonals, and those have the singular values of the whole (Golub and Kahan 1965,
 * Lang 1993). No product AᵀA is formed, so small singular values keep their digits.
 */
import { bandSingularValues } from "./bandSingularValues.js";
import {
  columnRange,
  lowerRightLess,
  type Matrix,
  product,
  rowRange,
  stacked,
  transposed,
} from "./matrix.js";
import { reflections } from "./reflections.js";
import { triangularFactor } from "./triangularFactor.js";

/** Width of the band: a wide one is reached by fewer, faster products, a narrow one is soon worked off. */
const width = 32;

/** Sum of singular values; `onProgress` hears of the share that is done. */
export async function nuclearNorm(matrix: Matrix, onProgress?: (share: number) => void): Promise<number> {
  if (matrix.rows < matrix.columns) throw new Error("nuclearNorm: expected no more columns than rows.");
  const square = matrix.rows > matrix.columns ? await triangularFactor(matrix) : matrix;
  const band = await reduceToBand(padded(square), onProgress);
  return bandSingularValues(band, width).reduce((sum, value) => sum + value, 0);
}

/** With rows and columns of zeros up to a whole number of blocks; they add singular values of zero. */
function padded({ rows, columns, values }: Matrix): Matrix {
  const size = Math.ceil(rows / width) * width;
  if (size === rows) return { rows, columns, values };
  const larger = new Float64Array(size * size);
  for (let i = 0; i < rows; i++) larger.set(values.subarray(i * columns, (i + 1) * columns), i * size);
  return { rows: size, columns: size, values: larger };
}

/** Rows of the upper band: [row, width + 1], from the diagonal on. */
async function reduceToBand(matrix: Matrix, onProgress?: (share: number) => void): Promise<Float64Array> {
  const size = matrix.rows;
  const band = new Float64Array(size * (width + 1));
  let rest = matrix;
  for (let start = 0; ; start += width) {
    const left = reflections(transposed(columnRange(rest, 0, width)));
    for (let i = 0; i < width; i++)
      for (let j = i; j < width; j++)
        band[(start + i) * (width + 1) + j - i] = left.reflected.values[j * width + i];
    onProgress?.(1 - (1 - (start + width) / size) ** 3);
    if (start + width === size) return band;

    // H₁ A = A − V₁ᵀ W, W = U₁ A; its first rows give the reflections of columns.
    const w = columnRange(await product(left.u, rest), width);
    const v = transposed(left.v);
    const top = await product(rowRange(v, 0, width), w);
    const right = reflections(lowerRightLess(rest, 0, width, top));
    for (let i = 0; i < width; i++)
      for (let j = 0; j <= i; j++)
        band[(start + i) * (width + 1) + width + j - i] = right.reflected.values[i * width + j];

    // H₁ A H₂ᵀ = A − V₁ᵀ W − (A U₂ᵀ − V₁ᵀ W U₂ᵀ) V₂, below and right of the block just done.
    const below = rowRange(v, width);
    const u = transposed(right.u);
    const none = { rows: width, columns: width, values: new Float64Array(width * width) };
    const across = rowRange(await product(rest, stacked(none, u)), width); // A U₂ᵀ without A's first columns
    const y = lowerRightLess(across, 0, 0, await product(below, await product(w, u)));
    const both = transposed(stacked(transposed(below), transposed(y)));
    rest = lowerRightLess(rest, width, width, await product(both, stacked(w, right.v)));
  }
}
