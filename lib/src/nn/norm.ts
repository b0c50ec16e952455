/**
 * Normalisation layers: statistics over a group of channels or over one token's channels, then a scale and a shift.
 *
 * Both bring their own gradient, in as few passes over the activations as it takes: left to automatic differentiation,
 * norms cost more than the convolutions between them.
 */
import { customGrad, type Tensor, type Tensor3D, tidy } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { weight } from "./parameters.js";

/** Every channel's own scale (`${name}.weight`) and shift (`${name}.bias`), over the last axis. */
export function scaleAndShift<T extends Tensor>(weights: Weights, name: string, x: T): T {
  return x.mul(weight(weights, `${name}.weight`)).add(weight(weights, `${name}.bias`)) as T;
}

/**
 * Group normalisation: channels fall into `groups` neighbouring groups; each group of each sample gets mean 0 and
 * variance 1 over its channels and all positions, then every channel its own scale and shift.
 *
 * What a sample is decides what is mixed: one frame, or all frames of a clip.
 *
 * @param x [sample, position, channel]
 * @see Wu and He, "Group Normalization", ECCV 2018
 */
export function groupNorm(
  weights: Weights,
  name: string,
  x: Tensor3D,
  groups: number,
  epsilon: number,
): Tensor3D {
  const [samples, positions, channels] = x.shape;
  const width = channels / groups;
  /** The mean over each group's channels of [sample, 1, channel], put back at every channel. */
  const overGroup = (perChannel: Tensor): Tensor =>
    perChannel
      .reshape([samples, groups, width])
      .mean(2, true)
      .tile([1, 1, width])
      .reshape([samples, 1, channels]);
  const normalise = customGrad((...inputs) => {
    const [x, scale, shift, save] = inputs as unknown as [Tensor, Tensor, Tensor, (saved: Tensor[]) => void];
    const centred = x.sub(overGroup(x.mean(1, true)));
    const rate = overGroup(centred.square().mean(1, true)).add(epsilon).rsqrt(); // 1 / deviation
    save([centred, rate, scale]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [centred, rate, scale] = saved;
      const sum = dy.sum(1, true);
      const product = dy.mul(centred).sum(1, true);
      const mean = overGroup(sum.mul(scale)).div(positions);
      const slope = overGroup(product.mul(scale)).div(positions).mul(rate.square());
      const dx = dy
        .mul(scale.mul(rate))
        .sub(centred.mul(slope.mul(rate)))
        .sub(mean.mul(rate));
      return [dx, product.mul(rate).sum([0, 1]), sum.sum([0, 1])];
    };
    return { value: centred.mul(rate.mul(scale)).add(shift), gradFunc };
  });
  return tidy(
    () => normalise(x, weight(weights, `${name}.weight`), weight(weights, `${name}.bias`)) as Tensor3D,
  );
}

/**
 * Layer normalisation: mean 0 and variance 1 over the last axis, then every channel its own scale and shift.
 *
 * @see Ba, Kiros and Hinton, "Layer Normalization", 2016
 */
export function layerNorm<T extends Tensor>(weights: Weights, name: string, x: T, epsilon = 1e-5): T {
  const normalise = customGrad((...inputs) => {
    const [x, scale, shift, save] = inputs as unknown as [Tensor, Tensor, Tensor, (saved: Tensor[]) => void];
    const centred = x.sub(x.mean(1, true)); // [token, channel]
    const rate = centred.square().mean(1, true).add(epsilon).rsqrt(); // 1 / deviation
    const normal = centred.mul(rate);
    save([normal, rate, scale]);
    const gradFunc = (dy: Tensor, saved: Tensor[]) => {
      const [normal, rate, scale] = saved;
      const scaled = dy.mul(scale);
      const slope = scaled.mul(normal).mean(1, true);
      const dx = scaled.sub(normal.mul(slope)).sub(scaled.mean(1, true)).mul(rate);
      return [dx, dy.mul(normal).sum(0), dy.sum(0)];
    };
    return { value: normal.mul(scale).add(shift), gradFunc };
  });
  return tidy(() => {
    const tokens = x.reshape([-1, x.shape[x.rank - 1]]);
    const scale = weight(weights, `${name}.weight`);
    return normalise(tokens, scale, weight(weights, `${name}.bias`)).reshape(x.shape) as T;
  });
}
