/** The ground of a trail: hills, a path that comes back to its start, and what stands beside it. It repeats in x and y. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { smoothStep } from "../raycast/light.js";
import { type Noise, noiseAt, noiseOf } from "../raycast/noise.js";
import {
  betweenPoints,
  blockPoints,
  groundMetres,
  groundPoints,
  pathRadius,
  pointBefore,
  shortWay,
  smoothRadius,
  type TiledMap,
} from "./groundMap.js";
import { heightsOf } from "./heights.js";
import type { Species } from "./plants.js";
import { listSpots, type Spots, spotShare, squaresToClosest } from "./spots.js";

export interface Plant {
  readonly species: Species;
  readonly x: number;
  readonly y: number;
  readonly wide: number;
  readonly high: number;
  /** Which of the species' pictures, and whether mirrored. */
  readonly variant: number;
  readonly mirrored: boolean;
  /** Radius of what cannot be driven through; 0 for bushes. */
  readonly trunk: number;
}

export interface House {
  readonly x: number;
  readonly y: number;
  /** Half the length along its ridge and half the width across, in metres. */
  readonly half: readonly [number, number];
  readonly high: number;
  /** Direction of the ridge. */
  readonly cos: number;
  readonly sin: number;
  readonly wall: number;
}

export interface TrailGround {
  /** Metres per point. */
  readonly height: TiledMap;
  /** Dryness of the grass from 0 to 1, per point. */
  readonly tint: Noise;
  /** See `trailPath`; and the same as spots. */
  readonly path: readonly (readonly [number, number])[];
  readonly pathSpots: Spots;
  readonly plants: readonly Plant[];
  /** x and y of every plant, side by side, to be searched quickly. */
  readonly plantPlaces: Float64Array;
  readonly plantWidths: Float64Array;
  readonly rocks: readonly { readonly x: number; readonly y: number; readonly radius: number }[];
  readonly houses: readonly House[];
}

/** The middle of the path of `seed`, one point about every metre, in order; the last is beside the first. */
export function trailPath(seed: number): readonly (readonly [number, number])[] {
  const chance = uniformValues(8, deriveSeed(seed, 1));
  const count = 560;
  return Array.from({ length: count }, (_, i) => {
    const angle = (2 * Math.PI * i) / count;
    const wave = (times: number, size: number, k: number) =>
      size * (0.6 + 0.8 * chance[k]) * sine(times * angle + 2 * Math.PI * chance[k + 1]);
    const radius = 76 * (1 + wave(2, 0.14, 0) + wave(3, 0.12, 2) + wave(5, 0.07, 4) + wave(9, 0.025, 6));
    return [128 + radius * cosine(angle), 128 + radius * sine(angle)];
  });
}

const squares = new Float64Array(blockPoints ** 2); // used anew by every call

/** Writes how much the points of a block belong to the path to `out` [side, side]: 1 on it, 0 off it, smooth between. */
export function onPathOf(pathSpots: Spots, left: number, top: number, side: number, out: Float32Array): void {
  squaresToClosest(pathSpots, left, top, side, squares);
  for (let i = 0; i < side * side; i++) out[i] = spotShare(squares[i], pathRadius);
}

const corners = new Float32Array(4);

/** How much (x, y) belongs to the path. */
export function onPathAt(pathSpots: Spots, x: number, y: number): number {
  onPathOf(pathSpots, pointBefore(x), pointBefore(y), 2, corners);
  return betweenPoints(corners, x, y);
}

/** How much the ground at (x, y) is smoothed for the path. */
function nearPathAt(pathSpots: Spots, x: number, y: number): number {
  squaresToClosest(pathSpots, pointBefore(x), pointBefore(y), 2, squares);
  for (let i = 0; i < 4; i++) corners[i] = spotShare(squares[i], smoothRadius);
  return betweenPoints(corners, x, y);
}

function tintAt(tint: Noise, x: number, y: number): number {
  const mask = groundPoints - 1;
  const left = pointBefore(x);
  const top = pointBefore(y);
  for (let i = 0; i < 4; i++) corners[i] = noiseAt(tint, (top + (i >> 1)) & mask, (left + (i & 1)) & mask);
  return betweenPoints(corners, x, y);
}

/** Builds the ground of `seed`; `conifers` is their share among the trees. */
export function trailGround(seed: number, conifers: number): TrailGround {
  const path = trailPath(seed);
  const pathSpots = listSpots(path.flatMap(([x, y]) => [x, y, smoothRadius]));
  const tint = noiseOf(groundPoints, groundPoints, 16, 4, deriveSeed(seed, 4));
  const houses = placeHouses(path, seed);
  const isFree = (x: number, y: number, room: number) => {
    if (onPathAt(pathSpots, x, y) !== 0) return false;
    for (const house of houses) {
      const dx = shortWay(house.x, x);
      const dy = shortWay(house.y, y);
      if (dx * dx + dy * dy <= (Math.max(house.half[0], house.half[1]) + 2 + room) ** 2) return false;
    }
    return true;
  };
  const plants = placePlants(seed, conifers, tint, pathSpots, isFree);
  const plantPlaces = new Float64Array(2 * plants.length);
  plants.forEach(({ x, y }, i) => {
    plantPlaces.set([x, y], 2 * i);
  });
  const plantWidths = Float64Array.from(plants, ({ wide }) => wide);
  return {
    height: heightsOf(seed, pathSpots),
    tint,
    path,
    pathSpots,
    houses,
    plants,
    plantPlaces,
    plantWidths,
    rocks: placeRocks(seed, isFree),
  };
}

function placeHouses(path: readonly (readonly [number, number])[], seed: number): House[] {
  const chance = uniformValues(40, deriveSeed(seed, 5));
  const count = 3 + Math.floor(chance[0] * 4);
  return Array.from({ length: count }, (_, i) => {
    const [place, aside, long, wide, high, wall] = chance.subarray(1 + 6 * i, 7 + 6 * i);
    const at = Math.floor(((i + 0.7 * place) / count) * path.length);
    const next = path[(at + 3) % path.length];
    const dx = next[0] - path[at][0];
    const dy = next[1] - path[at][1];
    const length = Math.sqrt(dx * dx + dy * dy);
    const out = (aside < 0.5 ? -1 : 1) * (9 + 6 * long);
    return {
      x: path[at][0] - (dy / length) * out,
      y: path[at][1] + (dx / length) * out,
      half: [3.2 + 2.4 * long, 2.4 + 1.4 * wide],
      high: 2.6 + 1.4 * high,
      cos: dx / length,
      sin: dy / length,
      wall: Math.floor(wall * 3),
    };
  });
}

/** No plant is wider than 10 m. */
export const widestPlant = 10;

/** Places where a plant may stand, if there is room and light. */
export const mostPlants = 4400;

/** Metres when grown; width as a share of the height. */
const highOf: Record<Species, number> = { conifer: 9, broadleaf: 8, birch: 8.5, bush: 2.4 };
const wideOf: Record<Species, number> = { conifer: 0.5, broadleaf: 0.95, birch: 0.62, bush: 0.8 };

type IsFree = (x: number, y: number, room: number) => boolean;

function placePlants(seed: number, conifers: number, tint: Noise, pathSpots: Spots, isFree: IsFree): Plant[] {
  const chance = uniformValues(mostPlants * 8, deriveSeed(seed, 6));
  const plants: Plant[] = [];
  for (let i = 0; i < mostPlants; i++) {
    const x = chance[8 * i] * groundMetres;
    const y = chance[8 * i + 1] * groundMetres;
    const kind = chance[8 * i + 2];
    const wood = smoothStep(0.36, 0.6, tintAt(tint, x, y)); // woods and clearings
    const bush = kind > 0.7;
    const luck = chance[8 * i + 6];
    const share = bush ? 0.5 : 0.12 + 0.8 * wood;
    if (luck > share || luck > share * (1 - 0.2 * nearPathAt(pathSpots, x, y))) continue;
    if (!isFree(x, y, bush ? 0 : 1.2)) continue;
    const grown = 0.75 + 0.5 * chance[8 * i + 3];
    const species: Species = bush
      ? "bush"
      : chance[8 * i + 7] < conifers
        ? "conifer"
        : kind < 0.22
          ? "birch"
          : "broadleaf";
    const high = highOf[species] * grown;
    const wide = wideOf[species] * high;
    const trunk = bush ? 0 : 0.32;
    plants.push({
      species,
      x,
      y,
      wide,
      high,
      variant: Math.floor(chance[8 * i + 4] * 3),
      mirrored: chance[8 * i + 5] < 0.5,
      trunk,
    });
  }
  return plants;
}

function placeRocks(seed: number, isFree: IsFree): { x: number; y: number; radius: number }[] {
  const chance = uniformValues(300 * 3, deriveSeed(seed, 7));
  return Array.from({ length: 300 }, (_, i) => ({
    x: chance[3 * i] * groundMetres,
    y: chance[3 * i + 1] * groundMetres,
    radius: 0.25 + 0.6 * chance[3 * i + 2] ** 2,
  })).filter(({ x, y, radius }) => isFree(x, y, radius));
}
