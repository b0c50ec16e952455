/** Square pictures that repeat, with smaller and smaller copies of themselves for surfaces far away. */

export interface Texture {
  /** Texels per side of the finest copy, a power of 2. */
  readonly size: number;
  /** Copies [row, column, 3], 8-bit, each half the size of the one before, down to 1. */
  readonly levels: readonly Uint8Array[];
}

/** A texture from its finest copy [row, column, 3]. */
export function createTexture(size: number, finest: Uint8Array): Texture {
  const levels = [finest];
  for (let half = size / 2; half >= 1; half /= 2) {
    const finer = levels[levels.length - 1];
    const level = new Uint8Array(half * half * 3);
    for (let row = 0; row < half; row++)
      for (let column = 0; column < half; column++)
        for (let channel = 0; channel < 3; channel++) {
          const at = (2 * row * 2 * half + 2 * column) * 3 + channel;
          const sum = finer[at] + finer[at + 3] + finer[at + 6 * half] + finer[at + 6 * half + 3];
          level[(row * half + column) * 3 + channel] = (sum + 2) >> 2;
        }
    levels.push(level);
  }
  return { size, levels };
}

/** The copy whose texels are closest to `width` texels of the finest one. */
export function levelFor(texture: Texture, width: number): number {
  let level = 0;
  for (let reach = 1.5; width > reach && level < texture.levels.length - 1; reach *= 2) level++;
  return level;
}

/** Colour at (column, row) in texels of the finest copy, between the four closest texels of `level`; writes to `out`. */
export function sampleTexture(
  texture: Texture,
  level: number,
  column: number,
  row: number,
  out: Float64Array,
): void {
  const texels = texture.levels[level];
  const size = texture.size >> level;
  const scale = 1 / (1 << level);
  const x = column * scale - 0.5;
  const y = row * scale - 0.5;
  const left = Math.floor(x);
  const top = Math.floor(y);
  const dx = x - left;
  const dy = y - top;
  const mask = size - 1;
  const row0 = (top & mask) * size;
  const row1 = ((top + 1) & mask) * size;
  const column0 = left & mask;
  const column1 = (left + 1) & mask;
  const a = (row0 + column0) * 3;
  const b = (row0 + column1) * 3;
  const c = (row1 + column0) * 3;
  const d = (row1 + column1) * 3;
  const wa = (1 - dx) * (1 - dy);
  const wb = dx * (1 - dy);
  const wc = (1 - dx) * dy;
  const wd = dx * dy;
  out[0] = texels[a] * wa + texels[b] * wb + texels[c] * wc + texels[d] * wd;
  out[1] = texels[a + 1] * wa + texels[b + 1] * wb + texels[c + 1] * wc + texels[d + 1] * wd;
  out[2] = texels[a + 2] * wa + texels[b + 2] * wb + texels[c + 2] * wc + texels[d + 2] * wd;
}
