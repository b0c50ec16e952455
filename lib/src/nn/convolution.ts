/**
 * Convolutions over images and over time, on channels-last activations with kernels in PyTorch's layout
 * `[out, in, …taps]`. Borders are padded with zeros, as the pre-trained networks expect.
 */
import { concat, conv2d, type Tensor4D, tidy } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { linear } from "./linear.js";
import { weight } from "./parameters.js";

/** Zeros added around an image: [top, bottom], [left, right]. */
export type ImagePadding = readonly [readonly [number, number], readonly [number, number]];

/**
 * Two-dimensional convolution with bias. Without `padding`, odd kernels keep the image's size (at stride 1).
 *
 * @param x [image, height, width, in]
 * @returns [image, height', width', out]
 */
export function convolveImage(
  weights: Weights,
  name: string,
  x: Tensor4D,
  stride = 1,
  padding?: ImagePadding,
): Tensor4D {
  return tidy(() => {
    const kernel = weight(weights, `${name}.weight`) as Tensor4D;
    const [, , rows, columns] = kernel.shape;
    if (rows === 1 && columns === 1 && stride === 1) return linear(weights, name, x);
    const [vertical, horizontal] = padding ?? [
      [(rows - 1) / 2, (rows - 1) / 2],
      [(columns - 1) / 2, (columns - 1) / 2],
    ];
    const channelsLast = kernel.transpose([2, 3, 1, 0]) as Tensor4D;
    const convolved = conv2d(x, channelsLast, stride, [[0, 0], [...vertical], [...horizontal], [0, 0]]);
    return convolved.add(weight(weights, `${name}.bias`)) as Tensor4D;
  });
}

/**
 * Convolution over the frames alone (a k×1×1 kernel) with bias; compiled, it is one matrix product per tap. `before` and `after` zero frames are put around the clip:
 * together k - 1 of them keep its length.
 *
 * @param x [batch, frame, position, in]
 * @returns [batch, frame + before + after - (k - 1), position, out]
 */
export function convolveFrames(weights: Weights, name: string, x: Tensor4D, before = 0, after = 0): Tensor4D {
  return tidy(() => {
    const kernel = weight(weights, `${name}.weight`);
    const [outputs, inputs, taps] = kernel.shape;
    const along = kernel.reshape([outputs, inputs, taps, 1]).transpose([2, 3, 1, 0]) as Tensor4D;
    const convolved = conv2d(x, along, 1, [
      [0, 0],
      [before, after],
      [0, 0],
      [0, 0],
    ]);
    return convolved.add(weight(weights, `${name}.bias`)) as Tensor4D;
  });
}

/**
 * A 3×3 convolution of the image made twice as large by repeating pixels, without making that image: a pixel of the
 * result sees only 2×2 different ones, so each of the four kinds of pixel (upper or lower, left or right in its pair)
 * is a 2×2 convolution of the image as it is, at 4/9 of the cost.
 *
 * @param x [image, height, width, in]
 * @returns [image, 2 · height, 2 · width, out]
 */
export function convolveDoubled(weights: Weights, name: string, x: Tensor4D): Tensor4D {
  return tidy(() => {
    const kernel = weight(weights, `${name}.weight`) as Tensor4D;
    const [images, height, width] = x.shape;
    const outputs = kernel.shape[0];
    /** The kernel along one axis as the first or the second pixel of a pair sees it. */
    const seen = (taps: Tensor4D, axis: number, second: number) => {
      const [before, at, after] = taps.split(3, axis) as Tensor4D[];
      return concat(second ? [before.add(at), after] : [before, at.add(after)], axis) as Tensor4D;
    };
    const part = (lower: number, right: number) => {
      const taps = seen(seen(kernel, 2, lower), 3, right).transpose([2, 3, 1, 0]) as Tensor4D;
      const sides = [lower, right].map((second): [number, number] => [1 - second, second]);
      return conv2d(x, taps, 1, [[0, 0], sides[0], sides[1], [0, 0]]).add(weight(weights, `${name}.bias`));
    };
    const rows = [0, 1].map((lower) =>
      concat([part(lower, 0), part(lower, 1)], 3).reshape([images, height, 2 * width * outputs]),
    );
    return concat(rows, 2).reshape([images, 2 * height, 2 * width, outputs]) as Tensor4D;
  });
}
