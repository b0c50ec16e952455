/**
 * What a network's weights are called, how large they are and how they start out: plain data, so that a network of
 * billions of parameters can be described, counted and compared with a checkpoint without a number being allocated.
 * Names and shapes are those of PyTorch: `[out, in]` for linear layers, `[out, in, …taps]` for convolutions.
 */
import { type Tensor, tensor } from "@tensorflow/tfjs";
import { deriveSeed, normalValues, uniformValues } from "../tensor/noise.js";
import type { Weights } from "../weights/safetensors.js";

/** One weight: its shape, and its first values. */
export interface Parameter {
  readonly shape: readonly number[];
  /** "uniform" draws from ±bound, PyTorch's default for linear layers and convolutions; "normal" has deviation bound. */
  readonly start: "zeros" | "ones" | "uniform" | "normal";
  readonly bound?: number;
}

/** Parameters by name, in the order of the network. */
export type Parameters = Record<string, Parameter>;

interface LayerOptions {
  /** Whether there is a bias; default yes. */
  readonly bias?: boolean;
  /** Whether the layer starts as the zero function. */
  readonly zero?: boolean;
}

/** A linear layer or convolution: `${name}.weight` of shape [out, in, …taps] and `${name}.bias`. */
export function layerParameters(
  name: string,
  inputs: number,
  outputs: number,
  taps: readonly number[] = [],
  { bias = true, zero = false }: LayerOptions = {},
): Parameters {
  const bound = 1 / Math.sqrt(taps.reduce((product, size) => product * size, inputs));
  const start = zero ? "zeros" : "uniform";
  const parameters: Parameters = { [`${name}.weight`]: { shape: [outputs, inputs, ...taps], start, bound } };
  if (bias) parameters[`${name}.bias`] = { shape: [outputs], start, bound };
  return parameters;
}

/** A norm's scale and shift: `${name}.weight`, `${name}.bias`. */
export function normParameters(name: string, channels: number): Parameters {
  return {
    [`${name}.weight`]: { shape: [channels], start: "ones" },
    [`${name}.bias`]: { shape: [channels], start: "zeros" },
  };
}

/** The same parameters with `prefix` before every name. */
export function withPrefix(prefix: string, parameters: Parameters): Parameters {
  return Object.fromEntries(Object.entries(parameters).map(([name, value]) => [prefix + name, value]));
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

/** How many numbers the parameters hold. */
export function countParameters(parameters: Record<string, { readonly shape: readonly number[] }>): number {
  return Object.values(parameters).reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** A seed of its own for every name, so that adding a layer does not change the others' first values. */
function seedForName(seed: number, name: string): number {
  let hash = 0x811c9dc5; // FNV-1a, 32 bits
  for (const byte of Buffer.from(name)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return deriveSeed(seed, hash);
}

/** First values of one parameter; a function of its name, its description and the seed. */
export function startValues(name: string, parameter: Parameter, seed: number): Float32Array {
  const { shape, start, bound = 1 } = parameter;
  const size = sizeOf(shape);
  if (start === "zeros") return new Float32Array(size);
  if (start === "ones") return new Float32Array(size).fill(1);
  const own = seedForName(seed, name);
  if (start === "normal") {
    const values = normalValues(size, own);
    for (let i = 0; i < size; i++) values[i] *= bound;
    return values;
  }
  const values = uniformValues(size, own);
  for (let i = 0; i < size; i++) values[i] = (2 * values[i] - 1) * bound;
  return values;
}

/** Tensors with the parameters' first values. Equal seeds give equal bits. */
export function createWeights(parameters: Parameters, seed: number): Weights {
  const weights: Record<string, Tensor> = {};
  for (const [name, parameter] of Object.entries(parameters))
    weights[name] = tensor(startValues(name, parameter, seed), [...parameter.shape], "float32");
  return weights;
}

/** The weight of that name. @throws RangeError if there is none */
export function weight(weights: Weights, name: string): Tensor {
  const found = weights[name];
  if (!found) throw new RangeError(`No weight is named ${name}; the weights belong to another config.`);
  return found;
}
