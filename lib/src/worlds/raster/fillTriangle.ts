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
 * Fills the samples inside the triangle of three points of either orientation, wherever its nearness a x + b y + c is the
 * largest so far. Triangles that share an edge leave no gap between them: a row's ends follow from an edge's upper and
 * lower point alone, so both get the same bits, and a sample just on the edge belongs to both.
 */
export function fillTriangle(
  buffer: NearestBuffer,
  x0: number,
  y0: number,
  x1: number,
  y1: number,
  x2: number,
  y2: number,
  a: number,
  b: number,
  c: number,
  id: number,
): void {
  if (y1 < y0) {
    fillTriangle(buffer, x1, y1, x0, y0, x2, y2, a, b, c, id);
    return;
  }
  if (y2 < y1) {
    fillTriangle(buffer, x0, y0, x2, y2, x1, y1, a, b, c, id);
    return;
  }
  const { columns, rows, shift, nearness, triangle } = buffer;
  const first = Math.max(0, Math.ceil(y0));
  const bend = Math.max(0, Math.ceil(y1));
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
    const left = Math.max(0, Math.ceil(one < other ? one : other));
    const right = Math.min(columns - 1, Math.floor(one < other ? other : one));
    let near = a * (left + offset) + b * row + c;
    for (let i = row * columns + left, last = row * columns + right; i <= last; i++, near += a)
      if (near > nearness[i]) {
        nearness[i] = near;
        triangle[i] = id;
      }
  }
}
