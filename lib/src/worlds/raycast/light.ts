/** Sun, sky light and haze, the same for everything that a world draws. Colours are factors on a surface's own colour. */

export type Rgb = readonly [number, number, number];

export interface Light {
  /** Unit vector towards the sun. */
  readonly toSun: Rgb;
  readonly sun: Rgb;
  readonly ambient: Rgb;
  /** What far things fade into, 0 to 255. */
  readonly haze: Rgb;
  /** Distance in metres at which half of a thing is haze. */
  readonly hazeDistance: number;
}

/**
 * A light of these parts. Every light is made here, so that all are of one layout in memory: drawing reads them for every
 * sample, and what it is compiled to is fast only for layouts that it has met before.
 */
export function lightOf({ toSun, sun, ambient, haze, hazeDistance }: Light): Light {
  return { toSun, sun, ambient, haze, hazeDistance };
}

/** How much haze lies between the eye and a thing at `depth`, 0 to 1. */
export function hazeAt(light: Light, depth: number): number {
  const ratio = depth / light.hazeDistance;
  return (ratio * ratio) / (1 + ratio * ratio);
}

/** 0 below `low`, 1 above `high`, smooth between. */
export function smoothStep(low: number, high: number, value: number): number {
  const t = Math.min(1, Math.max(0, (value - low) / (high - low)));
  return t * t * (3 - 2 * t);
}

export function mixRgb(a: Rgb, b: Rgb, share: number): Rgb {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}

export function scaleRgb(a: Rgb, factor: number): Rgb {
  return [a[0] * factor, a[1] * factor, a[2] * factor];
}
