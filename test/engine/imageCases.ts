import * as tf from "@tensorflow/tfjs";
import type { Case, Cases, Draw } from "./draw";

interface Window {
  readonly kernel: number[];
  readonly strides: number[];
  readonly dilations: number[];
  readonly pad: "same" | "valid";
  readonly space: number[];
}

/** A window over `axes` spatial axes, and an image that is large enough for it. Strides and dilations exclude each other. */
function window(draw: Draw, axes: number): Window {
  const kernel = Array.from({ length: axes }, () => draw.whole(1, 3));
  const plain = kernel.map(() => 1);
  const [strides, dilations] = draw.one(
    [plain, plain],
    [kernel.map(() => draw.whole(1, 3)), plain],
    [plain, kernel.map(() => draw.whole(1, 2))],
  );
  const space = kernel.map((size, axis) => (size - 1) * dilations[axis] + draw.whole(1, 4));
  return { kernel, strides, dilations, pad: draw.one("same", "valid"), space };
}

function convolution(axes: number, run: (x: tf.Tensor, filter: tf.Tensor, window: Window) => tf.Tensor) {
  return (draw: Draw): Case => {
    const drawn = window(draw, axes);
    const [channels, out] = [draw.whole(1, 3), draw.whole(1, 3)];
    const x = draw.numbers([draw.whole(1, 2), ...drawn.space, channels]);
    const filter = draw.numbers([...drawn.kernel, channels, out]);
    return {
      inputs: [x, filter],
      run: (t, f) => run(t, f, drawn),
      gradient: drawn.dilations.every((d) => d === 1),
    };
  };
}

const conv2d = convolution(2, (x, filter, { strides, dilations, pad }) =>
  tf.conv2d(
    x as tf.Tensor4D,
    filter as tf.Tensor4D,
    strides as [number, number],
    pad,
    "NHWC",
    dilations as [number, number],
  ),
);
/** A kernel along one axis only, which takes the sum of products. */
const temporal = (draw: Draw): Case => {
  const taps = draw.whole(2, 5);
  const [pad, x] = [
    draw.one<"same" | "valid">("same", "valid"),
    draw.numbers([2, taps + draw.whole(0, 3), 3, 2]),
  ];
  return {
    inputs: [x, draw.numbers([taps, 1, 2, 3])],
    run: (t, f) => tf.conv2d(t as tf.Tensor4D, f as tf.Tensor4D, 1, pad),
    gradient: true,
  };
};
const explicitPadding = (draw: Draw): Case => ({
  inputs: [draw.numbers([2, 4, 5, 2]), draw.numbers([3, 2, 2, 3])],
  run: (x, f) =>
    tf.conv2d(x as tf.Tensor4D, f as tf.Tensor4D, 2, [
      [0, 0],
      [2, 1],
      [0, 3],
      [0, 0],
    ]),
  gradient: true,
});
const conv1d = (draw: Draw): Case => ({
  inputs: [draw.numbers([2, 7, 3]), draw.numbers([draw.whole(1, 4), 3, 2])],
  run: (x, f) => tf.conv1d(x as tf.Tensor3D, f as tf.Tensor3D, 1, "same"),
  gradient: true,
});
const conv3d = convolution(3, (x, filter, { strides, pad }) =>
  tf.conv3d(x as tf.Tensor5D, filter as tf.Tensor5D, strides as [number, number, number], pad),
);
const depthwise = (draw: Draw): Case => {
  const { kernel, space, pad } = window(draw, 2);
  const [stride, channels] = [draw.whole(1, 2), draw.whole(1, 3)];
  return {
    inputs: [draw.numbers([2, ...space, channels]), draw.numbers([...kernel, channels, draw.whole(1, 2)])],
    run: (x, f) => tf.depthwiseConv2d(x as tf.Tensor4D, f as tf.Tensor4D, stride, pad),
    gradient: true,
  };
};
const transposed = (draw: Draw): Case => {
  const [kernel, stride, pad] = [
    draw.whole(1, 3),
    draw.whole(1, 3),
    draw.one<"same" | "valid">("same", "valid"),
  ];
  const size = pad === "same" ? 3 * stride : 2 * stride + Math.max(kernel, stride);
  const out = pad === "same" ? size : 2 * stride + kernel;
  return {
    inputs: [draw.numbers([2, 3, 3, 2]), draw.numbers([kernel, kernel, 3, 2])],
    run: (x, f) => tf.conv2dTranspose(x as tf.Tensor4D, f as tf.Tensor4D, [2, out, out, 3], stride, pad),
    gradient: true,
  };
};
const fused = (draw: Draw, depth: boolean): Case => {
  const activation = draw.one<"linear" | "relu" | "sigmoid" | "prelu">("linear", "relu", "sigmoid", "prelu");
  const filter = depth ? draw.numbers([3, 3, 2, 1]) : draw.numbers([3, 3, 2, 3]);
  const out = depth ? 2 : 3;
  return {
    inputs: [draw.numbers([2, 5, 4, 2]), filter, draw.numbers([out])],
    run: (x, f, bias) => {
      const settings = {
        x: x as tf.Tensor4D,
        filter: f as tf.Tensor4D,
        strides: 1,
        pad: "same" as const,
        bias,
      };
      const alpha = tf.fill([1, 1, out], 0.3);
      const activated = {
        ...settings,
        activation,
        preluActivationWeights: activation === "prelu" ? alpha : undefined,
      };
      return depth ? tf.fused.depthwiseConv2d(activated) : tf.fused.conv2d(activated);
    },
  };
};

export const convolutionCases: Cases = {
  Conv2D: (draw) => draw.one(conv2d, conv2d, temporal, explicitPadding, conv1d)(draw),
  Conv2DBackpropFilter: conv2d,
  Conv2DBackpropInput: (draw) => draw.one(conv2d, transposed)(draw),
  Conv3D: conv3d,
  Conv3DBackpropFilterV2: conv3d,
  Conv3DBackpropInputV2: conv3d,
  DepthwiseConv2dNative: depthwise,
  DepthwiseConv2dNativeBackpropFilter: depthwise,
  DepthwiseConv2dNativeBackpropInput: depthwise,
  FusedConv2D: (draw) => fused(draw, false),
  FusedDepthwiseConv2D: (draw) => fused(draw, true),
};

function pooled(axes: 2 | 3, kind: "max" | "avg") {
  return (draw: Draw): Case => {
    const { kernel, strides, pad, space } = window(draw, axes);
    const shape = [draw.whole(1, 2), ...space, draw.whole(1, 3)];
    // whole numbers have ties, of which the first counts
    const x =
      kind === "max"
        ? draw.one(draw.numbers(shape), draw.wholes(shape, 0, 2).cast("float32"))
        : draw.numbers(shape);
    const run = (t: tf.Tensor) => {
      if (axes === 3) {
        const pool = kind === "max" ? tf.maxPool3d : tf.avgPool3d;
        return pool(
          t as tf.Tensor5D,
          kernel as [number, number, number],
          strides as [number, number, number],
          pad,
        );
      }
      const pool = kind === "max" ? tf.maxPool : tf.avgPool;
      return pool(t as tf.Tensor4D, kernel as [number, number], strides as [number, number], pad);
    };
    // TensorFlow.js's gradient of maxPool3d counts places as if kernels were as wide as high
    const gradient = axes === 2 || kind === "avg" || kernel[1] === kernel[2];
    return { inputs: [x], run, gradient };
  };
}

function resized(
  run: (x: tf.Tensor4D, size: [number, number], corners: boolean, half: boolean) => tf.Tensor,
  batch: number,
) {
  return (draw: Draw): Case => {
    const [size, corners] = [[draw.whole(1, 7), draw.whole(1, 7)] as [number, number], draw.one(true, false)];
    const half = !corners && draw.one(true, false);
    const height = draw.whole(2, 5); // with one row and aligned corners, TensorFlow.js's gradient never ends
    const width = draw.one(height, draw.whole(2, 5));
    const x = draw.numbers([batch, height, width, 2]);
    const gradient = !half && height === width; // its bilinear gradient mixes up height and width
    return { inputs: [x], run: (t) => run(t as tf.Tensor4D, size, corners, half), gradient };
  };
}
const bilinear = resized((x, size, corners, half) => tf.image.resizeBilinear(x, size, corners, half), 2);
/** Batch 1: TensorFlow.js's own gradient on `cpu` mixes up the images of a larger batch. */
const nearest = resized(
  (x, size, corners, half) => tf.image.resizeNearestNeighbor(x, size, corners, half),
  1,
);

export const imageCases: Cases = {
  AvgPool: pooled(2, "avg"),
  AvgPool3D: pooled(3, "avg"),
  AvgPool3DGrad: pooled(3, "avg"),
  AvgPoolGrad: pooled(2, "avg"),
  MaxPool: pooled(2, "max"),
  MaxPool3D: pooled(3, "max"),
  MaxPool3DGrad: pooled(3, "max"),
  MaxPoolGrad: pooled(2, "max"),
  ResizeBilinear: bilinear,
  ResizeBilinearGrad: bilinear,
  ResizeNearestNeighbor: nearest,
  ResizeNearestNeighborGrad: nearest,
};
