/** Where the sun reaches in an arena, worked out once per map and looked up while drawing. */
import type { Rgb } from "../raycast/light.js";
import { wholeBelow } from "../raycast/whole.js";
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

/** Which line of walled cells each line of points lies in after each of several moves, in metres: [line, move]. */
function cellsAfter(moves: readonly number[]): Int32Array {
  const cells = new Int32Array(side * moves.length);
  for (let i = 0; i < side; i++)
    moves.forEach((by, move) => {
      const cell = Math.floor(((i + 0.5) * spacing + by) / cellMetres);
      cells[i * moves.length + move] = 1 + Math.max(-1, Math.min(mapCells, cell));
    });
  return cells;
}

/** Walks from every point towards the sun and keeps the highest shadow that falls on it. */
function shadowTops(heights: Float64Array, toSun: Rgb): Float32Array {
  const level = Math.sqrt(toSun[0] * toSun[0] + toSun[1] * toSun[1]);
  const rise = toSun[2] / level;
  const steps: number[] = [];
  for (let far = 0; highestWall - far * rise > 0 && far <= 40.25; far += 0.25) steps.push(far);
  const count = steps.length;
  const drops = Float64Array.from(steps, (far) => far * rise);
  const columns = cellsAfter(steps.map((far) => (far * toSun[0]) / level));
  const rows = cellsAfter(steps.map((far) => (far * toSun[1]) / level));
  const tops = new Float32Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      let top = 0;
      // The further, the lower the highest shadow that can still fall here.
      for (let i = 0; i < count && highestWall - drops[i] > top; i++) {
        const cell = rows[row * count + i] * walled + columns[column * count + i];
        top = Math.max(top, heights[cell] - drops[i]);
      }
      tops[row * side + column] = top;
    }
  return tops;
}

/** Eight directions; and how far to look along each, with the light that something higher there takes away. */
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
const distances = [0.2, 0.5, 1];
const losses = Float64Array.from(ways.flatMap(() => [0.1, 0.05, 0.03]));
const besideColumns = cellsAfter(ways.flatMap(([dx]) => distances.map((far) => dx * far)));
const besideRows = cellsAfter(ways.flatMap(([, dy]) => distances.map((far) => dy * far)));
const here = cellsAfter([0]);

/** Looks around from every point for something higher than where it is. */
function opennessOf(heights: Float64Array): Float32Array {
  const openness = new Float32Array(side * side);
  const count = losses.length;
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const higher = heights[here[row] * walled + here[column]] + 0.5;
      let open = 1;
      if (higher < highestWall)
        for (let i = 0; i < count; i++) {
          const cell = besideRows[row * count + i] * walled + besideColumns[column * count + i];
          if (heights[cell] > higher) open -= losses[i];
        }
      openness[row * side + column] = Math.max(0.45, open);
    }
  return openness;
}

export function arenaShade(map: ArenaMap, toSun: Rgb): ShadeMap {
  const heights = heightsOf(map);
  return { shadowTop: shadowTops(heights, toSun), openness: opennessOf(heights) };
}

/** One of the two maps at (x, y), between its four closest values. */
export function lookUp(values: Float32Array, x: number, y: number): number {
  const column = Math.min(side - 1.001, Math.max(0, x / spacing - 0.5));
  const row = Math.min(side - 1.001, Math.max(0, y / spacing - 0.5));
  const left = wholeBelow(column);
  const top = wholeBelow(row);
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
