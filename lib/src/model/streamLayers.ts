/**
 * Temporal layers on one new frame, with a memory of fixed size: what of the past the frame needs, kept ready so that
 * the past itself is not run again. Every call has the same shapes, whatever the number of remembered frames, so one
 * compiled graph serves a whole video.
 *
 * A batch may hold several branches of the same videos (rows of the first branch, then of the second, …), which share
 * one memory.
 */
import {
  concat,
  matMul,
  type Scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tidy,
  where,
} from "@tensorflow/tfjs";
import { convolveFrames } from "../nn/convolution.js";
import { scaleAndShift } from "../nn/norm.js";
import { weight } from "../nn/parameters.js";
import type { Weights } from "../weights/safetensors.js";
import type { Flow } from "./flow.js";

/** The past of a stream, as one call sees it. */
export interface StreamPast {
  /**
   * By layer name: of a temporal convolution its last inputs, `.tail` [batch, taps − 1, position, channel], and what
   * they add to the next frame, `.carry` [batch, 1, position, channel]; of a temporal attention `.keys` and `.values`
   * [batch · position · head, slot, channel of the head]; of a cumulative norm `.mean` and `.variance`
   * [batch, 1, group].
   */
  readonly tensors: Readonly<Weights>;
  /** 1 for every slot whose frame the new one sees, else 0 [1, slot]. */
  readonly visible: Tensor2D;
  /** n / (n + 1) after n frames; the weight of the past in cumulative norms. */
  readonly share: Scalar;
  /** 1 for the slot that the new frame takes, else 0 [slot]; absent if it is not to be remembered. */
  readonly slot?: Tensor1D;
}

function remembered(past: StreamPast, name: string): Tensor {
  const tensor = past.tensors[name];
  if (!tensor)
    throw new RangeError(`videoUnetStream: the memory has no ${name}; it belongs to another model.`);
  return tensor;
}

/** A tensor of the memory, once for every branch of the batch. */
function forBranches<T extends Tensor>(tensor: T, branches: number): T {
  return branches === 1 ? tensor : (concat(Array.from({ length: branches }, () => tensor)) as T);
}

/** What the last inputs of a temporal convolution add to the next frame, the bias included. */
function carryOf(weights: Weights, name: string, tail: Tensor4D): Tensor4D {
  return tidy(() => {
    const kernel = weight(weights, `${name}.weight`);
    const [outputs, inputs, taps] = kernel.shape;
    const past = {
      [`${name}.weight`]: kernel.slice([0, 0, 0], [outputs, inputs, taps - 1]),
      [`${name}.bias`]: weights[`${name}.bias`],
    };
    return convolveFrames(past, name, tail);
  });
}

/** A causal temporal convolution of the new frame [batch, 1, position, channel]. */
export function streamConvolution(flow: Flow, past: StreamPast, name: string, x: Tensor4D): Tensor4D {
  const kernel = weight(flow.weights, `${name}.weight`);
  const [outputs, inputs, taps] = kernel.shape;
  const carry = remembered(past, `${name}.carry`) as Tensor4D;
  if (flow.kept) {
    const tail = remembered(past, `${name}.tail`) as Tensor4D;
    const [batch, , positions, channels] = tail.shape;
    const next = concat([tail, x], 1).slice([0, 1, 0, 0], [batch, taps - 1, positions, channels]) as Tensor4D;
    flow.kept[`${name}.tail`] = next;
    flow.kept[`${name}.carry`] = carryOf(flow.weights, name, next);
  }
  const newest = kernel.slice([0, 0, taps - 1], [outputs, inputs, 1]).reshape([outputs, inputs]);
  const product = matMul(x.reshape([-1, inputs]), newest, false, true).reshape([
    ...x.shape.slice(0, 3),
    outputs,
  ]);
  return product.add(forBranches(carry, x.shape[0] / carry.shape[0])) as Tensor4D;
}

/**
 * Attention of the new frame to itself and to the slots it sees.
 *
 * @param query of the new frame [branch · batch, position, head, channel of the head]; so are `key` and `value`
 * @returns same shape
 */
export function streamAttention(
  flow: Flow,
  past: StreamPast,
  name: string,
  { query, key, value }: Readonly<Record<"query" | "key" | "value", Tensor4D>>,
): Tensor4D {
  const keys = remembered(past, `${name}.keys`) as Tensor3D;
  const values = remembered(past, `${name}.values`) as Tensor3D;
  const [rows, slots, width] = keys.shape;
  const branches = query.size / (rows * width);
  // [batch · position · head, branch, channel of the head]
  const own = (x: Tensor4D) => x.reshape([branches, rows, width]).transpose([1, 0, 2]) as Tensor3D;
  const [asked, ownKey, ownValue] = [own(query), own(key), own(value)];
  if (flow.kept && past.slot) {
    const taken = past.slot.reshape([1, slots, 1]).cast("bool");
    const put = (all: Tensor3D, one: Tensor3D) => where(taken, one, all) as Tensor3D;
    flow.kept[`${name}.keys`] = put(keys, ownKey);
    flow.kept[`${name}.values`] = put(values, ownValue);
  }
  const scaled = asked.mul(1 / Math.sqrt(width)) as Tensor3D;
  const hidden = past.visible.sub(1).mul(1e9).reshape([1, 1, slots]);
  const toPast = matMul(scaled, keys, false, true).add(hidden);
  const toSelf = scaled.mul(ownKey).sum(2, true);
  const attention = concat([toPast, toSelf], 2).softmax() as Tensor3D;
  const [fromPast, fromSelf] = attention.split([slots, 1], 2) as [Tensor3D, Tensor3D];
  const seen = matMul(fromPast, values).add(fromSelf.mul(ownValue));
  return seen.transpose([1, 0, 2]).reshape(query.shape) as Tensor4D;
}

/** Group norm of the new frame by the moments of all frames up to it. */
export function streamCumulativeNorm(
  flow: Flow,
  past: StreamPast,
  name: string,
  x: Tensor4D,
  epsilon: number,
): Tensor4D {
  const [batch, , positions, channels] = x.shape;
  const groups = flow.config.normGroups;
  const before = remembered(past, `${name}.mean`);
  const branches = batch / (before.shape[0] as number);
  const earlierMean = forBranches(before, branches);
  const earlierVariance = forBranches(remembered(past, `${name}.variance`), branches);
  const grouped = x.reshape([batch, positions, groups, channels / groups]);
  const ownMean = grouped.mean([1, 3]).reshape([batch, 1, groups]);
  const ownVariance = grouped
    .squaredDifference(ownMean.reshape([batch, 1, groups, 1]))
    .mean([1, 3])
    .reshape([batch, 1, groups]);
  const own = past.share.neg().add(1);
  const mix = (a: Tensor, b: Tensor) => a.mul(past.share).add(b.mul(own));
  const mean = mix(earlierMean, ownMean);
  const apart = earlierMean.squaredDifference(ownMean).mul(past.share).mul(own);
  const variance = mix(earlierVariance, ownVariance).add(apart);
  if (flow.kept) {
    flow.kept[`${name}.mean`] = mean;
    flow.kept[`${name}.variance`] = variance;
  }
  const spread = (moment: Tensor) => moment.reshape([batch, 1, groups, 1]);
  const normal = grouped.sub(spread(mean)).mul(spread(variance).add(epsilon).rsqrt());
  return scaleAndShift(flow.weights, name, normal.reshape(x.shape)) as Tensor4D;
}
