/** Patterns on materials, in the mesh's own coordinates; each fades where it is finer than the picture can show. */
import type { Texture } from "./scene.js";

export const textureKinds: readonly Texture["kind"][] = ["checks", "wood", "mottle"];
const [checks, wood] = textureKinds.keys();

/** Points on textured materials: what `textureAmounts` reads, and what it writes. */
export interface TexturedPoints {
  /** [point]: which of `textureKinds`, its size in metres, and about how many metres of it a pixel covers. */
  readonly kind: Uint8Array;
  readonly size: Float64Array;
  readonly footprint: Float64Array;
  /** [point, 3]. */
  readonly place: Float64Array;
  /** [point]: how far the pattern leads from the material's colour (0) to the texture's (1). */
  readonly amount: Float64Array;
}

/** Two noises for each point whose pattern is made of them, and where they are looked up. */
interface Noises {
  /** [noise]: the point. */
  readonly point: Int32Array;
  /** [noise, 3]. */
  readonly place: Float64Array;
  /** [noise]. */
  readonly first: Float64Array;
  readonly second: Float64Array;
}

const noisesOf = (most: number): Noises => ({
  point: new Int32Array(most),
  place: new Float64Array(3 * most),
  first: new Float64Array(most),
  second: new Float64Array(most),
});

let noises = noisesOf(512); // used anew by every call

/** Finds the amounts of the first `count` points. */
export function textureAmounts(points: TexturedPoints, count: number): void {
  if (noises.point.length < count) noises = noisesOf(2 * count);
  const { kind, size: sizes, footprint, place, amount } = points;
  const { point, place: at, first, second } = noises;
  let found = 0;
  for (let i = 0; i < count; i++) {
    const size = sizes[i];
    const x = place[3 * i];
    const y = place[3 * i + 1];
    const z = place[3 * i + 2];
    if (kind[i] === checks) {
      const width = footprint[i] / size;
      amount[i] = (1 - square(x / size, width) * square(y / size, width)) / 2;
      continue;
    }
    const isWood = kind[i] === wood;
    at[3 * found] = isWood ? y / (8 * size) : x / size;
    at[3 * found + 1] = isWood ? x / (3 * size) : y / size;
    at[3 * found + 2] = isWood ? z / (3 * size) : z / size;
    point[found++] = i;
  }
  smoothNoise(at, first, found);
  for (let n = 0; n < found; n++) {
    const i = point[n];
    const size = sizes[i];
    const x = place[3 * i];
    const z = place[3 * i + 2];
    const isWood = kind[i] === wood; // whose lines wave
    at[3 * n] = isWood ? 1.5 * first[n] : (3 * x) / size;
    at[3 * n + 1] = isWood ? x / size : (3 * place[3 * i + 1]) / size;
    at[3 * n + 2] = isWood ? z / size : (3 * z) / size;
  }
  smoothNoise(at, second, found);
  for (let n = 0; n < found; n++) {
    const i = point[n];
    const fade = Math.max(0, 1 - footprint[i] / sizes[i] / 2);
    const noise = kind[i] === wood ? second[n] : 0.7 * first[n] + 0.3 * second[n];
    amount[i] = 0.5 + fade * (noise - 0.5);
  }
}

/** The square wave of period 2 (1 on [0, 1), −1 on [1, 2)), averaged over `width` around x. */
function square(x: number, width: number): number {
  const w = Math.max(width, 1e-6);
  return (triangle(x + w / 2) - triangle(x - w / 2)) / w;
}

/** Integral of the square wave: rises from 0 to 1 and falls back. */
function triangle(x: number): number {
  return 1 - Math.abs(x - 2 * Math.floor(x / 2) - 1);
}

/** Random values on whole coordinates from 0 to 1, smooth in between: at `count` places [place, 3], written to `out`. */
function smoothNoise(places: Float64Array, out: Float64Array, count: number): void {
  for (let n = 0; n < count; n++) {
    const x = places[3 * n];
    const y = places[3 * n + 1];
    const z = places[3 * n + 2];
    const i = Math.floor(x);
    const j = Math.floor(y);
    const k = Math.floor(z);
    const u = ease(x - i);
    const v = ease(y - j);
    const w = ease(z - k);
    const place = (Math.imul(i, alongX) + Math.imul(j, alongY) + Math.imul(k, alongZ)) | 0;
    out[n] = (1 - w) * noiseInPlane(place, u, v) + w * noiseInPlane((place + alongZ) | 0, u, v);
  }
}

function noiseInPlane(place: number, u: number, v: number): number {
  const near = (1 - u) * randomValue(place) + u * randomValue(place + alongX);
  const far = (1 - u) * randomValue(place + alongY) + u * randomValue(place + alongX + alongY);
  return (1 - v) * near + v * far;
}

function ease(t: number): number {
  return t * t * (3 - 2 * t);
}

/** Fixed random numbers from 0 to 1 (a multiply-and-xor hash of their place). */
const randomTable = Float64Array.from({ length: 4096 }, (_, place) => {
  let h = Math.imul(place + 1, 0x9e3779b1);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d);
  h = Math.imul(h ^ (h >>> 12), 0x297a2d39);
  return ((h ^ (h >>> 15)) >>> 0) * 2 ** -32;
});

/** How far a step of one along an axis leads in the sequence of all whole numbers, of which a table has the upper bits. */
const alongX = 0x9e3779b1 | 0;
const alongY = 0x85ebca77 | 0;
const alongZ = 0xc2b2ae3d | 0;

function randomValue(place: number): number {
  return randomTable[place >>> 20];
}
