/** Scaled dot-product attention with several heads, and the feed-forward layer that goes with it. */
import { matMul, split, type Tensor, type Tensor2D, type Tensor3D, tidy } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { gelu, linear } from "./linear.js";
import { weight } from "./parameters.js";

/**
 * softmax(q kᵀ / √d) v, with d the width of one head.
 *
 * @param query [sequence, token, d]
 * @param key [sequence, other, d]
 * @param value [sequence, other, d]
 * @param mask [token, other], added to the logits: 0 where a token may look, a large negative number elsewhere
 * @returns [sequence, token, d]
 */
export function attend(query: Tensor3D, key: Tensor3D, value: Tensor3D, mask?: Tensor2D): Tensor3D {
  return tidy(() => {
    const scale = 1 / Math.sqrt(query.shape[2]);
    const logits = matMul(query.mul(scale) as Tensor3D, key, false, true);
    const weights = (mask ? logits.add(mask) : logits).softmax();
    return matMul(weights, value) as Tensor3D;
  });
}

/** [batch, token, channel] to one sequence per head, [batch · head, token, channel / head]. */
export function splitHeads(x: Tensor3D, heads: number): Tensor3D {
  return tidy(() => {
    const [batch, tokens, channels] = x.shape;
    return x
      .reshape([batch, tokens, heads, channels / heads])
      .transpose([0, 2, 1, 3])
      .reshape([batch * heads, tokens, channels / heads]) as Tensor3D;
  });
}

/** The inverse of `splitHeads`. */
export function joinHeads(x: Tensor3D, heads: number): Tensor3D {
  return tidy(() => {
    const [sequences, tokens, width] = x.shape;
    return x
      .reshape([sequences / heads, heads, tokens, width])
      .transpose([0, 2, 1, 3])
      .reshape([sequences / heads, tokens, heads * width]) as Tensor3D;
  });
}

/**
 * A feed-forward layer gated by GELU: one half of a linear layer, times GELU of its other half, through a second one.
 * Weights `${name}.net.0.proj` and `${name}.net.2`.
 *
 * @see Shazeer, "GLU Variants Improve Transformer", 2020
 */
export function gatedFeedForward<T extends Tensor>(weights: Weights, name: string, x: T): T {
  return tidy(() => {
    // The layer's two halves as layers of their own: the weights are cut, which are smaller than what they make.
    const [valueWeight, gateWeight] = split(weight(weights, `${name}.net.0.proj.weight`), 2, 0);
    const [valueBias, gateBias] = split(weight(weights, `${name}.net.0.proj.bias`), 2, 0);
    const halves = {
      "value.weight": valueWeight,
      "value.bias": valueBias,
      "gate.weight": gateWeight,
      "gate.bias": gateBias,
    };
    const value = linear(halves, "value", x);
    return linear(weights, `${name}.net.2`, value.mul(gelu(linear(halves, "gate", x))) as T);
  });
}
