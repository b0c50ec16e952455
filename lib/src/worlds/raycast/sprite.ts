/** Flat pictures with holes that always face the eye: trees and bushes. */
import { type Camera, columnSlope, rowAtSlope, rowSlopes } from "./camera.js";
import type { Canvas } from "./canvas.js";
import { hazeAt, type Light } from "./light.js";
import { wholeBelow, wholeFrom } from "./whole.js";

export interface Sprite {
  readonly width: number;
  readonly height: number;
  /**
   * Copies [row from the bottom, column], red + 256 green + 65536 blue and cover in the uppermost byte; each half the size
   * of the one before.
   */
  readonly levels: readonly Int32Array[];
}

/** A sprite from its finest copy; width and height are powers of 2. */
export function createSprite(width: number, height: number, finest: Int32Array): Sprite {
  const levels = [finest];
  for (let w = width / 2, h = height / 2; w >= 2 && h >= 2; w /= 2, h /= 2) {
    const finer = levels[levels.length - 1];
    const level = new Int32Array(w * h);
    for (let row = 0; row < h; row++)
      for (let column = 0; column < w; column++) {
        const at = 2 * row * 2 * w + 2 * column;
        const a = finer[at];
        const b = finer[at + 1];
        const c = finer[at + 2 * w];
        const d = finer[at + 2 * w + 1];
        const coverA = a >>> 24;
        const coverB = b >>> 24;
        const coverC = c >>> 24;
        const coverD = d >>> 24;
        const cover = coverA + coverB + coverC + coverD;
        if (cover === 0) continue;
        let mean = (cover >> 2) << 24;
        for (let shift = 0; shift < 24; shift += 8) {
          const sum =
            ((a >> shift) & 255) * coverA +
            ((b >> shift) & 255) * coverB +
            ((c >> shift) & 255) * coverC +
            ((d >> shift) & 255) * coverD;
          mean |= (sum / cover) << shift;
        }
        level[row * w + column] = mean;
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

const byte1 = (packed: number) => (packed >> 8) & 255;
const byte2 = (packed: number) => (packed >> 16) & 255;

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
  brightness: ArrayLike<number>,
): void {
  const dx = x - camera.x;
  const dy = y - camera.y;
  const depth = dx * camera.cos + dy * camera.sin;
  if (depth < 0.25) return;
  const across = dx * camera.sin - dy * camera.cos;
  const left = columnAt(canvas, camera, (across - wide / 2) / depth);
  const right = columnAt(canvas, camera, (across + wide / 2) / depth);
  const top = wholeFrom(rowAtSlope(canvas, camera, (z + high - camera.z) / depth), canvas.side);
  const bottom = wholeFrom(rowAtSlope(canvas, camera, (z - camera.z) / depth), canvas.side);
  if (left >= right || top >= bottom) return;
  const texelsPerSample = (depth * 2 * sprite.height) / (camera.focal * canvas.side * high);
  let level = 0;
  for (let reach = 1.5; texelsPerSample > reach && level < sprite.levels.length - 1; reach *= 2) level++;
  const texels = sprite.levels[level];
  const width = sprite.width >> level;
  const height = sprite.height >> level;
  const slopes = rowSlopes(canvas, camera);
  for (let row = top; row < bottom; row++) {
    const v = ((camera.z + depth * slopes[row] - z) / high) * height - 0.5;
    const v0 = Math.min(height - 1, Math.max(0, wholeBelow(v)));
    below[row] = v0 * width;
    above[row] = Math.min(height - 1, v0 + 1) * width;
    shares[row] = Math.max(0, v - v0);
  }
  const { colour, depth: nearest } = canvas;
  const haze = hazeAt(light, depth);
  const [hazeRed, hazeGreen, hazeBlue] = light.haze;
  const brightRed = brightness[0];
  const brightGreen = brightness[1];
  const brightBlue = brightness[2];
  for (let column = left; column < right; column++) {
    const aside = (columnSlope(canvas, camera, column) * depth - across) / wide;
    const u = ((mirrored ? -aside : aside) + 0.5) * width - 0.5;
    const u0 = Math.max(0, wholeBelow(u));
    const u1 = Math.min(width - 1, u0 + 1);
    const du = Math.max(0, u - u0);
    const first = column * canvas.side;
    for (let row = top; row < bottom; row++) {
      if (nearest[first + row] <= depth) continue;
      const a = texels[below[row] + u0];
      const b = texels[below[row] + u1];
      const c = texels[above[row] + u0];
      const d = texels[above[row] + u1];
      if ((a | b | c | d) === 0) continue;
      const dv = shares[row];
      const wa = (1 - du) * (1 - dv) * (a >>> 24);
      const wb = du * (1 - dv) * (b >>> 24);
      const wc = (1 - du) * dv * (c >>> 24);
      const wd = du * dv * (d >>> 24);
      const cover = wa + wb + wc + wd;
      if (cover < leastCover) continue;
      const red = ((a & 255) * wa + (b & 255) * wb + (c & 255) * wc + (d & 255) * wd) / cover;
      const green = (byte1(a) * wa + byte1(b) * wb + byte1(c) * wc + byte1(d) * wd) / cover;
      const blue = (byte2(a) * wa + byte2(b) * wb + byte2(c) * wc + byte2(d) * wd) / cover;
      nearest[first + row] = depth;
      const to = 3 * (first + row);
      colour[to] = red * brightRed + (hazeRed - red * brightRed) * haze;
      colour[to + 1] = green * brightGreen + (hazeGreen - green * brightGreen) * haze;
      colour[to + 2] = blue * brightBlue + (hazeBlue - blue * brightBlue) * haze;
    }
  }
}

/** First column that looks right of a slope, within the picture. */
function columnAt(canvas: Canvas, camera: Camera, slope: number): number {
  return wholeFrom(((slope * camera.focal + 1) * canvas.side) / 2 - 0.5, canvas.side);
}
