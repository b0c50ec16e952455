/** The inner loop: which samples of a grid a triangle covers, and whether it is the nearest there. */

/** Per sample: how near the nearest triangle is (larger is nearer), and its number; −1 where there is none. */
export interface NearestBuffer {
  readonly side: number;
  readonly nearness: Float32Array;
  readonly triangle: Int32Array;
}

export function nearestBuffer(side: number): NearestBuffer {
  return { side, nearness: new Float32Array(side * side), triangle: new Int32Array(side * side) };
}

/**
 * Fills the samples, at whole x and y, inside the triangle of three points of either orientation, wherever its nearness
 * a x + b y + c is the largest so far. Triangles that share an edge leave no gap between them: a row's ends follow from
 * an edge by operations that give the same bits whichever way the edge runs, and a sample just on it belongs to both.
 */
export function fillTriangle(
  { side, nearness, triangle }: NearestBuffer,
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
  const turn = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0) < 0 ? -1 : 1;
  // Inside is slope · x + rise · y + offset ≥ 0 for each of the three edges.
  const slope0 = turn * (y0 - y1);
  const slope1 = turn * (y1 - y2);
  const slope2 = turn * (y2 - y0);
  const rise0 = turn * (x1 - x0);
  const rise1 = turn * (x2 - x1);
  const rise2 = turn * (x0 - x2);
  const offset0 = turn * (x0 * y1 - x1 * y0);
  const offset1 = turn * (x1 * y2 - x2 * y1);
  const offset2 = turn * (x2 * y0 - x0 * y2);
  const leftmost = Math.max(0, Math.ceil(Math.min(x0, x1, x2)));
  const rightmost = Math.min(side - 1, Math.floor(Math.max(x0, x1, x2)));
  const top = Math.max(0, Math.ceil(Math.min(y0, y1, y2)));
  const bottom = Math.min(side - 1, Math.floor(Math.max(y0, y1, y2)));
  for (let row = top; row <= bottom; row++) {
    let left = leftmost;
    let right = rightmost;
    const edge0 = -(rise0 * row + offset0) / slope0;
    const edge1 = -(rise1 * row + offset1) / slope1;
    const edge2 = -(rise2 * row + offset2) / slope2;
    if (slope0 > 0) left = Math.max(left, Math.ceil(edge0));
    else if (slope0 < 0) right = Math.min(right, Math.floor(edge0));
    if (slope1 > 0) left = Math.max(left, Math.ceil(edge1));
    else if (slope1 < 0) right = Math.min(right, Math.floor(edge1));
    if (slope2 > 0) left = Math.max(left, Math.ceil(edge2));
    else if (slope2 < 0) right = Math.min(right, Math.floor(edge2));
    let near = a * left + b * row + c;
    for (let i = row * side + left, end = row * side + right; i <= end; i++, near += a)
      if (near > nearness[i]) {
        nearness[i] = near;
        triangle[i] = id;
      }
  }
}
