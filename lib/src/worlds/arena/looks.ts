/** How an arena looks: surfaces, light and sky, drawn by the seed from a few kinds of place. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { type Light, lightOf, mixRgb, type Rgb, scaleRgb } from "../raycast/light.js";
import { createSky, type Sky } from "../raycast/sky.js";
import { paintSurface, type SurfacePattern } from "../raycast/surfaces.js";
import type { Texture } from "../raycast/texture.js";

type Clad = readonly [SurfacePattern, Rgb, Rgb];

interface Place {
  /** Ground, two kinds of wall, crates, low walls. */
  readonly surfaces: readonly [Clad, Clad, Clad, Clad, Clad];
  readonly zenith: Rgb;
  readonly horizon: Rgb;
  readonly sun: Rgb;
  readonly ambient: Rgb;
  /** Height of the sun in radians. */
  readonly sunHeight: number;
  /** Share of the sky that clouds cover. */
  readonly clouds: number;
}

const crate: Clad = ["planks", [158, 118, 70], [84, 60, 34]];

const places: readonly Place[] = [
  {
    surfaces: [
      ["ground", [196, 168, 124], [164, 138, 100]],
      ["plaster", [222, 196, 150], [170, 120, 84]],
      ["block", [204, 174, 126], [150, 124, 86]],
      crate,
      ["block", [214, 188, 142], [158, 132, 96]],
    ],
    zenith: [92, 148, 214],
    horizon: [206, 218, 224],
    sun: [0.78, 0.7, 0.54],
    ambient: [0.46, 0.49, 0.56],
    sunHeight: 0.85,
    clouds: 0.35,
  },
  {
    surfaces: [
      ["cobble", [134, 130, 124], [78, 74, 70]],
      ["brick", [168, 88, 64], [176, 164, 150]],
      ["plaster", [216, 208, 190], [150, 84, 64]],
      crate,
      ["block", [150, 146, 138], [98, 94, 88]],
    ],
    zenith: [118, 156, 204],
    horizon: [214, 220, 226],
    sun: [0.62, 0.58, 0.5],
    ambient: [0.52, 0.55, 0.6],
    sunHeight: 0.7,
    clouds: 0.6,
  },
  {
    surfaces: [
      ["snow", [226, 232, 240], [186, 196, 210]],
      ["panels", [92, 122, 148], [136, 98, 74]],
      ["concrete", [158, 164, 170], [120, 126, 134]],
      ["panels", [176, 108, 54], [110, 70, 44]],
      ["concrete", [178, 182, 186], [136, 142, 148]],
    ],
    zenith: [148, 176, 206],
    horizon: [224, 230, 236],
    sun: [0.5, 0.48, 0.44],
    ambient: [0.54, 0.58, 0.64],
    sunHeight: 0.5,
    clouds: 0.7,
  },
  {
    surfaces: [
      ["ground", [120, 116, 72], [84, 102, 54]],
      ["block", [128, 132, 104], [74, 88, 56]],
      ["cobble", [142, 136, 116], [82, 90, 64]],
      crate,
      ["block", [136, 138, 112], [80, 92, 60]],
    ],
    zenith: [124, 168, 196],
    horizon: [212, 224, 214],
    sun: [0.66, 0.64, 0.46],
    ambient: [0.44, 0.5, 0.48],
    sunHeight: 1.0,
    clouds: 0.5,
  },
  {
    surfaces: [
      ["paving", [164, 142, 122], [112, 96, 82]],
      ["plaster", [196, 142, 112], [146, 96, 74]],
      ["tiles", [86, 142, 142], [206, 196, 178]],
      crate,
      ["plaster", [222, 204, 176], [168, 110, 80]],
    ],
    zenith: [92, 96, 160],
    horizon: [250, 186, 132],
    sun: [0.74, 0.5, 0.32],
    ambient: [0.52, 0.48, 0.56],
    sunHeight: 0.42,
    clouds: 0.45,
  },
  {
    surfaces: [
      ["concrete", [132, 132, 130], [96, 96, 94]],
      ["panels", [74, 104, 88], [150, 112, 70]],
      ["brick", [124, 104, 94], [86, 80, 76]],
      ["panels", [198, 160, 52], [92, 78, 44]],
      ["concrete", [168, 164, 156], [124, 120, 114]],
    ],
    zenith: [136, 146, 160],
    horizon: [196, 202, 206],
    sun: [0.24, 0.24, 0.23],
    ambient: [0.68, 0.7, 0.73],
    sunHeight: 0.9,
    clouds: 0.95,
  },
];

export interface ArenaLooks {
  /** By material number. */
  readonly surfaces: readonly Texture[];
  readonly light: Light;
  readonly sky: Sky;
  /** Factor on the colour of the lowest metre of the two kinds of wall. */
  readonly bands: readonly [Rgb, Rgb];
  /** Colours of doors and of the targets' clothes, 0 to 255. */
  readonly door: Rgb;
  readonly clothes: Rgb;
}

const doors: readonly Rgb[] = [
  [62, 104, 128],
  [120, 78, 46],
  [66, 98, 68],
  [128, 54, 44],
];
const clothes: readonly Rgb[] = [
  [150, 60, 44],
  [70, 84, 112],
  [104, 98, 62],
  [52, 54, 58],
];

/** The looks of `seed`. */
export function arenaLooks(seed: number): ArenaLooks {
  const chance = uniformValues(24, deriveSeed(seed, 10));
  const place = places[Math.floor(chance[0] * places.length)];
  const vary = (colour: Rgb, i: number): Rgb =>
    colour.map(
      (value, channel) => value * (0.9 + 0.16 * chance[4 + i] + 0.06 * chance[10 + ((i + channel) % 8)]),
    ) as unknown as Rgb;
  const angle = 2 * Math.PI * chance[1];
  const height = place.sunHeight * (0.85 + 0.3 * chance[2]);
  const toSun: Rgb = [cosine(height) * cosine(angle), cosine(height) * sine(angle), sine(height)];
  const light = lightOf({
    toSun,
    sun: place.sun,
    ambient: place.ambient,
    haze: mixRgb(place.horizon, place.zenith, 0.15),
    hazeDistance: 70 + 60 * chance[3],
  });
  const band = (i: number): Rgb =>
    chance[18 + i] < 0.5
      ? [1, 1, 1]
      : scaleRgb(mixRgb([1, 1, 1], scaleRgb(doors[Math.floor(chance[20] * 4)], 1 / 110), 0.6), 0.85);
  return {
    surfaces: place.surfaces.map(([pattern, colour, second], i) =>
      paintSurface(pattern, vary(colour, i), second, deriveSeed(seed, 11, i)),
    ),
    light,
    sky: createSky({ ...place, light, seed: deriveSeed(seed, 12) }),
    bands: [band(0), band(1)],
    door: doors[Math.floor(chance[21] * doors.length)],
    clothes: clothes[Math.floor(chance[22] * clothes.length)],
  };
}
