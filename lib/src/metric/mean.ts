import { type Tensor, tidy } from "@tensorflow/tfjs";

/**
 * Mean over axes, one axis after the other and each in two passes, the second over what is left when the first is
 * taken off. A plain sum over the half million values of a frame loses up to three of float32's seven digits.
 */
export function preciseMean(values: Tensor, axes: number[]): Tensor {
  return tidy(() => {
    let means = values;
    for (const axis of axes) {
      const rough = means.mean(axis, true);
      means = means.sub(rough).mean(axis, true).add(rough);
    }
    return means.squeeze(axes);
  });
}
