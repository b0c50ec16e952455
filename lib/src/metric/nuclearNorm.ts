/**
 * The sum of a matrix' singular values in 64-bit numbers, by Householder reflections to bidiagonal form and QL steps
 * on the tridiagonal matrix that has ± the singular values for eigenvalues (Golub and Kahan 1965). No product AᵀA is
 * formed, so small singular values keep their digits.
 */
import type { Matrix } from "./features.js";

/** Sum of singular values. Needs rows ≥ columns; `values` is used as scratch. */
export function nuclearNorm({ rows, columns, values }: Matrix): number {
  const offDiagonal = new Float64Array(2 * columns); // σ-matrix: d₀ e₀ d₁ e₁ …
  bidiagonalize(values, rows, columns, offDiagonal);
  const eigenvalues = tridiagonalEigenvalues(offDiagonal.subarray(0, 2 * columns - 1));
  return eigenvalues.reduce((sum, value) => sum + Math.abs(value), 0) / 2;
}

/** The upper triangle R of A = QR as a square matrix; needs rows ≥ columns, and uses `values` as scratch. */
export function triangularFactor({ rows, columns, values }: Matrix): Matrix {
  const factors = new Float64Array(rows);
  const products = new Float64Array(columns);
  for (let k = 0; k < columns; k++) {
    const head = columnReflection(values, rows, columns, k, factors, products);
    for (let i = k; i < rows; i++) subtractRow(values, i * columns, factors[i], products, k + 1, columns);
    values[k * columns + k] = head;
  }
  const triangle = new Float64Array(columns * columns);
  for (let i = 0; i < columns; i++)
    triangle.set(values.subarray(i * columns + i, (i + 1) * columns), i * columns + i);
  return { rows: columns, columns, values: triangle };
}

/**
 * The reflection of the rows from k on that zeroes column k below the diagonal: it takes factors[i] × products off
 * row i. Returns the new diagonal entry.
 */
function columnReflection(
  a: Float64Array,
  rows: number,
  columns: number,
  k: number,
  factors: Float64Array,
  products: Float64Array,
): number {
  let square = 0;
  for (let i = k; i < rows; i++) {
    factors[i] = a[i * columns + k];
    square += factors[i] * factors[i];
  }
  products.fill(0, k + 1);
  if (square === 0) return 0;
  const head = factors[k] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
  const scale = 1 / (square - factors[k] * head); // 2 / |v|²
  factors[k] -= head;
  const last = rows - ((rows - k) % 4);
  for (let i = k; i < last; i += 4) addFourRows(products, factors, i, a, columns, k + 1);
  for (let i = last; i < rows; i++)
    for (let j = k + 1; j < columns; j++) products[j] += factors[i] * a[i * columns + j];
  for (let i = k; i < rows; i++) factors[i] *= scale;
  return head;
}

/** sum += the four rows from `i` on, each times its entry in `factors`; columns from `from` on. */
function addFourRows(
  sum: Float64Array,
  factors: Float64Array,
  i: number,
  a: Float64Array,
  columns: number,
  from: number,
): void {
  const f0 = factors[i];
  const f1 = factors[i + 1];
  const f2 = factors[i + 2];
  const f3 = factors[i + 3];
  let r = i * columns + from;
  for (let j = from; j < columns; j++, r++)
    sum[j] += f0 * a[r] + f1 * a[r + columns] + (f2 * a[r + 2 * columns] + f3 * a[r + 3 * columns]);
}

/** row −= factor × vector, from column `from` on. */
function subtractRow(
  a: Float64Array,
  row: number,
  factor: number,
  vector: Float64Array,
  from: number,
  to: number,
): void {
  if (factor === 0) return;
  for (let j = from; j < to; j++) a[row + j] -= factor * vector[j];
}

/** As `subtractRow`; returns the product of the new row with `other`. */
function subtractRowAndDot(
  a: Float64Array,
  row: number,
  factor: number,
  vector: Float64Array,
  other: Float64Array,
  from: number,
  to: number,
): number {
  let s0 = 0;
  let s1 = 0;
  let j = from;
  for (; j < to - 1; j += 2) {
    const x0 = a[row + j] - factor * vector[j];
    const x1 = a[row + j + 1] - factor * vector[j + 1];
    a[row + j] = x0;
    a[row + j + 1] = x1;
    s0 += x0 * other[j];
    s1 += x1 * other[j + 1];
  }
  for (; j < to; j++) {
    a[row + j] -= factor * vector[j];
    s0 += a[row + j] * other[j];
  }
  return s0 + s1;
}

/** Writes diagonal and upper diagonal in turns: d₀ e₀ d₁ e₁ … Each row is read once for both of its reflections. */
function bidiagonalize(a: Float64Array, rows: number, columns: number, out: Float64Array): void {
  const factors = new Float64Array(rows);
  const products = new Float64Array(columns);
  const across = new Float64Array(columns);
  for (let k = 0; k < columns; k++) {
    factors.fill(0);
    out[2 * k] = columnReflection(a, rows, columns, k, factors, products);
    if (k + 1 === columns) break;
    subtractRow(a, k * columns, factors[k], products, k + 1, columns);
    let square = 0;
    for (let j = k + 1; j < columns; j++) {
      across[j] = a[k * columns + j];
      square += across[j] * across[j];
    }
    const head = across[k + 1] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    const scale = square === 0 ? 0 : 1 / (square - across[k + 1] * head);
    across[k + 1] -= head;
    out[2 * k + 1] = head;
    for (let i = k + 1; i < rows; i++) {
      const row = i * columns;
      const product = subtractRowAndDot(a, row, factors[i], products, across, k + 1, columns);
      subtractRow(a, row, product * scale, across, k + 1, columns);
    }
  }
}

/** Eigenvalues of the symmetric tridiagonal matrix with zero diagonal, by implicit QL steps with Wilkinson's shift. */
function tridiagonalEigenvalues(offDiagonal: Float64Array): Float64Array {
  const size = offDiagonal.length + 1;
  const d = new Float64Array(size);
  const e = new Float64Array(size);
  e.set(offDiagonal);
  for (let low = 0; low < size; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high < size - 1) {
        const scale = Math.abs(d[high]) + Math.abs(d[high + 1]);
        if (Math.abs(e[high]) <= Number.EPSILON * scale || Math.abs(e[high]) < 1e-300) break;
        high++;
      }
      if (high === low) break;
      if (sweep === 60) throw new Error("nuclearNorm: the eigenvalues did not converge.");
      const half = (d[low + 1] - d[low]) / (2 * e[low]);
      const radius = Math.hypot(half, 1);
      let g = d[high] - d[low] + e[low] / (half + (half < 0 ? -radius : radius));
      let sine = 1;
      let cosine = 1;
      let shift = 0;
      let split = false;
      for (let i = high - 1; i >= low; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        const r = Math.hypot(f, g);
        e[i + 1] = r;
        if (r === 0) {
          d[i + 1] -= shift;
          e[high] = 0;
          split = true;
          break;
        }
        sine = f / r;
        cosine = g / r;
        g = d[i + 1] - shift;
        const t = (d[i] - g) * sine + 2 * cosine * b;
        shift = sine * t;
        d[i + 1] = g + shift;
        g = cosine * t - b;
      }
      if (split) continue;
      d[low] -= shift;
      e[low] = g;
      e[high] = 0;
    }
  }
  return d;
}
