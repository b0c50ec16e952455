/**
 * Layers of the video U-Net that mix frames: the only places where the future could reach the past. Whether it does is
 * decided by three fields of the config: `convPadding`, `mask` and `norm`.
 *
 * Activations are [batch, frame, position, channel].
 */
import type { Tensor3D, Tensor4D } from "@tensorflow/tfjs";
import { attend, gatedFeedForward } from "../nn/attention.js";
import { convolveFrames } from "../nn/convolution.js";
import { cumulativeGroupNorm } from "../nn/cumulativeNorm.js";
import { linear, silu } from "../nn/linear.js";
import { groupNorm, layerNorm } from "../nn/norm.js";
import { weight } from "../nn/parameters.js";
import { maskLogits } from "../nn/temporalMask.js";
import { asFrames, type Flow } from "./flow.js";
import { streamAttention, streamConvolution, streamCumulativeNorm } from "./streamLayers.js";

/** Group norm over what the config says: the clip, each frame, or each frame and those before it. */
function temporalNorm(flow: Flow, name: string, x: Tensor4D, epsilon: number): Tensor4D {
  const { config, weights, watch } = flow;
  const [batch, frames, positions, channels] = x.shape;
  if (config.norm === "cumulative" && flow.stream)
    return watch(name, streamCumulativeNorm(flow, flow.stream, name, x, epsilon));
  if (config.norm === "cumulative")
    return watch(name, cumulativeGroupNorm(weights, name, x, config.normGroups, epsilon));
  const samples = config.norm === "frame" ? [batch * frames, positions] : [batch, frames * positions];
  const flat = x.reshape([...samples, channels]) as Tensor3D;
  return watch(name, groupNorm(weights, name, flat, config.normGroups, epsilon).reshape(x.shape) as Tensor4D);
}

/** A k×1×1 convolution whose kernel is centred on the frame or ends at it. */
function temporalConvolution(flow: Flow, name: string, x: Tensor4D): Tensor4D {
  const { config, weights, watch } = flow;
  if (flow.stream) return watch(name, streamConvolution(flow, flow.stream, name, x));
  const reach = (weight(weights, `${name}.weight`).shape[2] as number) - 1;
  const [before, after] = config.convPadding === "centred" ? [reach / 2, reach / 2] : [reach, 0];
  return watch(name, convolveFrames(weights, name, x, before, after));
}

/** Four temporal convolutions, each after a norm and SiLU, around which the input is carried. */
export function temporalConvBlock(flow: Flow, name: string, x: Tensor4D): Tensor4D {
  let h = asFrames(flow, x);
  for (const [norm, convolution] of [
    ["conv1.0", "conv1.2"],
    ["conv2.0", "conv2.3"],
    ["conv3.0", "conv3.3"],
    ["conv4.0", "conv4.3"],
  ]) {
    const active = silu(temporalNorm(flow, `${name}.${norm}`, h, 1e-5));
    h = temporalConvolution(flow, `${name}.${convolution}`, active);
  }
  return x.add(h.reshape(x.shape));
}

/** Attention between the frames of each position. */
function temporalAttention(flow: Flow, name: string, x: Tensor4D): Tensor4D {
  const { config, weights } = flow;
  const [batch, frames, positions, channels] = x.shape;
  const heads = channels / config.headWidth;
  if (flow.stream) {
    const project = (part: string) =>
      linear(weights, `${name}.${part}`, x).reshape([batch, positions, heads, config.headWidth]) as Tensor4D;
    const newest = { query: project("to_q"), key: project("to_k"), value: project("to_v") };
    const seen = streamAttention(flow, flow.stream, name, newest).reshape(x.shape) as Tensor4D;
    return linear(weights, `${name}.to_out.0`, seen);
  }
  // [batch · position · head, frame, channel of the head]
  const project = (part: string) =>
    linear(weights, `${name}.${part}`, x)
      .reshape([batch, frames, positions, heads, config.headWidth])
      .transpose([0, 2, 3, 1, 4])
      .reshape([batch * positions * heads, frames, config.headWidth]) as Tensor3D;
  const seen = attend(project("to_q"), project("to_k"), project("to_v"), maskLogits(frames, config.mask))
    .reshape([batch, positions, heads, frames, config.headWidth])
    .transpose([0, 3, 1, 2, 4])
    .reshape([batch, frames, positions, channels]) as Tensor4D;
  return linear(weights, `${name}.to_out.0`, seen);
}

/** Two rounds of attention between frames, and a feed-forward layer. Order in time is known only by mask and convolutions. */
export function temporalTransformer(flow: Flow, name: string, x: Tensor4D): Tensor4D {
  const { weights, watch } = flow;
  const block = `${name}.transformer_blocks.0`;
  let h = linear(weights, `${name}.proj_in`, temporalNorm(flow, `${name}.norm`, asFrames(flow, x), 1e-6));
  for (const [attention, norm] of [
    ["attn1", "norm1"],
    ["attn2", "norm2"],
  ]) {
    const normal = layerNorm(weights, `${block}.${norm}`, h);
    h = h.add(watch(`${block}.${attention}`, temporalAttention(flow, `${block}.${attention}`, normal)));
  }
  h = h.add(gatedFeedForward(weights, `${block}.ff`, layerNorm(weights, `${block}.norm3`, h)));
  return x.add(linear(weights, `${name}.proj_out`, h).reshape(x.shape));
}
