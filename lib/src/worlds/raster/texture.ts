/** Patterns on materials, in the mesh's own coordinates; each fades where it is finer than the picture can show. */
import type { Texture } from "./scene.js";

/** How far the pattern leads from the material's colour (0) to the texture's (1), averaged over about `footprint` metres. */
export function textureAmount(
  kind: Texture["kind"],
  size: number,
  x: number,
  y: number,
  z: number,
  footprint: number,
): number {
  const width = footprint / size;
  if (kind === "checks") return (1 - square(x / size, width) * square(y / size, width)) / 2;
  const fade = Math.max(0, 1 - width / 2);
  if (kind === "wood") {
    const wave = 1.5 * smoothNoise(y / (8 * size), x / (3 * size), z / (3 * size));
    const line = smoothNoise(wave, x / size, z / size);
    return 0.5 + fade * (line - 0.5);
  }
  const coarse = smoothNoise(x / size, y / size, z / size);
  const fine = smoothNoise((3 * x) / size, (3 * y) / size, (3 * z) / size);
  return 0.5 + fade * (0.7 * coarse + 0.3 * fine - 0.5);
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

/** Random values on whole coordinates from 0 to 1, smooth in between. */
function smoothNoise(x: number, y: number, z: number): number {
  const i = Math.floor(x);
  const j = Math.floor(y);
  const k = Math.floor(z);
  const u = ease(x - i);
  const v = ease(y - j);
  const w = ease(z - k);
  const place = Math.imul(i, alongX) + Math.imul(j, alongY) + Math.imul(k, alongZ);
  return (1 - w) * noiseInPlane(place, u, v) + w * noiseInPlane(place + alongZ, u, v);
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
const alongX = 0x9e3779b1;
const alongY = 0x85ebca77;
const alongZ = 0xc2b2ae3d;

function randomValue(place: number): number {
  return randomTable[place >>> 20];
}
