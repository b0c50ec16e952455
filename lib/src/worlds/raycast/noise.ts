/** Smooth noise that repeats, for textures, clouds and hills. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";

/** One layer of noise: random numbers on a lattice, and the two lines of it, filled in, that the current row is between. */
interface Layer {
  readonly lattice: Float32Array;
  readonly across: number;
  readonly down: number;
  readonly weight: number;
  /** For every column the lattice point to its left, and how far it is on the way to the next. */
  readonly left: Int32Array;
  readonly share: Float64Array;
  high: Float64Array;
  low: Float64Array;
  line: number;
}

function fillLine({ lattice, across, left, share }: Layer, line: number, out: Float64Array): void {
  const begin = line * across;
  for (let column = 0; column < out.length; column++) {
    const at = left[column];
    const a = lattice[begin + at];
    const b = lattice[begin + (at + 1 === across ? 0 : at + 1)];
    out[column] = a + (b - a) * share[column];
  }
}

/** Moves a layer's two lines to `line` and the one after it. */
function moveTo(layer: Layer, line: number): void {
  if (line === layer.line) return;
  [layer.high, layer.low] = [layer.low, layer.high];
  if (line === 0) fillLine(layer, line, layer.high);
  fillLine(layer, (line + 1) % layer.down, layer.low);
  layer.line = line;
}

/** Adds a layer's share of one row to `noise` from `begin` on; `part` is the way from the upper line to the lower. */
function addRow(noise: Float32Array, begin: number, { high, low, weight }: Layer, part: number): void {
  for (let column = 0; column < high.length; column++)
    noise[begin + column] += weight * (high[column] + (low[column] - high[column]) * part);
}

const smooth = (t: number) => t * t * (3 - 2 * t);

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
  const total = 2 - 2 ** (1 - octaves);
  const layers = Array.from({ length: octaves }, (_, octave): Layer => {
    const across = period << octave;
    const down = Math.max(1, Math.round((across * rows) / columns));
    const left = Int32Array.from({ length: columns }, (_, column) => Math.floor((column * across) / columns));
    return {
      lattice: uniformValues(across * down, deriveSeed(seed, octave)),
      across,
      down,
      weight: 2 ** -octave / total,
      left,
      share: Float64Array.from(left, (at, column) => smooth((column * across) / columns - at)),
      high: new Float64Array(columns),
      low: new Float64Array(columns),
      line: -1,
    };
  });
  const noise = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++)
    for (const layer of layers) {
      const y = (row * layer.down) / rows;
      const line = Math.floor(y);
      moveTo(layer, line);
      addRow(noise, row * columns, layer, smooth(y - line));
    }
  return noise;
}
