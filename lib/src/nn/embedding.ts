/** Numbers turned into vectors that a network can use. */
import { cos, type Tensor, tensor1d, sin as tfSin, tidy } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { linear, silu } from "./linear.js";

/** The rates of `sinusoidEmbedding`, rounded at each step as float32 arithmetic does. */
export function sinusoidRates(width: number): Float32Array {
  const half = Math.floor(width / 2);
  const slope = Math.fround(-Math.log(10000));
  return Float32Array.from({ length: half }, (_, i) => Math.exp(Math.fround(Math.fround(slope * i) / half)));
}

/**
 * Cosines, then sines, of each number times `width / 2` rates that fall geometrically from 1 to nearly 1/10000; a zero
 * at the end if `width` is odd.
 *
 * @param numbers any shape
 * @returns […, width]
 * @see Vaswani et al., "Attention Is All You Need", section 3.5, in the order used for diffusion models
 */
export function sinusoidEmbedding(numbers: Tensor, width: number): Tensor {
  return tidy(() => {
    const angles = numbers
      .toFloat()
      .expandDims(-1)
      .mul(tensor1d(sinusoidRates(width)));
    const waves = cos(angles).concat(tfSin(angles), -1);
    return width % 2
      ? waves.pad([...waves.shape.slice(1).map(() => [0, 0] as [number, number]), [0, 1]])
      : waves;
  });
}

/** Linear, SiLU, linear, …: a perceptron whose linear layers are `${name}.${index}` for the given indices. */
export function perceptron<T extends Tensor>(
  weights: Weights,
  name: string,
  indices: readonly number[],
  x: T,
): T {
  return tidy(() =>
    indices.reduce((h, index, i) => linear(weights, `${name}.${index}`, i > 0 ? silu(h) : h), x),
  );
}
