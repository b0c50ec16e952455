/** Householder reflections, several at a time, so that applying them to a large matrix is two matrix products. */
import type { Matrix } from "./matrix.js";

/**
 * Reflections whose product H turns vectors into the columns of a lower triangle: H = I − Vᵀ U, with a row of V and of U
 * for each reflection (the compact form of Schreiber and Van Loan 1989).
 */
export interface Reflections {
  readonly v: Matrix;
  readonly u: Matrix;
  /** Row i is what H makes of vector i: zero behind entry i. [vector, vector] */
  readonly reflected: Matrix;
}

/**
 * A squared length below which a vector counts as zero. Where there are few directions, round-off of round-off is left,
 * and the inverse of its square would be infinite.
 */
export const negligible = 1e-280;

/** The reflections for the rows of `vectors`, which has no more rows than columns; uses it as scratch. */
export function reflections(vectors: Matrix): Reflections {
  const { rows: count, columns: length, values } = vectors;
  const v = { rows: count, columns: length, values: new Float64Array(count * length) };
  const u = { rows: count, columns: length, values: new Float64Array(count * length) };
  for (let k = 0; k < count; k++) {
    const own = values.subarray(k * length, (k + 1) * length);
    const normal = v.values.subarray(k * length, (k + 1) * length);
    normal.set(own.subarray(k), k);
    const square = dot(normal, normal, k);
    const nothing = square < negligible;
    const head = nothing ? 0 : normal[k] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    const scale = nothing ? 0 : 1 / (square - normal[k] * head); // 2 / |v|²
    normal[k] -= head;
    own[k] = head;
    for (let i = k + 1; i < count; i++) {
      const other = values.subarray(i * length, (i + 1) * length);
      subtract(other, scale * dot(normal, other, k), normal, k);
    }
    // H_k (I − Vᵀ U) = I − Vᵀ U − v (scale vᵀ − scale (v·Vᵀ) U)
    const dual = u.values.subarray(k * length, (k + 1) * length);
    for (let i = 0; i < k; i++) {
      const earlier = v.values.subarray(i * length, (i + 1) * length);
      subtract(dual, dot(normal, earlier, k), u.values.subarray(i * length, (i + 1) * length), 0);
    }
    for (let j = 0; j < length; j++) dual[j] = scale * (dual[j] + normal[j]);
  }
  const reflected = { rows: count, columns: count, values: new Float64Array(count * count) };
  for (let i = 0; i < count; i++)
    reflected.values.set(values.subarray(i * length, i * length + i + 1), i * count);
  return { v, u, reflected };
}

/** Product of two vectors from entry `from` on. */
function dot(x: Float64Array, y: Float64Array, from: number): number {
  let [s0, s1, s2, s3] = [0, 0, 0, 0]; // four sums, so that additions need not wait for each other
  let j = from;
  for (const last = x.length - 3; j < last; j += 4) {
    s0 += x[j] * y[j];
    s1 += x[j + 1] * y[j + 1];
    s2 += x[j + 2] * y[j + 2];
    s3 += x[j + 3] * y[j + 3];
  }
  for (; j < x.length; j++) s0 += x[j] * y[j];
  return s0 + s1 + s2 + s3;
}

/** x −= factor × y, from entry `from` on. */
function subtract(x: Float64Array, factor: number, y: Float64Array, from: number): void {
  if (factor === 0) return;
  for (let j = from; j < x.length; j++) x[j] -= factor * y[j];
}
