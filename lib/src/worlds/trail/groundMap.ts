/** The grid of points that a trail's ground is described on; it repeats in x and y. */

import { wholeBelow } from "../raycast/whole.js";

/** Metres after which the ground repeats, and points per side. */
export const groundMetres = 256;
export const groundPoints = 512;
/** Metres from point to point. */
export const spacing = groundMetres / groundPoints;

const mask = groundPoints - 1;

/** The way from a to b along one axis, over the edge where that is shorter. */
export function shortWay(from: number, to: number): number {
  const way = to - from;
  return way - groundMetres * Math.round(way / groundMetres);
}

/** The last point along one axis that is not beyond a place. */
export function pointBefore(metres: number): number {
  return Math.floor(metres / spacing);
}

/** A map [y, x] of one number per point at (x, y), between its four closest points. */
export function groundAt(values: Float32Array, x: number, y: number): number {
  const column = x / spacing;
  const row = y / spacing;
  const left = wholeBelow(column);
  const top = wholeBelow(row);
  const across = column - left;
  const x0 = left & mask;
  const x1 = (left + 1) & mask;
  const y0 = (top & mask) * groundPoints;
  const y1 = ((top + 1) & mask) * groundPoints;
  const a = values[y0 + x0] + (values[y0 + x1] - values[y0 + x0]) * across;
  const b = values[y1 + x0] + (values[y1 + x1] - values[y1 + x0]) * across;
  return a + (b - a) * (row - top);
}

/** The same from the four points alone [2, 2], the first at `pointBefore` in both directions. */
export function betweenPoints(corners: ArrayLike<number>, x: number, y: number): number {
  const across = x / spacing - pointBefore(x);
  const a = corners[0] + (corners[1] - corners[0]) * across;
  const b = corners[2] + (corners[3] - corners[2]) * across;
  return a + (b - a) * (y / spacing - pointBefore(y));
}

/** Points per side of a tile, and tiles per side of the ground. */
export const tilePoints = 16;
export const tilesPerSide = groundPoints / tilePoints;

/** The number of the tile that a point is in, over the edges too. */
export function tileOf(column: number, row: number): number {
  return ((row & mask) >> 4) * tilesPerSide + ((column & mask) >> 4);
}
