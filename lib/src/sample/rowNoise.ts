import { type Tensor5D, tensor5d } from "@tensorflow/tfjs";
import { deriveSeed, normalValues } from "../tensor/noise.js";

/**
 * Standard normal noise in which every row of the batch follows its own seed, so that rows do not depend on their
 * place. `path` says what the noise is for.
 */
export function rowNoise(
  shape: readonly [number, number, number, number, number],
  seeds: readonly number[],
  ...path: number[]
): Tensor5D {
  const size = shape.slice(1).reduce((product, axis) => product * axis, 1);
  const values = new Float32Array(shape[0] * size);
  for (const [row, seed] of seeds.entries())
    values.set(normalValues(size, deriveSeed(seed, ...path)), row * size);
  return tensor5d(values, [...shape]);
}
