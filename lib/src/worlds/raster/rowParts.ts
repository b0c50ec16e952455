/**
 * What a row of pixels sees: the part of each triangle in each pixel. Parts are listed and coloured a row at a time, in
 * steps that go over all of them, which is several times faster than one by one.
 */
import type { NearestBuffer } from "./fillTriangle.js";

/** Samples per pixel. They stand like rooks on a board, one to each eighth of its height and width, evenly spread. */
export const samples = 8;
export const shift = Float64Array.from(
  { length: samples },
  (_, i) => (((3 * i + 1) % samples) + 0.5) / samples,
);

/** Parts in order; those of one pixel follow each other. */
export interface RowParts {
  count: number;
  /** [part]: the number of the triangle, −1 for the sky; and the pixel's column. */
  readonly triangle: Int32Array;
  readonly column: Int32Array;
  /** [part]: the ray through its middle, in the view's axes at depth 1; and its share of the pixel's samples. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly weight: Float64Array;
  /** [part, 3]. */
  readonly color: Float64Array;
}

/** Room for the parts of `columns` pixels. */
export function rowParts(columns: number): RowParts {
  const most = columns * samples;
  return {
    count: 0,
    triangle: new Int32Array(most),
    column: new Int32Array(most),
    x: new Float64Array(most),
    y: new Float64Array(most),
    weight: new Float64Array(most),
    color: new Float64Array(3 * most),
  };
}

/** Marks samples that are accounted for. */
const done = -2;
const seen = new Int32Array(samples);

/** Lists the parts of one row; `pixel` is a pixel's width at depth 1. */
export function listParts(
  parts: RowParts,
  { triangle, columns }: NearestBuffer,
  row: number,
  pixel: number,
): void {
  const { triangle: ids, column: columnOf, x, y, weight } = parts;
  const middle = columns / 2;
  let part = 0;
  for (let column = 0; column < columns; column++) {
    const first = row * samples * columns + column;
    const id = triangle[first];
    let difference = 0;
    for (let i = 1; i < samples; i++) difference |= triangle[first + i * columns] ^ id;
    if (difference === 0) {
      ids[part] = id;
      columnOf[part] = column;
      x[part] = (column + 0.5 - middle) * pixel;
      y[part] = (middle - (row + 0.5)) * pixel;
      weight[part++] = 1;
      continue;
    }
    for (let i = 0; i < samples; i++) seen[i] = triangle[first + i * columns];
    for (let from = 0; from < samples; from++) {
      const id = seen[from];
      if (id === done) continue;
      let count = 0; // of the samples that see it, and the sum of their places
      let across = 0;
      let down = 0;
      for (let i = from; i < samples; i++) {
        if (seen[i] !== id) continue;
        seen[i] = done;
        count++;
        across += shift[i];
        down += (i + 0.5) / samples;
      }
      ids[part] = id;
      columnOf[part] = column;
      x[part] = (column + across / count - middle) * pixel;
      y[part] = (middle - (row + down / count)) * pixel;
      weight[part++] = count / samples;
    }
  }
  parts.count = part;
}
