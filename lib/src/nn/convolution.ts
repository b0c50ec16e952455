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
 * Every pixel twice in both directions.
 *
 * Written with concatenations because the gradient of TensorFlow.js' own nearest-neighbour resize is wrong on its CPU
 * backend for more than one image.
 *
 * @param x [image, height, width, channel]
 */
export function doubleImage(x: Tensor4D): Tensor4D {
  return tidy(() => {
    const [images, height, width, channels] = x.shape;
    const column = x.reshape([images * height, width, 1, channels]);
    const row = concat([column, column], 2).reshape([images, height, 1, 2 * width * channels]);
    return concat([row, row], 2).reshape([images, 2 * height, 2 * width, channels]) as Tensor4D;
  });
}
