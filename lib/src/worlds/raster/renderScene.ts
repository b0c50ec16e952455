/**
 * A small software renderer: triangles, z-buffer, one light with soft shadows. Each pixel looks through 4 × 4 samples to
 * find which triangles it sees, and shades each of them once, weighted by its share of the samples: edges are smooth at
 * the price of about one shading per pixel. Same scene, same bytes, on every engine.
 */
import { requireWhole } from "../../tensor/check.js";
import { type NearestBuffer, nearestBuffer } from "./fillTriangle.js";
import type { Scene } from "./scene.js";
import { addShade, addSky, lightingOf } from "./shade.js";
import { shadowMap } from "./shadowMap.js";
import { rowLength, type TriangleList } from "./triangleList.js";
import { viewOf } from "./view.js";
import { visibleTriangles } from "./visibleTriangles.js";

/** Samples per pixel, each way. */
const samples = 4;

// Kept for the next picture, since clearing memory is faster than asking for it.
let buffer: NearestBuffer = nearestBuffer(64 * samples);
const list: TriangleList = { rows: new Float64Array(1024 * rowLength), instances: [] };

/**
 * The picture of a scene [size, size, 3], 8-bit red, green, blue, row by row from the top.
 *
 * @param size pixels per side, 1 to 1024
 * @throws RangeError if the size or the camera makes no sense
 */
export function renderScene(scene: Scene, size: number): Uint8Array {
  requireWhole("renderScene", "size", size, 1, 1024);
  const side = size * samples;
  if (buffer.side !== side) buffer = nearestBuffer(side);
  const view = viewOf(scene.camera);
  const lighting = lightingOf(scene, shadowMap(scene.light, scene.instances));
  visibleTriangles(view, scene.instances, buffer, list);

  const step = (2 * view.halfHeight) / side; // of a sample, at depth 1
  const ray = Float64Array.of(0, 0, 0, step * samples);
  const sum = new Float64Array(3);
  const part: PixelPart = { left: 0, id: 0, count: 0, columns: 0, rows: 0 };
  const ids = new Int32Array(samples * samples);
  const picture = new Uint8Array(size * size * 3);
  for (let row = 0, at = 0; row < side; row += samples)
    for (let column = 0; column < side; column += samples, at += 3) {
      sum[0] = 0;
      sum[1] = 0;
      sum[2] = 0;
      readPixel(buffer, row, column, ids, part);
      while (part.count > 0) {
        ray[0] = (column + part.columns / part.count + 0.5 - side / 2) * step;
        ray[1] = (side / 2 - row - part.rows / part.count - 0.5) * step;
        ray[2] = part.count / ids.length;
        if (part.id < 0) addSky(sum, view, lighting, ray);
        else addShade(sum, view, lighting, list, part.id, ray);
        nextPart(ids, part);
      }
      picture[at] = toByte(sum[0]);
      picture[at + 1] = toByte(sum[1]);
      picture[at + 2] = toByte(sum[2]);
    }
  return picture;
}

/** The samples of a pixel that see triangle `id`: how many, sums of their columns and rows, and how many are left. */
interface PixelPart {
  left: number;
  id: number;
  count: number;
  columns: number;
  rows: number;
}

/** Starts a pixel: one part if all its samples see the same triangle, as most do; else the first of several. */
function readPixel(
  { side, triangle }: NearestBuffer,
  row: number,
  column: number,
  ids: Int32Array,
  part: PixelPart,
): void {
  const start = row * side + column;
  const id = triangle[start];
  let difference = 0;
  for (let i = 0; i < samples; i++)
    for (let j = 0; j < samples; j++) difference |= triangle[start + i * side + j] ^ id;
  if (difference === 0) {
    part.left = 0;
    part.id = id;
    part.count = ids.length;
    part.columns = (ids.length * (samples - 1)) / 2;
    part.rows = part.columns;
    return;
  }
  for (let i = 0; i < ids.length; i++)
    ids[i] = triangle[start + ((i / samples) | 0) * side + (i & (samples - 1))];
  part.left = ids.length;
  nextPart(ids, part);
}

/** Moves on to the next triangle of a pixel and drops its samples from `ids`; count 0 if none is left. */
function nextPart(ids: Int32Array, part: PixelPart): void {
  part.count = 0;
  part.columns = 0;
  part.rows = 0;
  if (part.left === 0) return;
  let first = 0;
  while (ids[first] === done) first++;
  part.id = ids[first];
  for (let i = first; i < ids.length; i++) {
    if (ids[i] !== part.id) continue;
    ids[i] = done;
    part.count++;
    part.columns += i & (samples - 1);
    part.rows += (i / samples) | 0;
  }
  part.left -= part.count;
}

/** Marks samples that are accounted for. */
const done = -2;

/** The byte of a brightness from 0 up; 1 and more give 255. */
function toByte(linear: number): number {
  return (255 * Math.sqrt(linear < 1 ? linear : 1) + 0.5) | 0;
}
