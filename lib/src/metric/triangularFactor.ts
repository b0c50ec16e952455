import { columnRange, lowerRightLess, type Matrix, product, rowRange, transposed } from "./matrix.js";
import { reflections } from "./reflections.js";

/** Columns that are reflected at once: enough for fast products, few enough for little work outside them. */
const block = 64;

/**
 * The upper triangle R of A = QR as a square matrix; AᵀA = RᵀR without the digits that forming AᵀA would lose.
 * Needs rows ≥ columns.
 */
export async function triangularFactor(
  matrix: Matrix,
  onProgress?: (share: number) => void,
): Promise<Matrix> {
  const size = matrix.columns;
  const triangle = new Float64Array(size * size);
  let rest = matrix;
  for (let start = 0; start < size; start += block) {
    const width = Math.min(block, size - start);
    const { v, u, reflected } = reflections(transposed(columnRange(rest, 0, width)));
    for (let i = 0; i < width; i++)
      for (let j = i; j < width; j++)
        triangle[(start + i) * size + start + j] = reflected.values[j * width + i];
    if (width < rest.columns) {
      const taken = await product(transposed(v), columnRange(await product(u, rest), width));
      rest = lowerRightLess(rest, 0, width, taken);
      for (let i = 0; i < width; i++)
        triangle.set(rowRange(rest, i, i + 1).values, (start + i) * size + start + width);
      rest = rowRange(rest, width);
    }
    onProgress?.((start + width) / size);
  }
  return { rows: size, columns: size, values: triangle };
}
