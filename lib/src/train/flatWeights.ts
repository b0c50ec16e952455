/**
 * A record of weights as one long vector. An update of one vector is a dozen operations; one of four hundred tensors is
 * thousands, and their overhead outweighs a small network's arithmetic.
 */
import { concat, split, type Tensor, type Tensor1D, tidy, util } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";

/** Where each weight lies in the vector: in the record's order, without gaps. */
export interface FlatLayout {
  readonly names: readonly string[];
  readonly shapes: readonly (readonly number[])[];
}

export function flatLayout(weights: Weights): FlatLayout {
  return { names: Object.keys(weights), shapes: Object.values(weights).map(({ shape }) => shape) };
}

/** The vector of a record, whose tensors have the layout's names and shapes. */
export function flatten({ names }: FlatLayout, weights: Weights): Tensor1D {
  return tidy(() => concat(names.map((name) => weights[name].reshape([-1]))) as Tensor1D);
}

/** The record of a vector: new tensors, through which gradients reach the vector. */
export function unflatten({ names, shapes }: FlatLayout, vector: Tensor): Record<string, Tensor> {
  return tidy(() => {
    const sizes = shapes.map((shape) => util.sizeFromShape(shape as number[]));
    const parts = sizes.length > 1 ? split(vector, sizes) : [vector]; // one part alone has no gradient in TensorFlow.js
    return Object.fromEntries(names.map((name, i) => [name, parts[i].reshape(shapes[i] as number[])]));
  });
}
