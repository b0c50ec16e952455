/**
 * A small software renderer: triangles, z-buffer, one light with soft shadows. Each pixel looks through eight samples to
 * find which triangles it sees, and shades each of them once, weighted by its share of the samples: edges are smooth at
 * the price of about one shading per pixel. Same scene, same bytes, on every engine.
 */
import { requireWhole } from "../../tensor/check.js";
import { type NearestBuffer, nearestBuffer } from "./fillTriangle.js";
import type { Scene } from "./scene.js";
import { addShade, addSky, lightingOf } from "./shade.js";
import { shadowMap } from "./shadowMap.js";
import { triangleList } from "./triangleList.js";
import { viewOf } from "./view.js";
import { visibleTriangles } from "./visibleTriangles.js";

/** Samples per pixel. They stand like rooks on a board, one to each eighth of its height and width, evenly spread. */
const samples = 8;
const shift = Float64Array.from({ length: samples }, (_, i) => (((3 * i + 1) % samples) + 0.5) / samples);

// Kept for the next picture, since clearing memory is faster than asking for it.
let buffer: NearestBuffer = nearestBuffer(64, 64 * samples, shift);
const list = triangleList();
const seen = new Int32Array(samples);

/**
 * The picture of a scene [size, size, 3], 8-bit red, green, blue, row by row from the top.
 *
 * @param size pixels per side, 1 to 1024
 * @throws RangeError if the size or the camera makes no sense
 */
export function renderScene(scene: Scene, size: number): Uint8Array {
  requireWhole("renderScene", "size", size, 1, 1024);
  if (buffer.columns !== size) buffer = nearestBuffer(size, size * samples, shift);
  const view = viewOf(scene.camera);
  const lighting = lightingOf(scene, shadowMap(scene.light, scene.instances));
  visibleTriangles(view, scene.instances, buffer, list);

  const { triangle } = buffer;
  const pixel = (2 * view.halfHeight) / size; // its width at depth 1
  const ray = Float64Array.of(0, 0, 0, pixel);
  const sum = new Float64Array(3);
  /** Adds the colour of a triangle where the ray through (x, y) meets it, in pixels from the picture's upper left. */
  const add = (id: number, x: number, y: number, weight: number) => {
    ray[0] = (x - size / 2) * pixel;
    ray[1] = (size / 2 - y) * pixel;
    ray[2] = weight;
    if (id < 0) addSky(sum, view, lighting, ray);
    else addShade(sum, view, lighting, list, id, ray);
  };
  const picture = new Uint8Array(size * size * 3);
  for (let row = 0, at = 0; row < size; row++)
    for (let column = 0; column < size; column++, at += 3) {
      const first = row * samples * size + column;
      const id = triangle[first];
      let difference = 0;
      for (let i = 1; i < samples; i++) difference |= triangle[first + i * size] ^ id;
      sum[0] = 0;
      sum[1] = 0;
      sum[2] = 0;
      if (difference === 0) add(id, column + 0.5, row + 0.5, 1);
      else {
        for (let i = 0; i < samples; i++) seen[i] = triangle[first + i * size];
        addParts(column, row, add);
      }
      picture[at] = toByte(sum[0]);
      picture[at + 1] = toByte(sum[1]);
      picture[at + 2] = toByte(sum[2]);
    }
  return picture;
}

/** Marks samples that are accounted for. */
const done = -2;

/** Adds each triangle that a pixel's samples have `seen`, at the middle of the samples that see it. */
function addParts(
  column: number,
  row: number,
  add: (id: number, x: number, y: number, weight: number) => void,
): void {
  for (let first = 0; first < samples; first++) {
    const id = seen[first];
    if (id === done) continue;
    let count = 0;
    let x = 0;
    let y = 0;
    for (let i = first; i < samples; i++) {
      if (seen[i] !== id) continue;
      seen[i] = done;
      count++;
      x += shift[i];
      y += (i + 0.5) / samples;
    }
    add(id, column + x / count, row + y / count, count / samples);
  }
}

/** The byte of a brightness from 0 up; 1 and more give 255. */
function toByte(linear: number): number {
  return (255 * Math.sqrt(linear < 1 ? linear : 1) + 0.5) | 0;
}
