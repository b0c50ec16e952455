/** Draws hilly ground: every column walks outwards, and each row finds where its ray goes below the ground. */
import { type Camera, columnSlope, rowAtSlope, rowSlope } from "../raycast/camera.js";
import type { Canvas } from "../raycast/canvas.js";
import { hazeAt, smoothStep } from "../raycast/light.js";
import { drawSky } from "../raycast/sky.js";
import { surfaceDensity } from "../raycast/surfaces.js";
import { levelFor, sampleTexture } from "../raycast/texture.js";
import {
  groundAt,
  groundMetres,
  groundPoints,
  sunOnGround,
  type TrailGround,
  trailGround,
} from "./ground.js";
import { type TrailLooks, trailLooks } from "./looks.js";

/** What a trail looks like; follows from the seed. */
export interface Landscape {
  readonly ground: TrailGround;
  readonly looks: TrailLooks;
  /** [y, x]: share of sunlight on the ground. */
  readonly sun: Float32Array;
  /** [y, x, 3]: dryness, path and sunlight side by side, since every sample needs all three. */
  readonly cover: Float32Array;
}

/** The landscape of `seed`. */
export function createLandscape(seed: number): Landscape {
  const looks = trailLooks(seed);
  const ground = trailGround(seed, looks.conifers);
  const sun = sunOnGround(ground, looks.light.toSun);
  return { ground, looks, sun, cover: sideBySide(ground.tint, ground.onPath, sun) };
}

function sideBySide(a: Float32Array, b: Float32Array, c: Float32Array): Float32Array {
  const all = new Float32Array(a.length * 3);
  for (let i = 0; i < a.length; i++) {
    all[3 * i] = a[i];
    all[3 * i + 1] = b[i];
    all[3 * i + 2] = c[i];
  }
  return all;
}

const covered = new Float64Array(3);

/** Writes dryness, path and sunlight at (x, y) to `covered`. */
function lookUpCover(cover: Float32Array, x: number, y: number): void {
  const column = (x * groundPoints) / groundMetres;
  const row = (y * groundPoints) / groundMetres;
  const left = Math.floor(column);
  const top = Math.floor(row);
  const dx = column - left;
  const dy = row - top;
  const mask = groundPoints - 1;
  const x0 = left & mask;
  const x1 = (left + 1) & mask;
  const y0 = (top & mask) * groundPoints;
  const y1 = ((top + 1) & mask) * groundPoints;
  const a = 3 * (y0 + x0);
  const b = 3 * (y0 + x1);
  const c = 3 * (y1 + x0);
  const d = 3 * (y1 + x1);
  const wa = (1 - dx) * (1 - dy);
  const wb = dx * (1 - dy);
  const wc = (1 - dx) * dy;
  const wd = dx * dy;
  covered[0] = cover[a] * wa + cover[b] * wb + cover[c] * wc + cover[d] * wd;
  covered[1] = cover[a + 1] * wa + cover[b + 1] * wb + cover[c + 1] * wc + cover[d + 1] * wd;
  covered[2] = cover[a + 2] * wa + cover[b + 2] * wb + cover[c + 2] * wc + cover[d + 2] * wd;
}

const furthest = 150;
const texel = new Float64Array(3);
const gravel = new Float64Array(3);

/** How far away each row of the current column sees the ground, in metres. */
const depths = new Float64Array(2048);
const slopes = new Float64Array(2048);

/** Draws ground and sky wherever nothing nearer is drawn yet. */
export function drawTerrain(canvas: Canvas, camera: Camera, landscape: Landscape): void {
  for (let row = 0; row < canvas.side; row++) slopes[row] = rowSlope(canvas, camera, row);
  for (let column = 0; column < canvas.side; column++) {
    const across = columnSlope(canvas, camera, column);
    const dx = camera.cos + across * camera.sin;
    const dy = camera.sin - across * camera.cos;
    const bottom = followColumn(canvas, camera, landscape.ground.height, dx, dy);
    paintColumn(canvas, camera, landscape, column, bottom, dx, dy);
    drawSky(canvas, camera, landscape.looks.sky, column, 0, bottom);
  }
}

/** Finds the depths of one column of ground; returns its first row. */
function followColumn(canvas: Canvas, camera: Camera, height: Float32Array, dx: number, dy: number): number {
  const { x, y, z } = camera;
  let bottom = canvas.side;
  let near = 0.2;
  let nearRise = groundAt(height, x + near * dx, y + near * dy) - z;
  for (let far = 0.4; far < furthest && bottom > 0; far *= far < 4 ? 1.12 : 1.045) {
    const rise = groundAt(height, x + far * dx, y + far * dy) - z;
    if (rise > (slopes[bottom - 1] - 1e-9) * far) {
      const top = Math.max(0, Math.ceil(rowAtSlope(canvas, camera, rise / far)));
      for (let row = bottom - 1; row >= top; row--) {
        const above = slopes[row] * near - nearRise; // how far the ray is above the ground at both ends
        const below = rise - slopes[row] * far;
        const share = above + below > 1e-9 ? Math.min(1, Math.max(0, above / (above + below))) : 1;
        depths[row] = near + (far - near) * share;
      }
      bottom = Math.min(bottom, top);
    }
    near = far;
    nearRise = rise;
  }
  return bottom;
}

function paintColumn(
  canvas: Canvas,
  camera: Camera,
  { looks, cover }: Landscape,
  column: number,
  bottom: number,
  dx: number,
  dy: number,
): void {
  const { colour, depth: nearest, side } = canvas;
  const { light, grass, path } = looks;
  const [red, green, blue] = light.haze;
  const [ambientRed, ambientGreen, ambientBlue] = light.ambient;
  const [sunRed, sunGreen, sunBlue] = light.sun;
  for (let row = bottom; row < side; row++) {
    const at = column * side + row;
    const depth = depths[row];
    if (nearest[at] <= depth) continue;
    const x = camera.x + depth * dx;
    const y = camera.y + depth * dy;
    const footprint = (depth * 2 * surfaceDensity) / (camera.focal * side);
    const level = levelFor(grass, footprint * Math.sqrt(1 + depth));
    sampleTexture(grass, level, x * surfaceDensity, y * surfaceDensity, texel);
    lookUpCover(cover, x, y);
    const dry = covered[0];
    const onPath = covered[1];
    const lit = covered[2];
    if (onPath > 0.05) {
      const ragged = (texel[1] - 110) / 300; // tufts of grass break the path's edge
      const share = smoothStep(0.3, 0.7, onPath - ragged * (1 - onPath));
      if (share > 0) {
        sampleTexture(path, level, x * surfaceDensity, y * surfaceDensity, gravel);
        for (let channel = 0; channel < 3; channel++)
          texel[channel] += (gravel[channel] - texel[channel]) * share;
      }
    }
    const haze = hazeAt(light, depth);
    const shade = 0.82 + 0.36 * dry;
    const r = texel[0] * shade * (ambientRed + sunRed * lit);
    const g = texel[1] * shade * (ambientGreen + sunGreen * lit);
    const b = texel[2] * (shade - 0.2 * (dry - 0.5)) * (ambientBlue + sunBlue * lit);
    nearest[at] = depth;
    colour[3 * at] = r + (red - r) * haze;
    colour[3 * at + 1] = g + (green - g) * haze;
    colour[3 * at + 2] = b + (blue - b) * haze;
  }
}
