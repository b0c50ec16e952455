/** Singular values of an upper band matrix. */
import { negligible } from "./reflections.js";

/** @param band [row, width + 1]: each row from the diagonal on; entries beyond the last column are zero */
export function bandSingularValues(band: Float64Array, width: number): Float64Array {
  const size = band.length / (width + 1);
  const eigenvalues = tridiagonalEigenvalues(bidiagonal(band, width, size));
  return eigenvalues.filter((value) => value > 0);
}

/**
 * Diagonal and upper diagonal in turns: d₀ e₀ d₁ e₁ … Row by row, a reflection of columns clears what lies right of the
 * upper diagonal; what it makes below the diagonal, a reflection of rows clears in its first column, which makes new
 * entries one band further right; and so on to the end of the matrix.
 */
function bidiagonal(band: Float64Array, width: number, size: number): Float64Array {
  // Entry (i, j) lies at i × step + j + width: room for a band's width below the diagonal and two right of it.
  const step = 3 * width + 1;
  const a = new Float64Array((size + 1) * (step + 1));
  for (let i = 0; i < size; i++)
    a.set(band.subarray(i * (width + 1), (i + 1) * (width + 1)), i * step + i + width);
  const normal = new Float64Array(width);
  const sums = new Float64Array(3 * width);
  for (let k = 0; k < size - 1; k++)
    for (let row = k, first = k + 1; first < size; row = first, first += width) {
      const last = Math.min(first + width, size);
      reflectColumns(a, step, width, normal, row, first, last);
      reflectRows(a, step, width, normal, sums, first, last, Math.min(last + width, size));
    }
  const out = new Float64Array(2 * size - 1);
  for (let k = 0; k < size; k++) {
    out[2 * k] = a[k * (step + 1) + width];
    if (k + 1 < size) out[2 * k + 1] = a[k * (step + 1) + width + 1];
  }
  return out;
}

/** Clears row `row` between columns `first` (kept) and `last`, and does the same to the rows below that reach there. */
function reflectColumns(
  a: Float64Array,
  step: number,
  offset: number,
  normal: Float64Array,
  row: number,
  first: number,
  last: number,
): void {
  const length = last - first;
  const at = row * step + first + offset;
  let square = 0;
  for (let j = 0; j < length; j++) {
    normal[j] = a[at + j];
    square += normal[j] * normal[j];
  }
  if (square === normal[0] * normal[0] || square < negligible) return;
  const head = normal[0] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
  const scale = 1 / (square - normal[0] * head);
  normal[0] -= head;
  a[at] = head;
  a.fill(0, at + 1, at + length);
  for (let i = row + 1; i < last; i++) {
    const from = i * step + first + offset;
    let sum = 0;
    for (let j = 0; j < length; j++) sum += a[from + j] * normal[j];
    sum *= scale;
    for (let j = 0; j < length; j++) a[from + j] -= sum * normal[j];
  }
}

/** Clears column `first` between rows `first` (kept) and `last`, and does the same to the columns up to `end`. */
function reflectRows(
  a: Float64Array,
  step: number,
  offset: number,
  normal: Float64Array,
  sums: Float64Array,
  first: number,
  last: number,
  end: number,
): void {
  const length = last - first;
  const at = first * step + first + offset;
  let square = 0;
  for (let i = 0; i < length; i++) {
    normal[i] = a[at + i * step];
    square += normal[i] * normal[i];
  }
  if (square === normal[0] * normal[0] || square < negligible) return;
  const head = normal[0] > 0 ? -Math.sqrt(square) : Math.sqrt(square);
  const scale = 1 / (square - normal[0] * head);
  normal[0] -= head;
  a[at] = head;
  for (let i = 1; i < length; i++) a[at + i * step] = 0;
  const columns = end - first;
  sums.fill(0, 1, columns);
  for (let i = 0; i < length; i++)
    for (let j = 1; j < columns; j++) sums[j] += normal[i] * a[at + i * step + j];
  for (let i = 0; i < length; i++) {
    const factor = scale * normal[i];
    for (let j = 1; j < columns; j++) a[at + i * step + j] -= factor * sums[j];
  }
}

/** Eigenvalues of the symmetric tridiagonal matrix with zero diagonal, by implicit QL steps with Wilkinson's shift. */
function tridiagonalEigenvalues(offDiagonal: Float64Array): Float64Array {
  const size = offDiagonal.length + 1;
  const d = new Float64Array(size);
  const e = new Float64Array(size);
  e.set(offDiagonal);
  // Below this an entry is round-off of the larger ones: without a floor, sets of few directions would never be done.
  const floor = Number.EPSILON * offDiagonal.reduce((most, value) => Math.max(most, Math.abs(value)), 1e-284);
  for (let low = 0; low < size; low++) {
    for (let sweep = 0; ; sweep++) {
      let high = low;
      while (high < size - 1) {
        const scale = Math.abs(d[high]) + Math.abs(d[high + 1]);
        if (Math.abs(e[high]) <= Math.max(floor, Number.EPSILON * scale)) break;
        high++;
      }
      if (high === low) break;
      if (sweep === 60) throw new Error("bandSingularValues: the eigenvalues did not converge.");
      const half = (d[low + 1] - d[low]) / (2 * e[low]);
      const radius = Math.sqrt(half * half + 1);
      let g = d[high] - d[low] + e[low] / (half + (half < 0 ? -radius : radius));
      let sine = 1;
      let cosine = 1;
      let shift = 0;
      let split = false;
      for (let i = high - 1; i >= low; i--) {
        const f = sine * e[i];
        const b = cosine * e[i];
        const r = Math.sqrt(f * f + g * g);
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
