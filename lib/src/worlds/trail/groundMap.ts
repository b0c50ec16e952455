/** The grid of points that a trail's ground is described on; it repeats in x and y. */

import { wholeBelow } from "../raycast/whole.js";

/** Metres after which the ground repeats, and points per side. */
export const groundMetres = 256;
export const groundPoints = 512;
/** Metres from point to point. */
export const spacing = groundMetres / groundPoints;

const mask = groundPoints - 1;

/** Metres from the middle of the path to where it ends, and to where the ground is no longer smoothed for it. */
export const pathRadius = 2.1;
export const smoothRadius = 7;

/** The way from a to b along one axis, over the edge where that is shorter. */
export function shortWay(from: number, to: number): number {
  const way = to - from;
  return way - groundMetres * Math.round(way / groundMetres);
}

/** The last point along one axis that is not beyond a place. */
export function pointBefore(metres: number): number {
  return Math.floor(metres / spacing);
}

/** A number at (x, y) from those of its four closest points [2, 2], the first at `pointBefore` in both directions. */
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

/** Points per side of what is worked out at once: a tile, and the points just right of it and below. */
export const blockPoints = tilePoints + 1;

/** Numbers per point, worked out tile by tile where they are looked at: an episode sees a small part of its ground. */
export interface TiledMap {
  /** [y, x, number]. */
  readonly values: Float32Array;
  /** [tile]: 1 where its block is worked out. */
  readonly made: Uint8Array;
  /** Works out the block of the tile that a point is in. */
  readonly make: (column: number, row: number) => void;
}

/** A map of `each` numbers per point; `fill` writes those of a block [row, column, number] to `block`. */
export function tiledMap(
  each: number,
  fill: (left: number, top: number, block: Float32Array) => void,
): TiledMap {
  const values = new Float32Array(each * groundPoints * groundPoints);
  const made = new Uint8Array(tilesPerSide * tilesPerSide);
  const block = new Float32Array(each * blockPoints * blockPoints);
  function make(column: number, row: number): void {
    made[tileOf(column, row)] = 1;
    const left = column & mask & -tilePoints;
    const top = row & mask & -tilePoints;
    fill(left, top, block);
    for (let down = 0, from = 0; down < blockPoints; down++)
      for (let i = 0; i < blockPoints; i++) {
        const to = each * (((top + down) & mask) * groundPoints + ((left + i) & mask));
        for (let k = 0; k < each; k++) values[to + k] = block[from++];
      }
  }
  return { values, made, make };
}

/** Works out all tiles that reach into the block of `side` × `side` points from (`left`, `top`) on. */
export function makeTiles({ made, make }: TiledMap, left: number, top: number, side: number): void {
  for (let row = top & -tilePoints; row < top + side; row += tilePoints)
    for (let column = left & -tilePoints; column < left + side; column += tilePoints)
      if (made[tileOf(column, row)] === 0) make(column, row);
}

/** A map of one number per point at (x, y), between its four closest points. */
export function groundAt({ values, made, make }: TiledMap, x: number, y: number): number {
  const column = x / spacing;
  const row = y / spacing;
  const left = wholeBelow(column);
  const top = wholeBelow(row);
  if (made[tileOf(left, top)] === 0) make(left, top);
  const across = column - left;
  const x0 = left & mask;
  const x1 = (left + 1) & mask;
  const y0 = (top & mask) * groundPoints;
  const y1 = ((top + 1) & mask) * groundPoints;
  const a = values[y0 + x0] + (values[y0 + x1] - values[y0 + x0]) * across;
  const b = values[y1 + x0] + (values[y1 + x1] - values[y1 + x0]) * across;
  return a + (b - a) * (row - top);
}
