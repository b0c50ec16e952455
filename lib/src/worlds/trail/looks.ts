/** Season and weather of a trail: colours, light, sky, plants. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { type Light, lightOf, mixRgb, type Rgb, scaleRgb } from "../raycast/light.js";
import { createSky, type Sky } from "../raycast/sky.js";
import type { Sprite } from "../raycast/sprite.js";
import { paintSurface } from "../raycast/surfaces.js";
import type { Texture } from "../raycast/texture.js";
import { paintPlant, type Species } from "./plants.js";

interface Season {
  readonly grass: Rgb;
  readonly soil: Rgb;
  readonly path: Rgb;
  /** Leaves in shade and light: conifers, then the others in two hues. */
  readonly needles: readonly [Rgb, Rgb];
  readonly leaves: readonly (readonly [Rgb, Rgb])[];
  /** Share of conifers among the trees. */
  readonly conifers: number;
}

const seasons: readonly Season[] = [
  {
    grass: [104, 122, 66],
    soil: [118, 112, 66],
    path: [172, 150, 116],
    needles: [
      [40, 74, 44],
      [74, 108, 58],
    ],
    leaves: [
      [
        [58, 98, 40],
        [116, 152, 62],
      ],
      [
        [74, 108, 44],
        [140, 164, 76],
      ],
    ],
    conifers: 0.4,
  },
  {
    grass: [142, 128, 66],
    soil: [134, 100, 58],
    path: [150, 122, 92],
    needles: [
      [44, 70, 48],
      [80, 100, 58],
    ],
    leaves: [
      [
        [158, 92, 32],
        [222, 156, 58],
      ],
      [
        [150, 62, 34],
        [210, 102, 48],
      ],
    ],
    conifers: 0.3,
  },
  {
    grass: [176, 158, 98],
    soil: [160, 134, 92],
    path: [196, 172, 136],
    needles: [
      [70, 84, 54],
      [112, 118, 74],
    ],
    leaves: [
      [
        [96, 104, 58],
        [152, 148, 90],
      ],
      [
        [112, 106, 60],
        [170, 154, 96],
      ],
    ],
    conifers: 0.25,
  },
  {
    grass: [222, 228, 236],
    soil: [186, 192, 198],
    path: [158, 150, 140],
    needles: [
      [52, 78, 66],
      [168, 182, 186],
    ],
    leaves: [
      [
        [112, 98, 84],
        [204, 208, 212],
      ],
      [
        [96, 86, 78],
        [190, 194, 198],
      ],
    ],
    conifers: 0.85,
  },
];

export type Weather = "sun" | "overcast" | "fog" | "dusk";

const weathers: Record<
  Weather,
  Omit<Light, "toSun"> & { zenith: Rgb; horizon: Rgb; clouds: number; height: number }
> = {
  sun: {
    zenith: [80, 138, 210],
    horizon: [198, 218, 232],
    clouds: 0.4,
    height: 0.75,
    sun: [0.82, 0.76, 0.6],
    ambient: [0.42, 0.47, 0.54],
    haze: [190, 208, 222],
    hazeDistance: 110,
  },
  overcast: {
    zenith: [150, 160, 172],
    horizon: [204, 210, 214],
    clouds: 0.95,
    height: 0.9,
    sun: [0.18, 0.18, 0.18],
    ambient: [0.7, 0.72, 0.75],
    haze: [190, 196, 202],
    hazeDistance: 80,
  },
  fog: {
    zenith: [190, 196, 202],
    horizon: [206, 210, 212],
    clouds: 0.2,
    height: 0.7,
    sun: [0.14, 0.14, 0.13],
    ambient: [0.76, 0.78, 0.8],
    haze: [204, 208, 210],
    hazeDistance: 22,
  },
  dusk: {
    zenith: [66, 72, 122],
    horizon: [246, 170, 116],
    clouds: 0.55,
    height: 0.2,
    sun: [0.8, 0.46, 0.26],
    ambient: [0.4, 0.39, 0.5],
    haze: [196, 146, 128],
    hazeDistance: 80,
  },
};

export interface TrailLooks {
  readonly weather: Weather;
  readonly light: Light;
  readonly sky: Sky;
  readonly grass: Texture;
  readonly path: Texture;
  readonly conifers: number;
  /** Three plants of each species. */
  readonly plants: Record<Species, readonly Sprite[]>;
  readonly walls: readonly Rgb[];
  readonly roof: Rgb;
}

const wallColours: readonly Rgb[] = [
  [206, 196, 176],
  [158, 74, 60],
  [134, 108, 82],
  [120, 136, 144],
];
const roofColours: readonly Rgb[] = [
  [126, 66, 52],
  [82, 82, 88],
  [104, 80, 60],
];

/** The looks of `seed`. */
export function trailLooks(seed: number): TrailLooks {
  const chance = uniformValues(16, deriveSeed(seed, 10));
  const season = seasons[Math.floor(chance[0] * seasons.length)];
  const names = Object.keys(weathers) as Weather[];
  const weather = names[Math.floor(chance[1] * names.length)];
  const air = weathers[weather];
  const { zenith, horizon, clouds, height } = air;
  const angle = 2 * Math.PI * chance[2];
  const rise = height * (0.85 + 0.3 * chance[3]);
  const toSun: Rgb = [cosine(rise) * cosine(angle), cosine(rise) * sine(angle), sine(rise)];
  const light = lightOf({ ...air, toSun, hazeDistance: air.hazeDistance * (0.8 + 0.4 * chance[4]) });
  const vary = (colour: Rgb, i: number) => scaleRgb(colour, 0.92 + 0.16 * chance[5 + i]);
  const three = (species: Species, hues: readonly (readonly [Rgb, Rgb])[], number: number) =>
    [0, 1, 2].map((i) => paintPlant(species, ...hues[i % hues.length], deriveSeed(seed, 11, number, i)));
  return {
    weather,
    light,
    sky: createSky({ zenith, horizon, clouds, light, seed: deriveSeed(seed, 12) }),
    grass: paintSurface("ground", vary(season.grass, 0), vary(season.soil, 1), deriveSeed(seed, 13)),
    path: paintSurface("ground", vary(season.path, 2), scaleRgb(season.path, 0.8), deriveSeed(seed, 14)),
    conifers: season.conifers,
    plants: {
      conifer: three("conifer", [season.needles], 0),
      broadleaf: three("broadleaf", season.leaves, 1),
      birch: three("birch", [mixPair(season.leaves[0], season.leaves[1])], 2),
      bush: three("bush", season.leaves, 3),
    },
    walls: [0, 1, 2].map((i) => wallColours[Math.floor(chance[8 + i] * wallColours.length)]),
    roof: roofColours[Math.floor(chance[12] * roofColours.length)],
  };
}

function mixPair(a: readonly [Rgb, Rgb], b: readonly [Rgb, Rgb]): readonly [Rgb, Rgb] {
  return [mixRgb(a[0], b[0], 0.5), mixRgb(a[1], b[1], 0.7)];
}
