/** Where the sun reaches in an arena, worked out once per map and looked up while drawing. */
import type { Rgb } from "../raycast/light.js";
import { type ArenaMap, cellMetres, highestWall, mapCells } from "./map.js";

const perCell = 6;
const side = mapCells * perCell;
const spacing = cellMetres / perCell;

export interface ShadeMap {
  /** [y, x]: up to which height in metres walls take the sun away. */
  readonly shadowTop: Float32Array;
  /** [y, x]: share of sky light that reaches the ground; less beside walls. */
  readonly openness: Float32Array;
}

/** The plan with its outermost wall once more around it, so that every point beyond has a cell too. */
const walled = mapCells + 2;

function heightsOf({ height }: ArenaMap): Float64Array {
  const heights = new Float64Array(walled * walled).fill(highestWall);
  for (let row = 0; row < mapCells; row++)
    heights.set(height.subarray(row * mapCells, (row + 1) * mapCells), (row + 1) * walled + 1);
  return heights;
}

/** Which line of walled cells each line of points lies in after a move of `by` metres. */
function cellsAfter(by: number): Int32Array {
  const cells = new Int32Array(side);
  for (let i = 0; i < side; i++)
    cells[i] = 1 + Math.max(-1, Math.min(mapCells, Math.floor(((i + 0.5) * spacing + by) / cellMetres)));
  return cells;
}

/** Walks from every point towards the sun and keeps the highest shadow that falls on it. */
function shadowTops(heights: Float64Array, toSun: Rgb): Float32Array {
  const level = Math.sqrt(toSun[0] * toSun[0] + toSun[1] * toSun[1]);
  const rise = toSun[2] / level;
  const tops = new Float32Array(side * side);
  for (let far = 0; highestWall - far * rise > 0 && far <= 40.25; far += 0.25) {
    const columns = cellsAfter((far * toSun[0]) / level);
    const rows = cellsAfter((far * toSun[1]) / level);
    const drop = far * rise;
    for (let row = 0; row < side; row++) {
      const line = rows[row] * walled;
      for (let column = 0; column < side; column++) {
        const top = heights[line + columns[column]] - drop;
        if (top > tops[row * side + column]) tops[row * side + column] = top;
      }
    }
  }
  return tops;
}

const ways = [
  [1, 0],
  [0.7, 0.7],
  [0, 1],
  [-0.7, 0.7],
  [-1, 0],
  [-0.7, -0.7],
  [0, -1],
  [0.7, -0.7],
];

/** Looks in eight directions from every point for something higher than where it is. */
function opennessOf(heights: Float64Array): Float32Array {
  const here = cellsAfter(0);
  const open = new Float64Array(side * side).fill(1);
  for (const [dx, dy] of ways)
    for (const [far, loss] of [
      [0.2, 0.1],
      [0.5, 0.05],
      [1, 0.03],
    ]) {
      const columns = cellsAfter(dx * far);
      const rows = cellsAfter(dy * far);
      for (let row = 0; row < side; row++) {
        const line = rows[row] * walled;
        const own = here[row] * walled;
        for (let column = 0; column < side; column++)
          if (heights[line + columns[column]] > heights[own + here[column]] + 0.5)
            open[row * side + column] -= loss;
      }
    }
  return Float32Array.from(open, (share) => Math.max(0.45, share));
}

export function arenaShade(map: ArenaMap, toSun: Rgb): ShadeMap {
  const heights = heightsOf(map);
  return { shadowTop: shadowTops(heights, toSun), openness: opennessOf(heights) };
}

/** One of the two maps at (x, y), between its four closest values. */
export function lookUp(values: Float32Array, x: number, y: number): number {
  const column = Math.min(side - 1.001, Math.max(0, x / spacing - 0.5));
  const row = Math.min(side - 1.001, Math.max(0, y / spacing - 0.5));
  const left = Math.floor(column);
  const top = Math.floor(row);
  const across = column - left;
  const at = top * side + left;
  const a = values[at] + (values[at + 1] - values[at]) * across;
  const b = values[at + side] + (values[at + side + 1] - values[at + side]) * across;
  return a + (b - a) * (row - top);
}

/** Share of sunlight at height z where walls take it away up to `top`: soft edges, as real shadows have. */
export function sunlitAt(top: number, z: number): number {
  return Math.min(1, Math.max(0, (z - top + 0.25) * 2.5));
}
