/**
 * Group normalisation over all frames so far: frame t is normalised by the moments of frames 0 … t. It depends on no
 * later frame, and yet on more than its own.
 */
import { moments, type Tensor, type Tensor2D, type Tensor4D, tensor2d, tidy } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { scaleAndShift } from "./norm.js";

/** Row t: how much each frame counts in the moments up to t. */
function prefixShares(frames: number): Tensor2D {
  return tensor2d(
    Array.from({ length: frames }, (_, t) =>
      Array.from({ length: frames }, (_, i) => (i <= t ? 1 / (t + 1) : 0)),
    ),
  );
}

/**
 * Cumulative group normalisation. The variance is the mean of the frames' variances plus the variance of their means,
 * which stays accurate where the textbook difference of squares cancels.
 *
 * @param x [batch, frame, position, channel]
 * @returns same shape
 */
export function cumulativeGroupNorm(
  weights: Weights,
  name: string,
  x: Tensor4D,
  groups: number,
  epsilon: number,
): Tensor4D {
  const [batch, frames, positions, channels] = x.shape;
  return tidy(() => {
    const grouped = x.reshape([batch * frames, positions, groups, channels / groups]);
    const each = moments(grouped, [1, 3]);
    const share = prefixShares(frames).reshape([1, frames, frames, 1]);
    const perPast = (values: Tensor) => values.reshape([batch, 1, frames, groups]);
    const average = (values: Tensor) => perPast(values).mul(share).sum(2); // [batch, frame, group]
    const mean = average(each.mean);
    const apart = perPast(each.mean).sub(mean.reshape([batch, frames, 1, groups]));
    const variance = average(each.variance).add(apart.square().mul(share).sum(2));
    const perFrame = (values: Tensor) => values.reshape([batch * frames, 1, groups, 1]);
    const centred = grouped.sub(perFrame(mean)).mul(perFrame(variance).add(epsilon).rsqrt());
    return scaleAndShift(weights, name, centred.reshape(x.shape)) as Tensor4D;
  });
}
