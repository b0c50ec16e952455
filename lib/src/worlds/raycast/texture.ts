/** Square pictures that repeat, with smaller and smaller copies of themselves for surfaces far away. */

import { wholeBelow } from "./whole.js";

export interface Texture {
  /** Texels per side of the finest copy, a power of 2. */
  readonly size: number;
  /** Copies [row, column], red + 256 green + 65536 blue, each half the size of the one before, down to 1. */
  readonly levels: readonly Int32Array[];
}

/** A texture from its finest copy [row, column, 3], 8-bit. */
export function createTexture(size: number, finest: Uint8Array): Texture {
  const levels = [packed(finest)];
  let finer = finest;
  for (let half = size / 2; half >= 1; half /= 2) {
    const level = new Uint8Array(half * half * 3);
    for (let row = 0; row < half; row++)
      for (let column = 0; column < half; column++) {
        const from = (2 * row * 2 * half + 2 * column) * 3;
        const to = (row * half + column) * 3;
        for (let channel = 0; channel < 3; channel++) {
          const at = from + channel;
          const sum = finer[at] + finer[at + 3] + finer[at + 6 * half] + finer[at + 6 * half + 3];
          level[to + channel] = (sum + 2) >> 2;
        }
      }
    levels.push(packed(level));
    finer = level;
  }
  return { size, levels };
}

function packed(texels: Uint8Array): Int32Array {
  const whole = new Int32Array(texels.length / 3);
  for (let i = 0; i < whole.length; i++)
    whole[i] = texels[3 * i] | (texels[3 * i + 1] << 8) | (texels[3 * i + 2] << 16);
  return whole;
}

/**
 * The copy whose texels are closest to `width` texels of the finest one.
 *
 * @param guess any level; one that is close is faster
 */
export function levelFor({ levels }: Texture, width: number, guess: number): number {
  let level = guess;
  while (level > 0 && width <= 0.75 * (1 << level)) level--;
  while (level < levels.length - 1 && width > 1.5 * (1 << level)) level++;
  return level;
}

/** Where a line of samples looks a texture up, and what it finds: the numbers of sample i lie at i or at 3 i. */
export interface TextureLine {
  /** Place in texels of the finest copy. */
  readonly column: Float64Array;
  readonly row: Float64Array;
  readonly level: Uint8Array;
  /** Red, green, blue from 0 to 255. */
  readonly colour: Float64Array;
}

/** A line with room for `most` samples. */
export function textureLine(most: number): TextureLine {
  return {
    column: new Float64Array(most),
    row: new Float64Array(most),
    level: new Uint8Array(most),
    colour: new Float64Array(3 * most),
  };
}

/** Finds the colours of a line's first `count` samples, each between its four closest texels. */
export function sampleTexture(
  { size: finest, levels }: Texture,
  { column: columns, row: rows, level: levelOf, colour }: TextureLine,
  count: number,
): void {
  for (let i = 0; i < count; i++) {
    const level = levelOf[i];
    const texels = levels[level];
    const size = finest >> level;
    const scale = 1 / (1 << level);
    const x = columns[i] * scale - 0.5;
    const y = rows[i] * scale - 0.5;
    const left = wholeBelow(x);
    const top = wholeBelow(y);
    const dx = x - left;
    const dy = y - top;
    const mask = size - 1;
    const row0 = (top & mask) * size;
    const row1 = ((top + 1) & mask) * size;
    const column0 = left & mask;
    const column1 = (left + 1) & mask;
    const a = texels[row0 + column0];
    const b = texels[row0 + column1];
    const c = texels[row1 + column0];
    const d = texels[row1 + column1];
    const wa = (1 - dx) * (1 - dy);
    const wb = dx * (1 - dy);
    const wc = (1 - dx) * dy;
    const wd = dx * dy;
    colour[3 * i] = (a & 255) * wa + (b & 255) * wb + (c & 255) * wc + (d & 255) * wd;
    colour[3 * i + 1] =
      ((a >> 8) & 255) * wa + ((b >> 8) & 255) * wb + ((c >> 8) & 255) * wc + ((d >> 8) & 255) * wd;
    colour[3 * i + 2] = (a >> 16) * wa + (b >> 16) * wb + (c >> 16) * wc + (d >> 16) * wd;
  }
}
