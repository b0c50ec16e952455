/** Doors and windows in an arena's walls, painted over the surface of one cell's face. */
import type { Rgb } from "../raycast/light.js";

const frame: Rgb = [92, 84, 74];
const glass: Rgb = [52, 66, 82];

function put(colour: Rgb, texel: Float64Array): void {
  for (let channel = 0; channel < 3; channel++) texel[channel] = colour[channel];
}

/**
 * Paints what is at (`along`, `z`) metres of a face two metres wide; `chance` below 0.14 is a door, below 0.34 a window.
 * Returns a factor on the light there.
 */
export function paintDetail(
  chance: number,
  along: number,
  z: number,
  colour: Rgb,
  texel: Float64Array,
): number {
  const aside = Math.abs(along - 1);
  if (chance < 0.14) {
    if (aside > 0.66 || z > 2.26) return 1;
    put(aside > 0.56 || z > 2.14 ? frame : colour, texel);
    if (aside > 0.56 || z > 2.14) return 1;
    const panel = Math.abs(aside - 0.28) < 0.18 && z - Math.floor(z) > 0.16 && z - Math.floor(z) < 0.9;
    return aside < 0.02 ? 0.5 : panel ? 0.82 : 1;
  }
  if (z < 1.4 || z > 2.75 || aside > 0.86) return 1;
  if (z < 1.5) {
    put(frame, texel);
    return 1.3;
  }
  if (z > 2.65) return aside < 0.5 ? 0.6 : 1;
  if (aside > 0.48) {
    put(colour, texel); // shutters
    const slat = z * 8 - Math.floor(z * 8);
    return aside > 0.8 || aside < 0.52 ? 0.9 : 0.75 + 0.4 * slat;
  }
  const bar = aside < 0.035 || Math.abs(z - 2.1) < 0.03 || aside > 0.42;
  put(bar ? frame : glass, texel);
  return bar ? 1.1 : 0.8 + 0.9 * Math.max(0, 0.3 - Math.abs(along - 0.2 - (z - 1.5) * 0.5));
}
