/** The inner loop: which samples of a grid a triangle covers, and whether it is the nearest there. */

/**
 * A grid of samples: sample j of row i lies at x = j + shift[i mod shift.length], y = i. Per sample: how near the nearest
 * triangle is (larger is nearer), and its number; −1 where there is none.
 */
export interface NearestBuffer {
  readonly columns: number;
  readonly rows: number;
  /** As many as a power of two. */
  readonly shift: Float64Array;
  readonly nearness: Float32Array;
  readonly triangle: Int32Array;
}

export function nearestBuffer(columns: number, rows: number, shift = Float64Array.of(0)): NearestBuffer {
  const count = columns * rows;
  return { columns, rows, shift, nearness: new Float32Array(count), triangle: new Int32Array(count) };
}

/**
 * Fills the samples inside a triangle of either orientation, wherever its nearness a x + b y + c is the largest so far.
 * Triangles that share an edge leave no gap between them: a row's ends follow from an edge's upper and lower point alone,
 * so both get the same bits, and a sample just on the edge belongs to both.
 *
 * @param triangle its corners x, y, x, y, x, y, then a, b, c: an array, since as many arguments would each be boxed
 */
export function fillTriangle(buffer: NearestBuffer, triangle: Float64Array, id: number): void {
  // Where the uppermost corner, the next and the lowest begin.
  let top = 0;
  let middle = 2;
  let foot = 4;
  if (triangle[middle + 1] < triangle[top + 1]) [top, middle] = [middle, top];
  if (triangle[foot + 1] < triangle[middle + 1]) {
    [middle, foot] = [foot, middle];
    if (triangle[middle + 1] < triangle[top + 1]) [top, middle] = [middle, top];
  }
  const x0 = triangle[top];
  const y0 = triangle[top + 1];
  const x1 = triangle[middle];
  const y1 = triangle[middle + 1];
  const x2 = triangle[foot];
  const y2 = triangle[foot + 1];
  const a = triangle[6];
  const b = triangle[7];
  const c = triangle[8];
  const { columns, rows, shift, nearness, triangle: nearest } = buffer;
  const first = lineFrom(y0, rows);
  const bend = lineFrom(y1, rows);
  const end = Math.min(rows, Math.floor(y2) + 1);
  const slope = (x2 - x0) / (y2 - y0);
  // The other side runs from the first point to the second, and from there to the third.
  let cornerX = x0;
  let cornerY = y0;
  let cornerSlope = (x1 - x0) / (y1 - y0);
  for (let row = first; row < end; row++) {
    if (row === bend) {
      cornerX = x1;
      cornerY = y1;
      cornerSlope = (x2 - x1) / (y2 - y1);
    }
    const offset = shift[row & (shift.length - 1)];
    const one = x0 + (row - y0) * slope - offset;
    const other = cornerX + (row - cornerY) * cornerSlope - offset;
    const low = one < other ? one : other;
    const high = one < other ? other : one;
    // Most rows of a small triangle pass between two samples.
    if (!(Math.ceil(low) <= high && high >= 0 && low < columns)) continue;
    const left = low > 0 ? Math.ceil(low) | 0 : 0;
    const right = high < columns ? high | 0 : columns - 1;
    let near = a * (left + offset) + b * row + c;
    for (let i = row * columns + left, last = row * columns + right; i <= last; i++, near += a)
      if (near > nearness[i]) {
        nearness[i] = near;
        nearest[i] = id;
      }
  }
}

/**
 * The first of `count` lines of samples that is not before a place. An engine counts on from `| 0` in whole numbers, which
 * is faster than in numbers that might be fractions.
 */
function lineFrom(place: number, count: number): number {
  return Math.max(0, Math.min(count, Math.ceil(place))) | 0;
}
