/** Where the sun reaches in an arena, worked out once per map and looked up while drawing. */
import type { Rgb } from "../raycast/light.js";
import { type ArenaMap, cellMetres, heightAt, highestWall, mapCells } from "./map.js";

const perCell = 6;
const side = mapCells * perCell;
const spacing = cellMetres / perCell;

export interface ShadeMap {
  /** [y, x]: up to which height in metres walls take the sun away. */
  readonly shadowTop: Float32Array;
  /** [y, x]: share of sky light that reaches the ground; less beside walls. */
  readonly openness: Float32Array;
}

function shadowTopAt(map: ArenaMap, x: number, y: number, toSun: Rgb): number {
  const level = Math.sqrt(toSun[0] * toSun[0] + toSun[1] * toSun[1]);
  const rise = toSun[2] / level;
  let top = 0;
  for (let far = 0; highestWall - far * rise > top; far += 0.25) {
    const height = heightAt(map, x + (far * toSun[0]) / level, y + (far * toSun[1]) / level);
    top = Math.max(top, height - far * rise);
    if (far > 40) break;
  }
  return top;
}

function opennessAt(map: ArenaMap, x: number, y: number): number {
  const own = heightAt(map, x, y);
  let open = 1;
  for (let i = 0; i < 8; i++) {
    const dx = [1, 0.7, 0, -0.7, -1, -0.7, 0, 0.7][i];
    const dy = [0, 0.7, 1, 0.7, 0, -0.7, -1, -0.7][i];
    for (const [far, loss] of [
      [0.2, 0.1],
      [0.5, 0.05],
      [1, 0.03],
    ])
      if (heightAt(map, x + dx * far, y + dy * far) > own + 0.5) open -= loss;
  }
  return Math.max(0.45, open);
}

export function arenaShade(map: ArenaMap, toSun: Rgb): ShadeMap {
  const shadowTop = new Float32Array(side * side);
  const openness = new Float32Array(side * side);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const x = (column + 0.5) * spacing;
      const y = (row + 0.5) * spacing;
      shadowTop[row * side + column] = shadowTopAt(map, x, y, toSun);
      openness[row * side + column] = opennessAt(map, x, y);
    }
  return { shadowTop, openness };
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
