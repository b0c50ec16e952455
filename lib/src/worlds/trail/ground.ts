/** The ground of a trail: hills, a path that comes back to its start, and what stands beside it. It repeats in x and y. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { type Rgb, smoothStep } from "../raycast/light.js";
import { fractalNoise } from "../raycast/noise.js";
import type { Species } from "./plants.js";

/** Metres after which the ground repeats, and points per side. */
export const groundMetres = 256;
export const groundPoints = 512;
const spacing = groundMetres / groundPoints;

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
  /** [y, x]: metres. */
  readonly height: Float32Array;
  /** [y, x]: 1 on the path, 0 off it, smooth between. */
  readonly onPath: Float32Array;
  /** [y, x]: dryness of the grass from 0 to 1. */
  readonly tint: Float32Array;
  /** See `trailPath`. */
  readonly path: readonly (readonly [number, number])[];
  readonly plants: readonly Plant[];
  /** x and y of every plant, side by side, to be searched quickly. */
  readonly plantPlaces: Float64Array;
  readonly rocks: readonly { readonly x: number; readonly y: number; readonly radius: number }[];
  readonly houses: readonly House[];
}

/** The way from a to b along one axis, over the edge where that is shorter. */
export function shortWay(from: number, to: number): number {
  const way = to - from;
  return way - groundMetres * Math.round(way / groundMetres);
}

/** One of the ground's maps at (x, y), between its four closest points. */
export function groundAt(values: Float32Array, x: number, y: number): number {
  const column = x / spacing;
  const row = y / spacing;
  const left = Math.floor(column);
  const top = Math.floor(row);
  const across = column - left;
  const mask = groundPoints - 1;
  const x0 = left & mask;
  const x1 = (left + 1) & mask;
  const y0 = (top & mask) * groundPoints;
  const y1 = ((top + 1) & mask) * groundPoints;
  const a = values[y0 + x0] + (values[y0 + x1] - values[y0 + x0]) * across;
  const b = values[y1 + x0] + (values[y1 + x1] - values[y1 + x0]) * across;
  return a + (b - a) * (row - top);
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

/** Raises `values` around (x, y) to `strength` in the middle, falling to 0 at `radius`. */
export function stamp(values: Float32Array, x: number, y: number, radius: number, strength: number): void {
  const reach = Math.ceil(radius / spacing);
  const column = Math.round(x / spacing);
  const row = Math.round(y / spacing);
  const mask = groundPoints - 1;
  const inner = 0.45 * radius * (1 - 1e-9); // the middle and what lies outside need no root
  const outer = radius * (1 + 1e-9);
  for (let j = -reach; j <= reach; j++) {
    const dy = (row + j) * spacing - y;
    const line = ((row + j) & mask) * groundPoints;
    for (let i = -reach; i <= reach; i++) {
      const at = line + ((column + i) & mask);
      if (values[at] >= strength) continue;
      const dx = (column + i) * spacing - x;
      const squared = dx * dx + dy * dy;
      if (squared > outer * outer) continue;
      const share =
        squared < inner * inner
          ? strength
          : strength * (1 - smoothStep(0.45, 1, Math.sqrt(squared) / radius));
      if (share > values[at]) values[at] = share;
    }
  }
}

/** Turns noise, in place, into heights in metres: hills with bumps, smooth on the path and a little lower. */
function raiseHills(
  hills: Float32Array,
  bumps: Float32Array,
  nearPath: Float32Array,
  onPath: Float32Array,
): void {
  for (let i = 0; i < hills.length; i++)
    hills[i] = 20 * (hills[i] - 0.5) + 0.7 * (bumps[i] - 0.5) * (1 - nearPath[i]) - 0.12 * onPath[i];
}

/** Builds the ground of `seed`; `conifers` is their share among the trees. */
export function trailGround(seed: number, conifers: number): TrailGround {
  const size = groundPoints;
  const height = fractalNoise(size, size, 6, 3, deriveSeed(seed, 2));
  const bumps = fractalNoise(size, size, 64, 2, deriveSeed(seed, 3));
  const tint = fractalNoise(size, size, 16, 4, deriveSeed(seed, 4));
  const path = trailPath(seed);
  const onPath = new Float32Array(size * size);
  const nearPath = new Float32Array(size * size);
  for (const [x, y] of path) {
    stamp(onPath, x, y, 2.1, 1);
    stamp(nearPath, x, y, 7, 1);
  }
  raiseHills(height, bumps, nearPath, onPath);
  const houses = placeHouses(path, seed);
  const isFree = (x: number, y: number, room: number) => {
    if (groundAt(onPath, x, y) !== 0) return false;
    for (const house of houses) {
      const dx = shortWay(house.x, x);
      const dy = shortWay(house.y, y);
      if (dx * dx + dy * dy <= (Math.max(house.half[0], house.half[1]) + 2 + room) ** 2) return false;
    }
    return true;
  };
  const plants = placePlants(seed, conifers, tint, nearPath, isFree);
  const plantPlaces = new Float64Array(2 * plants.length);
  plants.forEach(({ x, y }, i) => {
    plantPlaces.set([x, y], 2 * i);
  });
  return {
    height,
    onPath,
    tint,
    path,
    houses,
    plants,
    plantPlaces,
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

/** Metres when grown; width as a share of the height. */
const highOf: Record<Species, number> = { conifer: 9, broadleaf: 8, birch: 8.5, bush: 2.4 };
const wideOf: Record<Species, number> = { conifer: 0.5, broadleaf: 0.95, birch: 0.62, bush: 0.8 };

type IsFree = (x: number, y: number, room: number) => boolean;

function placePlants(
  seed: number,
  conifers: number,
  tint: Float32Array,
  nearPath: Float32Array,
  isFree: IsFree,
): Plant[] {
  const tries = 4400;
  const chance = uniformValues(tries * 8, deriveSeed(seed, 6));
  const plants: Plant[] = [];
  for (let i = 0; i < tries; i++) {
    const x = chance[8 * i] * groundMetres;
    const y = chance[8 * i + 1] * groundMetres;
    const kind = chance[8 * i + 2];
    const wood = smoothStep(0.36, 0.6, groundAt(tint, x, y)); // woods and clearings
    const edge = groundAt(nearPath, x, y);
    const bush = kind > 0.7;
    const luck = chance[8 * i + 6];
    if (luck > (bush ? 0.5 : 0.12 + 0.8 * wood) * (1 - 0.2 * edge) || !isFree(x, y, bush ? 0 : 1.2)) continue;
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

/** [y, x]: share of sunlight that reaches the ground, with the slopes' own shade and shadows of trees and houses. */
export function sunOnGround({ height, plants, houses }: TrailGround, toSun: Rgb): Float32Array {
  const shadow = new Float32Array(groundPoints * groundPoints);
  const level = Math.sqrt(toSun[0] ** 2 + toSun[1] ** 2);
  const reach = Math.min(3, level / toSun[2]); // metres of shadow per metre of height
  const cast = (x: number, y: number, z: number, radius: number, strength: number) =>
    stamp(shadow, x - (toSun[0] / level) * z * reach, y - (toSun[1] / level) * z * reach, radius, strength);
  for (const { species, x, y, wide, high } of plants)
    for (const part of species === "bush"
      ? [0.1]
      : species === "conifer"
        ? [0.15, 0.4, 0.7]
        : [0.1, 0.5, 0.75])
      cast(x, y, part * high, Math.max(0.8, wide * (species === "conifer" ? 0.55 * (1 - part) : 0.4)), 0.75);
  for (const { x, y, half, high, cos, sin } of houses)
    for (const along of [-0.7, 0, 0.7])
      for (const part of [0, 0.5, 1])
        cast(x + along * half[0] * cos, y + along * half[0] * sin, part * high, half[1] * 1.2, 0.85);
  for (let row = 0; row < groundPoints; row++) lightRow(shadow, height, toSun, row);
  return shadow;
}

/** Turns one row of shadow, in place, into sunlight: what is not in the shade, by how it faces the sun. */
function lightRow(shadow: Float32Array, height: Float32Array, [sx, sy, sz]: Rgb, row: number): void {
  const mask = groundPoints - 1;
  const here = row * groundPoints;
  const above = ((row + 1) & mask) * groundPoints;
  const below = ((row - 1) & mask) * groundPoints;
  for (let column = 0; column < groundPoints; column++) {
    const east = height[here + ((column + 1) & mask)] - height[here + ((column - 1) & mask)];
    const nx = -east / (2 * spacing);
    const ny = -(height[above + column] - height[below + column]) / (2 * spacing);
    const facing = (nx * sx + ny * sy + sz) / Math.sqrt(nx * nx + ny * ny + 1);
    shadow[here + column] = Math.max(0, facing) * (1 - shadow[here + column]);
  }
}
