/** The sky all around: a gradient, the sun, clouds, and far hills along the horizon. */
import { deriveSeed } from "../../tensor/noise.js";
import { directionAngle, wrapAngle } from "./angles.js";
import { type Camera, columnSlope, rowSlopes } from "./camera.js";
import type { Canvas } from "./canvas.js";
import { type Light, type Rgb, smoothStep } from "./light.js";
import { noiseAt, noiseOf } from "./noise.js";
import { wholeBelow } from "./whole.js";

const columns = 512;
const rows = 128;
/** The picture of the sky reaches from this slope below the horizon to `highest` above it. */
const lowest = -0.25;
const highest = 2.25;

/** The picture of a sky, each of whose columns is painted when it is first looked at. */
export interface Sky {
  /** [column, row from the top, 3], 0 to 255, once around. */
  readonly colours: Float32Array;
  /** [column]: 1 where painted. */
  readonly painted: Uint8Array;
  readonly paint: (column: number) => void;
}

export interface SkyOptions {
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  /** Share of the sky that clouds cover. */
  readonly clouds: number;
  readonly light: Light;
  readonly seed: number;
}

/** A sky to be looked up by direction. */
export function createSky({ zenith, horizon, clouds, light, seed }: SkyOptions): Sky {
  const cloud = noiseOf(rows, columns, 8, 5, deriveSeed(seed, 0));
  const hill = noiseOf(1, columns, 8, 5, deriveSeed(seed, 1));
  const sunAngle = directionAngle(light.toSun[0], light.toSun[1]);
  const level = Math.sqrt(light.toSun[0] ** 2 + light.toSun[1] ** 2);
  const sunSlope = light.toSun[2] / level;
  const strength = light.sun[0];
  const white = light.sun.map(
    (sun, k) => 0.5 * horizon[k] + 0.5 * 255 * Math.min(1, light.ambient[k] + 0.6 * sun),
  );
  const hills = light.haze.map((haze, k) => haze * (0.8 + 0.06 * (k - 1)));
  const bands = Array.from({ length: rows }, (_, row) => {
    const slope = highest - ((row + 0.5) / rows) * (highest - lowest);
    const rise = Math.min(1, Math.max(0, slope) / 1.2);
    return {
      slope,
      clear: zenith.map((top, k) => horizon[k] + (top - horizon[k]) * rise * (2 - rise)),
      fromSun: (slope - sunSlope) / (1 + sunSlope * sunSlope),
      // Clouds are seen flat: the closer to the horizon, the finer.
      cloudRow: Math.min(rows - 1, Math.floor((rows * 0.98) / (1 + 1.6 * Math.max(0, slope)))),
      thickness: smoothStep(0.02, 0.3, slope),
    };
  });
  const colours = new Float32Array(columns * rows * 3);
  const painted = new Uint8Array(columns);
  function paint(column: number): void {
    painted[column] = 1;
    const aside = wrapAngle(((column + 0.5) / columns) * 2 * Math.PI - sunAngle);
    const asideSquared = aside * aside * level * level;
    const hillTop = 0.03 + 0.09 * noiseAt(hill, 0, column);
    for (let row = 0; row < rows; row++) {
      const at = (column * rows + row) * 3;
      const { slope, clear, fromSun, cloudRow, thickness } = bands[row];
      if (slope < hillTop) {
        for (let channel = 0; channel < 3; channel++) colours[at + channel] = hills[channel];
        continue;
      }
      const apart = Math.sqrt(asideSquared + fromSun * fromSun);
      const glow = strength * (0.5 / (1 + 30 * apart * apart)) + (apart < 0.05 ? 1.2 * strength : 0);
      const cloudiness = noiseAt(cloud, cloudRow, column);
      const cover = smoothStep(0.78 - 0.5 * clouds, 0.98 - 0.5 * clouds, cloudiness) * thickness;
      for (let channel = 0; channel < 3; channel++) {
        const cloudy = clear[channel] + (white[channel] - clear[channel]) * cover * 0.85;
        colours[at + channel] = cloudy + 255 * glow * light.sun[channel];
      }
    }
  }
  return { colours, painted, paint };
}

/** Fills the rows `from` to `to` of a column with sky, save where something is drawn (its depth is not Infinity). */
export function drawSky(
  canvas: Canvas,
  camera: Camera,
  { colours: sky, painted, paint }: Sky,
  column: number,
  from: number,
  to: number,
): void {
  if (from >= to) return;
  const slope = columnSlope(canvas, camera, column);
  const angle = directionAngle(camera.cos + slope * camera.sin, camera.sin - slope * camera.cos);
  const x = ((angle / (2 * Math.PI) + 1) * columns - 0.5) % columns;
  const left = wholeBelow(x);
  const share = x - left;
  const right = (left + 1) % columns;
  if (!painted[left]) paint(left);
  if (!painted[right]) paint(right);
  const flat = 1 / Math.sqrt(1 + slope * slope);
  const { colour, depth } = canvas;
  const slopes = rowSlopes(canvas, camera);
  for (let row = from; row < to; row++) {
    const at = column * canvas.side + row;
    if (depth[at] < Infinity) continue;
    const up = slopes[row] * flat;
    const y = Math.min(rows - 1.001, Math.max(0, ((highest - up) / (highest - lowest)) * rows - 0.5));
    const top = wholeBelow(y);
    const below = y - top;
    const a = (left * rows + top) * 3;
    const b = (right * rows + top) * 3;
    const red = sky[a] * (1 - share) + sky[b] * share;
    const green = sky[a + 1] * (1 - share) + sky[b + 1] * share;
    const blue = sky[a + 2] * (1 - share) + sky[b + 2] * share;
    const lowRed = sky[a + 3] * (1 - share) + sky[b + 3] * share;
    const lowGreen = sky[a + 4] * (1 - share) + sky[b + 4] * share;
    const lowBlue = sky[a + 5] * (1 - share) + sky[b + 5] * share;
    colour[3 * at] = red + (lowRed - red) * below;
    colour[3 * at + 1] = green + (lowGreen - green) * below;
    colour[3 * at + 2] = blue + (lowBlue - blue) * below;
  }
}
