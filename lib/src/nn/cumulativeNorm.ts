/**
 * Group normalisation over all frames so far: frame t is normalised by the moments of frames 0 … t. It depends on no
 * later frame, and yet on more than its own. What it must remember of the past is two small tensors.
 */
import {
  moments,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { scaleAndShift } from "./norm.js";

/** Moments of every group over `frames` frames: mean and variance, [batch, 1, group]. */
export interface FrameMoments {
  readonly frames: number;
  readonly mean: Tensor3D;
  readonly variance: Tensor3D;
}

/** Row t: how much each frame counts in the moments up to t. With a past, that is entry 0 and weighs `before` frames. */
function prefixShares(frames: number, before: number): Tensor2D {
  const rows = Array.from({ length: frames }, (_, t) => {
    const row = Array.from({ length: frames }, (_, i) => (i <= t ? 1 : 0) / (before + t + 1));
    return before > 0 ? [before / (before + t + 1), ...row] : row;
  });
  return tensor2d(rows);
}

/**
 * Cumulative group normalisation. The variance is the mean of the frames' variances plus the variance of their means,
 * which stays accurate where the textbook difference of squares cancels.
 *
 * @param x [batch, frame, position, channel]
 * @param past moments of the frames before `x`, when `x` holds later frames only
 * @returns the normalised frames, and the moments up to the last one
 */
export function cumulativeGroupNorm(
  weights: Weights,
  name: string,
  x: Tensor4D,
  groups: number,
  epsilon: number,
  past?: FrameMoments,
): { readonly normal: Tensor4D; readonly moments: FrameMoments } {
  const [batch, frames, positions, channels] = x.shape;
  const before = past?.frames ?? 0;
  const { normal, mean, variance } = tidy(() => {
    const grouped = x.reshape([batch * frames, positions, groups, channels / groups]);
    const each = moments(grouped, [1, 3]);
    const list = (values: Tensor, earlier?: Tensor) => {
      const own = values.reshape([batch, frames, groups]);
      return earlier ? earlier.concat(own, 1) : own; // [batch, item, group]
    };
    const means = list(each.mean, past?.mean);
    const variances = list(each.variance, past?.variance);
    const items = means.shape[1] as number;
    const share = prefixShares(frames, before).reshape([1, frames, items, 1]);
    const average = (values: Tensor) => values.reshape([batch, 1, items, groups]).mul(share).sum(2);
    const mean = average(means); // [batch, frame, group]
    const apart = means.reshape([batch, 1, items, groups]).sub(mean.reshape([batch, frames, 1, groups]));
    const variance = average(variances).add(apart.square().mul(share).sum(2));
    const perFrame = (values: Tensor) => values.reshape([batch * frames, 1, groups, 1]);
    const centred = grouped.sub(perFrame(mean)).mul(perFrame(variance).add(epsilon).rsqrt());
    const last = (values: Tensor) => values.slice([0, frames - 1, 0], [batch, 1, groups]) as Tensor3D;
    return {
      normal: scaleAndShift(weights, name, centred.reshape(x.shape)) as Tensor4D,
      mean: last(mean),
      variance: last(variance),
    };
  });
  return { normal, moments: { frames: before + frames, mean, variance } };
}
