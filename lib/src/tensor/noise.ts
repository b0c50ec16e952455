/**
 * Seeded chance. Every number is a function of (seed, position) alone, by the counter-based generator Philox4x32-10
 * (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011): no hidden state, the same bits on every
 * platform, and a longer draw starts with the shorter one. Seeds are whole numbers from 1 up, since TensorFlow.js reads
 * 0 as "unseeded".
 */
import { type Rank, type ShapeMap, type Tensor, tensor, util } from "@tensorflow/tfjs";
import { requireWhole } from "./check.js";

const maxSeed = 2 ** 53 - 1;

/** High 32 bits of the product of two unsigned 32-bit numbers, from 16-bit parts, so that all stays a 32-bit integer. */
function mulHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const one = Math.imul(aHigh, bLow);
  const other = Math.imul(aLow, bHigh);
  const carry = (Math.imul(aLow, bLow) >>> 16) + (one & 0xffff) + (other & 0xffff);
  return (Math.imul(aHigh, bHigh) + (one >>> 16) + (other >>> 16) + (carry >>> 16)) | 0;
}

/** Four random words for one (seed, block) pair; writes them to `out`. */
function philox(seed: number, block: number, out: Uint32Array): void {
  let key0 = seed | 0;
  let key1 = Math.floor(seed / 2 ** 32) | 0;
  let c0 = block | 0;
  let c1 = Math.floor(block / 2 ** 32) | 0;
  let c2 = 0;
  let c3 = 0;
  for (let round = 0; round < 10; round++) {
    const high0 = mulHigh(0xd2511f53, c0);
    const high1 = mulHigh(0xcd9e8d57, c2);
    const low0 = Math.imul(0xd2511f53, c0);
    const low1 = Math.imul(0xcd9e8d57, c2);
    c0 = high1 ^ c1 ^ key0;
    c1 = low1;
    c2 = high0 ^ c3 ^ key1;
    c3 = low0;
    key0 = (key0 + 0x9e3779b9) | 0;
    key1 = (key1 + 0xbb67ae85) | 0;
  }
  out[0] = c0;
  out[1] = c1;
  out[2] = c2;
  out[3] = c3;
}

/** `count` numbers uniform in [0, 1), in steps of 2⁻²⁴ so that float32 holds them exactly. */
export function uniformValues(count: number, seed: number): Float32Array {
  requireWhole("uniformValues", "seed", seed, 1, maxSeed);
  const values = new Float32Array(count);
  const words = new Uint32Array(4);
  for (let i = 0; i < count; i += 4) {
    philox(seed, i / 4, words);
    for (let j = 0; j < 4 && i + j < count; j++) values[i + j] = (words[j] >>> 8) * 2 ** -24;
  }
  return values;
}

/** `count` numbers from the standard normal distribution (Box–Muller on two uniform words each pair). */
export function normalValues(count: number, seed: number): Float32Array {
  requireWhole("normalValues", "seed", seed, 1, maxSeed);
  const values = new Float32Array(count);
  const words = new Uint32Array(4);
  for (let i = 0; i < count; i += 4) {
    philox(seed, i / 4, words);
    for (let pair = 0; pair < 4; pair += 2) {
      const radius = Math.sqrt(-2 * Math.log((words[pair] + 1) * 2 ** -32));
      const angle = 2 * Math.PI * words[pair + 1] * 2 ** -32;
      if (i + pair < count) values[i + pair] = radius * Math.cos(angle);
      if (i + pair + 1 < count) values[i + pair + 1] = radius * Math.sin(angle);
    }
  }
  return values;
}

/** Tensor of standard normal noise, float32; equal seeds give equal bits. */
export function normalNoise<R extends Rank>(shape: ShapeMap[R], seed: number): Tensor<R> {
  return tensor(normalValues(util.sizeFromShape(shape as number[]), seed), shape, "float32");
}

/** Tensor of noise uniform in [0, 1), float32; equal seeds give equal bits. */
export function uniformNoise<R extends Rank>(shape: ShapeMap[R], seed: number): Tensor<R> {
  return tensor(uniformValues(util.sizeFromShape(shape as number[]), seed), shape, "float32");
}

/**
 * A new seed for one use of `seed`: the same path (step number, frame number, …) gives the same seed, different
 * paths give unrelated ones. Path entries are whole numbers from 0 up.
 */
export function deriveSeed(seed: number, ...path: number[]): number {
  requireWhole("deriveSeed", "seed", seed, 1, maxSeed);
  const words = new Uint32Array(4);
  let derived = seed;
  for (const entry of path) {
    requireWhole("deriveSeed", "path entry", entry, 0, maxSeed);
    philox(derived, entry, words);
    derived = words[0] * 2 ** 21 + (words[1] >>> 11);
    if (derived === 0) derived = 1;
  }
  return derived;
}
