/**
 * A small software renderer: triangles, z-buffer, one light with soft shadows. Each pixel looks through eight samples to
 * find which triangles it sees, and shades each of them once, weighted by its share of the samples: edges are smooth at
 * the price of about one shading per pixel. Same scene, same bytes, on every engine.
 */
import { requireWhole } from "../../tensor/check.js";
import { type NearestBuffer, nearestBuffer } from "./fillTriangle.js";
import { listParts, type RowParts, rowParts, samples, shift } from "./rowParts.js";
import type { Scene } from "./scene.js";
import { lightingOf, shadeParts } from "./shade.js";
import { shadowMap } from "./shadowMap.js";
import { triangleList } from "./triangleList.js";
import { viewOf } from "./view.js";
import { visibleTriangles } from "./visibleTriangles.js";

// Kept for the next picture, since clearing memory is faster than asking for it.
let buffer: NearestBuffer = nearestBuffer(64, 64 * samples, shift);
let parts: RowParts = rowParts(64);
const list = triangleList();

/**
 * The picture of a scene [size, size, 3], 8-bit red, green, blue, row by row from the top.
 *
 * @param size pixels per side, 1 to 1024
 * @throws RangeError if the size or the camera makes no sense
 */
export function renderScene(scene: Scene, size: number): Uint8Array {
  requireWhole("renderScene", "size", size, 1, 1024);
  if (buffer.columns !== size) {
    buffer = nearestBuffer(size, size * samples, shift);
    parts = rowParts(size);
  }
  const view = viewOf(scene.camera);
  const lighting = lightingOf(scene, shadowMap(scene.light, scene.instances));
  visibleTriangles(view, scene.instances, buffer, list);
  const pixel = (2 * view.halfHeight) / size; // its width at depth 1
  const picture = new Uint8Array(size * size * 3);
  const sums = new Float64Array(size * 3);
  for (let row = 0; row < size; row++) {
    listParts(parts, buffer, row, pixel);
    shadeParts(parts, view, lighting, list, pixel);
    sums.fill(0);
    for (let part = 0; part < parts.count; part++) {
      const to = 3 * parts.column[part];
      for (let i = 0; i < 3; i++) sums[to + i] += parts.weight[part] * parts.color[3 * part + i];
    }
    for (let i = 0; i < sums.length; i++) picture[row * size * 3 + i] = toByte(sums[i]);
  }
  return picture;
}

/** The byte of a brightness from 0 up; 1 and more give 255. */
function toByte(linear: number): number {
  return (255 * Math.sqrt(linear < 1 ? linear : 1) + 0.5) | 0;
}
