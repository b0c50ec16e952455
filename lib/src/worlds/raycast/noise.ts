/** Smooth noise that repeats, for textures, clouds and hills. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";

/**
 * Noise [rows, columns] in about [0, 1] that repeats at its edges: a sum of `octaves` smooth layers, the first with
 * `period` bumps across, each following one twice as fine and half as strong.
 */
export function fractalNoise(
  rows: number,
  columns: number,
  period: number,
  octaves: number,
  seed: number,
): Float32Array {
  const noise = new Float32Array(rows * columns);
  const total = 2 - 2 ** (1 - octaves);
  for (let octave = 0; octave < octaves; octave++) {
    const across = period << octave;
    const down = Math.max(1, Math.round((across * rows) / columns));
    const lattice = uniformValues(across * down, deriveSeed(seed, octave));
    const weight = 2 ** -octave / total;
    for (let row = 0; row < rows; row++) {
      const y = (row * down) / rows;
      const top = Math.floor(y);
      const ty = (y - top) * (y - top) * (3 - 2 * (y - top));
      const upper = top * across;
      const lower = ((top + 1) % down) * across;
      for (let column = 0; column < columns; column++) {
        const x = (column * across) / columns;
        const left = Math.floor(x);
        const right = (left + 1) % across;
        const tx = (x - left) * (x - left) * (3 - 2 * (x - left));
        const high = lattice[upper + left] + (lattice[upper + right] - lattice[upper + left]) * tx;
        const low = lattice[lower + left] + (lattice[lower + right] - lattice[lower + left]) * tx;
        noise[row * columns + column] += weight * (high + (low - high) * ty);
      }
    }
  }
  return noise;
}
