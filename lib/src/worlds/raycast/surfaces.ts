/** Surfaces that worlds are clad with: brick, plaster, sand, …, each painted from a pattern, a colour and a seed. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { type Rgb, smoothStep } from "./light.js";
import { fractalNoise } from "./noise.js";
import { createTexture, type Texture } from "./texture.js";

const size = 128;

/** A texture spans this many metres. */
export const surfaceMetres = 2;
/** Texels per metre of the finest copy. */
export const surfaceDensity = size / surfaceMetres;

/** What a pattern says of one texel: relief from 0 to 1, a factor on the colour, and how much of `second` colour shows. */
interface Texel {
  relief: number;
  shade: number;
  second: number;
}

interface Grain {
  readonly coarse: Float32Array;
  readonly fine: Float32Array;
  /** A random number per (i, j), repeating every 16. */
  readonly pick: (i: number, j: number) => number;
}

/** Rows of bricks, `across` and `down` per texture, every other row moved by half; joints `joint` texels wide. */
function bricks(across: number, down: number, joint: number, shift: number, uneven: number) {
  return (column: number, row: number, { fine, coarse, pick }: Grain, texel: Texel): void => {
    const wobble = (coarse[row * size + column] - 0.5) * uneven;
    const height = size / down;
    const width = size / across;
    const j = Math.floor(row / height);
    const along = column + (j % 2) * width * shift;
    const i = Math.floor(along / width);
    const x = along - i * width;
    const y = row - j * height;
    const edge = Math.min(x, width - x, y, height - y) + wobble;
    const body = smoothStep(joint * 0.4, joint, edge);
    const tint = pick(i % across, j);
    texel.relief = body * (0.7 + 0.15 * tint + 0.3 * fine[row * size + column]);
    texel.shade = (0.78 + 0.34 * tint) * (0.8 + 0.4 * fine[row * size + column]);
    texel.second = 1 - body;
  };
}

type Pattern = (column: number, row: number, grain: Grain, texel: Texel) => void;

const patterns = {
  brick: bricks(4, 8, 2, 0.5, 3),
  block: bricks(2, 4, 2.4, 0.5, 4),
  paving: bricks(2, 2, 1.6, 0, 1),
  tiles: bricks(8, 8, 1.4, 0, 0),
  cobble: bricks(6, 6, 3.5, 0.5, 10),
  planks(column, row, { fine, coarse, pick }, texel) {
    const width = size / 6;
    const i = Math.floor(column / width);
    const edge = Math.min(column - i * width, (i + 1) * width - column);
    const grain = fine[((row >> 2) % size) * size + ((column * 3) % size)];
    texel.relief = smoothStep(0.2, 1.4, edge) * (0.8 + 0.4 * grain);
    texel.shade = (0.8 + 0.3 * pick(i, 3)) * (0.72 + 0.4 * grain + 0.2 * coarse[row * size + column]);
    texel.second = edge < 0.8 ? 0.7 : 0;
  },
  panels(column, row, { fine, coarse }, texel) {
    const half = size / 2;
    const x = column % half;
    const edge = Math.min(x, half - x, row, size - row);
    const rib = x > 12 && x < half - 12 ? 0.5 + 0.5 * Math.abs(((x * 4) / half) % 1) : 0.6;
    texel.relief = smoothStep(0.5, 2.5, edge) * (0.5 + 0.5 * rib);
    texel.shade = 0.9 + 0.2 * fine[row * size + column];
    texel.second = smoothStep(0.62, 0.75, coarse[row * size + column]) * 0.7 + (edge < 1 ? 0.6 : 0);
  },
  plaster(column, row, { fine, coarse, pick }, texel) {
    const wear = coarse[row * size + column];
    const crack = Math.abs(wear - 0.5) < 0.006 ? 1 : 0;
    texel.relief = 0.8 + 0.3 * fine[row * size + column] - 0.4 * crack;
    texel.shade = (0.85 + 0.3 * wear) * (0.93 + 0.14 * fine[row * size + column]) * (1 - 0.25 * crack);
    texel.second = 0;
    if (wear < 0.68) return;
    patterns.brick(column, row, { fine, coarse, pick }, texel); // plaster has come off
    texel.relief *= 0.6;
    texel.shade *= 0.85;
    texel.second = 0.5 + 0.4 * texel.second;
  },
  concrete(column, row, { fine, coarse }, texel) {
    const joint = Math.min(row % (size / 2), column);
    texel.relief = (joint < 1.5 ? 0.4 : 0.8) + 0.2 * fine[row * size + column];
    texel.shade = (0.8 + 0.4 * coarse[row * size + column]) * (0.92 + 0.16 * fine[row * size + column]);
    texel.second = smoothStep(0.6, 0.8, coarse[row * size + column]) * 0.5;
  },
  ground(column, row, { fine, coarse }, texel) {
    texel.relief = 0.6 * coarse[row * size + column] + 0.5 * fine[row * size + column];
    texel.shade = 0.75 + 0.3 * fine[row * size + column] + 0.2 * coarse[row * size + column];
    texel.second = smoothStep(0.45, 0.7, coarse[row * size + column]);
  },
  snow(column, row, { fine, coarse }, texel) {
    texel.relief = coarse[row * size + column] + 0.2 * fine[row * size + column];
    texel.shade = 0.92 + 0.1 * fine[row * size + column];
    texel.second = smoothStep(0.66, 0.8, coarse[row * size + column]) * 0.6;
  },
} satisfies Record<string, Pattern>;

export type SurfacePattern = keyof typeof patterns;
export const surfacePatterns = Object.keys(patterns) as readonly SurfacePattern[];

/** A surface in `colour`, with joints, patches and wear in `second` colour (both 0 to 255). */
export function paintSurface(pattern: SurfacePattern, colour: Rgb, second: Rgb, seed: number): Texture {
  const numbers = uniformValues(256, deriveSeed(seed, 0));
  const grain: Grain = {
    coarse: fractalNoise(size, size, 4, 4, deriveSeed(seed, 1)),
    fine: fractalNoise(size, size, 32, 2, deriveSeed(seed, 2)),
    pick: (i, j) => numbers[(i & 15) * 16 + (j & 15)],
  };
  const relief = new Float32Array(size * size);
  const shade = new Float32Array(size * size);
  const blend = new Float32Array(size * size);
  const texel: Texel = { relief: 0, shade: 1, second: 0 };
  const describe: Pattern = patterns[pattern];
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const at = row * size + column;
      describe(column, row, grain, texel);
      relief[at] = texel.relief;
      shade[at] = texel.shade;
      blend[at] = Math.min(1, texel.second);
    }
  const texels = new Uint8Array(size * size * 3);
  const mask = size - 1;
  const [red, green, blue] = colour;
  const [toRed, toGreen, toBlue] = second.map((value, channel) => value - colour[channel]);
  for (let row = 0; row < size; row++) {
    // Rows count upwards on walls: light falls from above and from the left.
    const above = ((row + 1) & mask) * size;
    const below = ((row - 1) & mask) * size;
    for (let column = 0; column < size; column++) {
      const at = row * size + column;
      const rise = relief[below + ((column + 1) & mask)] - relief[above + ((column - 1) & mask)];
      const light = 1 - Math.min(0.35, Math.max(-0.35, rise * -0.4));
      const share = blend[at];
      texels[3 * at] = byteOf((red + toRed * share) * shade[at] * light);
      texels[3 * at + 1] = byteOf((green + toGreen * share) * shade[at] * light);
      texels[3 * at + 2] = byteOf((blue + toBlue * share) * shade[at] * light);
    }
  }
  return createTexture(size, texels);
}

function byteOf(value: number): number {
  return Math.min(255, Math.max(0, value));
}
