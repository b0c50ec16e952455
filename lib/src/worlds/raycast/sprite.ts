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
        const at = (2 * row * 2 * w + 2 * column) * 4;
        const four = [at, at + 4, at + 8 * w, at + 8 * w + 4];
        const cover = four.reduce((sum, texel) => sum + finer[texel + 3], 0);
        const to = (row * w + column) * 4;
        level[to + 3] = cover / 4;
        for (let channel = 0; channel < 3; channel++) {
          const sum = four.reduce((total, texel) => total + finer[texel + channel] * finer[texel + 3], 0);
          level[to + channel] = cover > 0 ? sum / cover : 0;
        }
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
  const column = (slope: number) => ((slope * camera.focal + 1) * canvas.side) / 2 - 0.5;
  const left = Math.max(0, Math.ceil(column((across - wide / 2) / depth)));
  const right = Math.min(canvas.side, Math.ceil(column((across + wide / 2) / depth)));
  const top = Math.max(0, Math.ceil(rowAtSlope(canvas, camera, (z + high - camera.z) / depth)));
  const bottom = Math.min(canvas.side, Math.ceil(rowAtSlope(canvas, camera, (z - camera.z) / depth)));
  if (left >= right || top >= bottom) return;
  const texelsPerSample = (depth * 2 * sprite.height) / (camera.focal * canvas.side * high);
  let level = 0;
  for (let reach = 1.5; texelsPerSample > reach && level < sprite.levels.length - 1; reach *= 2) level++;
  const texels = sprite.levels[level];
  const width = sprite.width >> level;
  const height = sprite.height >> level;
  const haze = hazeAt(light, depth);
  for (let i = left; i < right; i++) {
    const aside = (columnSlope(canvas, camera, i) * depth - across) / wide;
    const u = ((mirrored ? -aside : aside) + 0.5) * width - 0.5;
    const u0 = Math.max(0, Math.floor(u));
    const u1 = Math.min(width - 1, u0 + 1);
    const du = Math.max(0, u - u0);
    for (let row = top; row < bottom; row++) {
      const at = i * canvas.side + row;
      if (canvas.depth[at] <= depth) continue;
      const v = ((camera.z + depth * rowSlope(canvas, camera, row) - z) / high) * height - 0.5;
      const v0 = Math.min(height - 1, Math.max(0, Math.floor(v)));
      const v1 = Math.min(height - 1, v0 + 1);
      const dv = Math.max(0, v - v0);
      const a = (v0 * width + u0) * 4;
      const b = (v0 * width + u1) * 4;
      const c = (v1 * width + u0) * 4;
      const d = (v1 * width + u1) * 4;
      const wa = (1 - du) * (1 - dv) * texels[a + 3];
      const wb = du * (1 - dv) * texels[b + 3];
      const wc = (1 - du) * dv * texels[c + 3];
      const wd = du * dv * texels[d + 3];
      const cover = wa + wb + wc + wd;
      if (cover < leastCover) continue;
      canvas.depth[at] = depth;
      for (let channel = 0; channel < 3; channel++) {
        const sum =
          texels[a + channel] * wa +
          texels[b + channel] * wb +
          texels[c + channel] * wc +
          texels[d + channel] * wd;
        const lit = (sum / cover) * brightness[channel];
        canvas.colour[3 * at + channel] = lit + (light.haze[channel] - lit) * haze;
      }
    }
  }
}
