/** Smooth noise that repeats, for textures, clouds and hills: a block of it at once, or single places. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";

/** Where along one axis of a layer's lattice each place lies: the lattice point before it, the next, and how far between. */
interface Axis {
  readonly before: Int32Array;
  readonly after: Int32Array;
  readonly share: Float64Array;
}

/** One layer of noise: random numbers on a lattice [line, point]. */
interface Layer {
  readonly lattice: Float32Array;
  /** Points per line. */
  readonly points: number;
  readonly weight: number;
  readonly rows: Axis;
  readonly columns: Axis;
}

/** Noise [rows, columns] in about [0, 1] that repeats at its edges. */
export interface Noise {
  readonly rows: number;
  readonly columns: number;
  readonly layers: readonly Layer[];
}

const smooth = (t: number) => t * t * (3 - 2 * t);

function axisOf(places: number, points: number): Axis {
  const before = new Int32Array(places);
  const after = new Int32Array(places);
  const share = new Float64Array(places);
  for (let place = 0; place < places; place++) {
    const at = (place * points) / places;
    before[place] = Math.floor(at);
    after[place] = (before[place] + 1) % points;
    share[place] = smooth(at - before[place]);
  }
  return { before, after, share };
}

/**
 * A sum of `octaves` smooth layers, the first with `period` bumps across, each following one twice as fine and half as
 * strong.
 */
export function noiseOf(rows: number, columns: number, period: number, octaves: number, seed: number): Noise {
  const total = 2 - 2 ** (1 - octaves);
  const layers = Array.from({ length: octaves }, (_, octave): Layer => {
    const points = period << octave;
    const lines = Math.max(1, Math.round((points * rows) / columns));
    const axis = axisOf(columns, points);
    return {
      lattice: uniformValues(points * lines, deriveSeed(seed, octave)),
      points,
      weight: 2 ** -octave / total,
      rows: rows === columns ? axis : axisOf(rows, lines),
      columns: axis,
    };
  });
  return { rows, columns, layers };
}

/** The noise at one place. */
export function noiseAt({ layers }: Noise, row: number, column: number): number {
  let sum = 0;
  for (const { lattice, points, weight, rows, columns } of layers) {
    const high = rows.before[row] * points;
    const low = rows.after[row] * points;
    const left = columns.before[column];
    const right = columns.after[column];
    const share = columns.share[column];
    const above = lattice[high + left] + (lattice[high + right] - lattice[high + left]) * share;
    const below = lattice[low + left] + (lattice[low + right] - lattice[low + left]) * share;
    sum = Math.fround(sum + weight * (above + (below - above) * rows.share[row]));
  }
  return sum;
}

let above = new Float64Array(0); // the two lines of a lattice, filled in, that a row is between; used anew by every call
let below = new Float64Array(0);

/** Writes `height` × `width` places from (`top`, `left`) on, over the edges where they reach beyond, to the start of `out`. */
export function noiseBlock(
  noise: Noise,
  top: number,
  left: number,
  height: number,
  width: number,
  out: Float32Array,
): void {
  if (above.length < width) {
    above = new Float64Array(width);
    below = new Float64Array(width);
  }
  out.fill(0, 0, height * width);
  for (const layer of noise.layers) {
    const { before, after, share } = layer.rows;
    let line = -1;
    for (let row = 0; row < height; row++) {
      const place = (top + row) % noise.rows;
      if (before[place] !== line) {
        const next = line >= 0 && before[place] === after[(top + row - 1) % noise.rows];
        if (next) [above, below] = [below, above];
        else fillLine(layer, before[place], left, width, above);
        fillLine(layer, after[place], left, width, below);
        line = before[place];
      }
      addRow(out, row * width, width, layer.weight, share[place]);
    }
  }
}

/** Fills in `width` places of a lattice line from `left` on. */
function fillLine(layer: Layer, line: number, left: number, width: number, out: Float64Array): void {
  const { lattice, points } = layer;
  const { before, after, share } = layer.columns;
  const begin = line * points;
  for (let i = 0, place = left % before.length; i < width; i++, place++) {
    if (place === before.length) place = 0;
    const a = lattice[begin + before[place]];
    out[i] = a + (lattice[begin + after[place]] - a) * share[place];
  }
}

/** Adds one row of a layer to `out` from `begin` on; `part` is the way from the line above to the one below. */
function addRow(out: Float32Array, begin: number, width: number, weight: number, part: number): void {
  const high = above;
  const low = below;
  for (let i = 0; i < width; i++) out[begin + i] += weight * (high[i] + (low[i] - high[i]) * part);
}

/** All of the noise of these numbers [rows, columns]. */
export function fractalNoise(
  rows: number,
  columns: number,
  period: number,
  octaves: number,
  seed: number,
): Float32Array {
  const all = new Float32Array(rows * columns);
  noiseBlock(noiseOf(rows, columns, period, octaves, seed), 0, 0, rows, columns, all);
  return all;
}
