/** Linear layers and activations over weights in PyTorch's layout. */
import { customGrad, erf, type GradSaveFunc, matMul, type Tensor, tidy } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { weight } from "./parameters.js";

/**
 * `x · Wᵀ + b` over the last axis. The weight is [out, in], or [out, in, 1, …] as 1×1 convolutions store it; the bias is
 * used if there is one.
 *
 * @param x […, in]
 * @returns […, out]
 */
export function linear<T extends Tensor>(weights: Weights, name: string, x: T): T {
  return tidy(() => {
    const matrix = weight(weights, `${name}.weight`);
    const [outputs, inputs] = matrix.shape;
    const flat = x.reshape([-1, inputs]);
    const product = matMul(flat, matrix.reshape([outputs, inputs]), false, true);
    const bias = weights[`${name}.bias`];
    return (bias ? product.add(bias) : product).reshape([...x.shape.slice(0, -1), outputs]) as T;
  });
}

/** x · sigmoid(x), with its gradient written out to save passes. */
export function silu<T extends Tensor>(x: T): T {
  const activate = customGrad((...inputs: (Tensor | GradSaveFunc)[]) => {
    const [x, save] = inputs as [Tensor, GradSaveFunc];
    const gate = x.sigmoid();
    const value = x.mul(gate);
    save([gate, value]);
    const gradFunc = (dy: Tensor, [gate, value]: Tensor[]) => dy.mul(gate.add(value).sub(gate.mul(value)));
    return { value, gradFunc };
  });
  return tidy(() => activate(x) as T);
}

/** x · Φ(x) with the exact normal distribution function, not its tanh approximation; its gradient is written out. */
export function gelu<T extends Tensor>(x: T): T {
  const activate = customGrad((...inputs: (Tensor | GradSaveFunc)[]) => {
    const [x, save] = inputs as [Tensor, GradSaveFunc];
    const twice = erf(x.mul(Math.SQRT1_2)).add(1); // 2 Φ(x)
    save([x, twice]);
    const gradFunc = (dy: Tensor, [x, twice]: Tensor[]) => {
      const density = x
        .mul(-0.5)
        .mul(x)
        .exp()
        .mul(2 / Math.sqrt(2 * Math.PI));
      return dy.mul(density.mul(x).add(twice).mul(0.5));
    };
    return { value: twice.mul(x).mul(0.5), gradFunc };
  });
  return tidy(() => activate(x) as T);
}
