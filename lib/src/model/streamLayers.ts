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
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
} from "@tensorflow/tfjs";
import { scaleAndShift } from "../nn/norm.js";
import { weight } from "../nn/parameters.js";
import type { Weights } from "../weights/safetensors.js";
import type { Flow } from "./flow.js";

/** The past of a stream, as one call sees it. */
export interface StreamPast {
  /**
   * By layer name: of a temporal convolution what the past adds to the next frame, `.carry.0`, to the one after it,
   * `.carry.1`, and so on for all taps but the newest, [batch, 1, position, channel] each; of a temporal attention
   * `.keys` and `.values` [slot, batch · position · head, channel of the head]; of a cumulative norm `.mean` and
   * `.variance` [batch, 1, group].
   */
  readonly tensors: Readonly<Weights>;
  /** 1 for every slot whose frame the new one sees, else 0 [1, slot]. */
  readonly visible: Tensor2D;
  /** n / (n + 1) after n frames; the weight of the past in cumulative norms. */
  readonly share: Scalar;
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

/** A causal temporal convolution of the new frame [batch, 1, position, channel]. */
export function streamConvolution(flow: Flow, past: StreamPast, name: string, x: Tensor4D): Tensor4D {
  const kernel = weight(flow.weights, `${name}.weight`);
  const bias = weight(flow.weights, `${name}.bias`);
  const [outputs, inputs, taps] = kernel.shape;
  const rows = x.reshape([-1, inputs]) as Tensor2D;
  const tap = (place: number) => {
    const matrix = kernel.slice([0, 0, place], [outputs, inputs, 1]).reshape([outputs, inputs]);
    return matMul(rows, matrix as Tensor2D, false, true);
  };
  const carries = Array.from({ length: taps - 1 }, (_, later) => remembered(past, `${name}.carry.${later}`));
  const one = carries[0]?.shape ?? [x.shape[0], 1, x.shape[2], outputs];
  if (flow.kept)
    for (const later of carries.keys()) {
      const before = carries[later + 1]?.reshape([-1, outputs]) ?? bias;
      flow.kept[`${name}.carry.${later}`] = tap(taps - 2 - later)
        .add(before)
        .reshape(one);
    }
  // A memory that several branches share is added to each.
  const product = tap(taps - 1).reshape([-1, ...one]);
  return product.add(carries[0] ?? bias).reshape([...x.shape.slice(0, 3), outputs]) as Tensor4D;
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
  const [slots, rows, width] = keys.shape;
  const branches = query.size / (rows * width);
  const own = (x: Tensor4D) => x.reshape([branches, rows, width]) as Tensor3D;
  if (flow.kept) {
    flow.kept[`${name}.keys`] = own(key);
    flow.kept[`${name}.values`] = own(value);
  }
  const byRow = (x: Tensor3D) => x.transpose([1, 0, 2]) as Tensor3D; // [batch · position · head, …, channel of the head]
  const asked = own(query).mul(1 / Math.sqrt(width)) as Tensor3D;
  const toPast = matMul(byRow(asked), byRow(keys), false, true).add(past.visible.sub(1).mul(1e9));
  const toSelf = byRow(asked.mul(own(key)).sum(2, true));
  const attention = concat([toPast, toSelf], 2).softmax() as Tensor3D;
  const [ofPast, ofSelf] = attention.split([slots, 1], 2) as [Tensor3D, Tensor3D];
  const fromPast = byRow(matMul(ofPast, byRow(values)));
  return fromPast.add(byRow(ofSelf).mul(own(value))).reshape(query.shape) as Tensor4D;
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
