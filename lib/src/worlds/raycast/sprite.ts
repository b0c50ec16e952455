/** Flat pictures with holes that always face the eye: trees and bushes. */
import { type Camera, columnSlope, rowAtSlope, rowSlope } from "./camera.js";
import type { Canvas } from "./canvas.js";
import { hazeAt, type Light, type Rgb } from "./light.js";

export interface Sprite {
  readonly width: number;
  readonly height: number;
  /** Copies [row from the bottom, column, 4], 8-bit red, green, blue, cover; each half the size of the one before. */
  readonly levels: readonly Uint8Array[];
}

/** A sprite from its finest copy; width and height are powers of 2. */
export function createSprite(width: number, height: number, finest: Uint8Array): Sprite {
  const levels = [finest];
  for (let w = width / 2, h = height / 2; w >= 2 && h >= 2; w /= 2, h /= 2) {
    const finer = levels[levels.length - 1];
    const level = new Uint8Array(w * h * 4);
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++) {
        const a = (2 * row * 2 * w + 2 * column) * 4;
        const [b, c, d] = [a + 4, a + 8 * w, a + 8 * w + 4];
        const cover = finer[a + 3] + finer[b + 3] + finer[c + 3] + finer[d + 3];
        if (cover === 0) continue;
        const to = (row * w + column) * 4;
        level[to + 3] = cover >> 2;
        for (let channel = 0; channel < 3; channel++)
          level[to + channel] =
            (finer[a + channel] * finer[a + 3] +
              finer[b + channel] * finer[b + 3] +
              finer[c + channel] * finer[c + 3] +
              finer[d + channel] * finer[d + 3]) /
            cover;
      }
    levels.push(level);
  }
  return { width, height, levels };
}

/** Where a sprite stands, in metres. */
export interface Placement {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly wide: number;
  readonly high: number;
  /** Shows the sprite's mirror image. */
  readonly mirrored: boolean;
}

const leastCover = 96;

/** For each row of samples: where the sprite's lines below and above it begin, and how far it is between them. */
const below = new Int32Array(2048);
const above = new Int32Array(2048);
const shares = new Float64Array(2048);

/** Draws a sprite where it is nearer than what is there; `brightness` is the light that falls on it. */
export function drawSprite(
  canvas: Canvas,
  camera: Camera,
  light: Light,
  sprite: Sprite,
  { x, y, z, wide, high, mirrored }: Placement,
  brightness: Rgb,
): void {
  const dx = x - camera.x;
  const dy = y - camera.y;
  const depth = dx * camera.cos + dy * camera.sin;
  if (depth < 0.25) return;
  const across = dx * camera.sin - dy * camera.cos;
  const left = columnAt(canvas, camera, (across - wide / 2) / depth);
  const right = columnAt(canvas, camera, (across + wide / 2) / depth);
  const top = Math.max(0, Math.ceil(rowAtSlope(canvas, camera, (z + high - camera.z) / depth)));
  const bottom = Math.min(canvas.side, Math.ceil(rowAtSlope(canvas, camera, (z - camera.z) / depth)));
  if (left >= right || top >= bottom) return;
  const texelsPerSample = (depth * 2 * sprite.height) / (camera.focal * canvas.side * high);
  let level = 0;
  for (let reach = 1.5; texelsPerSample > reach && level < sprite.levels.length - 1; reach *= 2) level++;
  const texels = sprite.levels[level];
  const width = sprite.width >> level;
  const height = sprite.height >> level;
  for (let row = top; row < bottom; row++) {
    const v = ((camera.z + depth * rowSlope(canvas, camera, row) - z) / high) * height - 0.5;
    const v0 = Math.min(height - 1, Math.max(0, Math.floor(v)));
    below[row] = v0 * width;
    above[row] = Math.min(height - 1, v0 + 1) * width;
    shares[row] = Math.max(0, v - v0);
  }
  const { colour, depth: nearest } = canvas;
  const haze = hazeAt(light, depth);
  const [hazeRed, hazeGreen, hazeBlue] = light.haze;
  const [brightRed, brightGreen, brightBlue] = brightness;
  for (let column = left; column < right; column++) {
    const aside = (columnSlope(canvas, camera, column) * depth - across) / wide;
    const u = ((mirrored ? -aside : aside) + 0.5) * width - 0.5;
    const u0 = Math.max(0, Math.floor(u));
    const u1 = Math.min(width - 1, u0 + 1);
    const du = Math.max(0, u - u0);
    const first = column * canvas.side;
    for (let row = top; row < bottom; row++) {
      if (nearest[first + row] <= depth) continue;
      const a = (below[row] + u0) * 4;
      const b = (below[row] + u1) * 4;
      const c = (above[row] + u0) * 4;
      const d = (above[row] + u1) * 4;
      const dv = shares[row];
      const wa = (1 - du) * (1 - dv) * texels[a + 3];
      const wb = du * (1 - dv) * texels[b + 3];
      const wc = (1 - du) * dv * texels[c + 3];
      const wd = du * dv * texels[d + 3];
      const cover = wa + wb + wc + wd;
      if (cover < leastCover) continue;
      const r = (texels[a] * wa + texels[b] * wb + texels[c] * wc + texels[d] * wd) / cover;
      const g = (texels[a + 1] * wa + texels[b + 1] * wb + texels[c + 1] * wc + texels[d + 1] * wd) / cover;
      const e = (texels[a + 2] * wa + texels[b + 2] * wb + texels[c + 2] * wc + texels[d + 2] * wd) / cover;
      nearest[first + row] = depth;
      const to = 3 * (first + row);
      colour[to] = r * brightRed + (hazeRed - r * brightRed) * haze;
      colour[to + 1] = g * brightGreen + (hazeGreen - g * brightGreen) * haze;
      colour[to + 2] = e * brightBlue + (hazeBlue - e * brightBlue) * haze;
    }
  }
}

/** First column that looks right of a slope, within the picture. */
function columnAt(canvas: Canvas, camera: Camera, slope: number): number {
  const column = Math.ceil(((slope * camera.focal + 1) * canvas.side) / 2 - 0.5);
  return Math.max(0, Math.min(canvas.side, column));
}
