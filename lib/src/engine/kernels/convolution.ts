/**
 * Convolutions and their gradients. The forms are chosen by measurement on ONNX Runtime's CPU kernels:
 * - forward: one Conv; a kernel of one place is a matrix product, and a kernel along one axis (a temporal convolution)
 *   a few matrix products that add up, both without leaving the channels-last order;
 * - input gradient: a Conv with the kernel turned round, or a ConvTranspose for strides;
 * - kernel gradient: one product of transposed input and output gradient per place of the kernel.
 */
import { binary } from "../arithmetic.js";
import { type Graph, sizeOf, type Value } from "../graph.js";
import { concat, reshape, slice, sliceAxis, transpose } from "../layout.js";
import { exactly, full, type KernelAttributes, type KernelRules, type Traced } from "../traced.js";
import { activate } from "./activation.js";
import { matrixProduct } from "./matmul.js";
import {
  channelsFirst,
  channelsLast,
  onnxWindow,
  seenPart,
  spread,
  spreadToSeen,
  taps,
  type Window,
  windowFor,
} from "./window.js";

/** Longest kernel along one axis that is written as a sum of products. */
const longestProductSum = 5;

/** The one axis along which the kernel reaches, if all others are a single place without padding or stride. */
function singleAxis(window: Window): number | undefined {
  const { kernel, strides, before, after } = window;
  const reaching = kernel.map((_, axis) => axis).filter((axis) => kernel[axis] > 1);
  const plain = kernel.every((size, axis) => size > 1 || (before[axis] === 0 && after[axis] === 0));
  if (!plain || strides.some((stride) => stride !== 1) || reaching.length > 1) return undefined;
  const axis = reaching[0] ?? 0;
  return kernel[axis] <= longestProductSum ? axis : undefined;
}

/** x [batch, …input, channel] and kernel [...kernel, channel, out] to [batch, …output, out]. */
export function convolve(graph: Graph, whole: Value, kernel: Value, outer: Window): Value {
  const { seen: x, window } = seenPart(graph, whole, outer);
  const out = kernel.shape[kernel.shape.length - 1];
  const shape = [x.shape[0], ...window.output, out];
  const axis = singleAxis(window);
  // A sum of products takes the kernel apart at every call; where the kernel is larger than what it runs over, Conv,
  // which takes it as PyTorch stores it, is several times as fast.
  const kernelLeads = sizeOf(window.kernel) > 1 && sizeOf(kernel.shape) > sizeOf(x.shape);
  if (axis !== undefined && !kernelLeads)
    return productSum(graph, taps(graph, x, window), kernel, shape, false);
  const filter = transpose(graph, kernel, [
    shape.length - 1,
    shape.length - 2,
    ...window.kernel.map((_, i) => i),
  ]);
  const first = graph.emit(
    "Conv",
    [channelsFirst(graph, x), filter],
    { shape: [x.shape[0], out, ...window.output], type: "float32" },
    onnxWindow(window),
  );
  return channelsLast(graph, first);
}

/** The sum over the kernel's places of seen × its matrix (or that transposed), written to `shape`. */
function productSum(
  graph: Graph,
  seen: readonly Value[],
  kernel: Value,
  shape: readonly number[],
  transposed: boolean,
): Value {
  const [channels, out] = kernel.shape.slice(-2);
  const matrices = reshape(graph, kernel, [seen.length, channels, out]);
  let sum: Value | undefined;
  seen.forEach((input, place) => {
    const rows = reshape(graph, input, [sizeOf(shape.slice(0, -1)), transposed ? out : channels]);
    const matrix = reshape(graph, sliceAxis(graph, matrices, 0, place, 1), [channels, out]);
    sum = matrixProduct(graph, rows, matrix, false, transposed, sum);
  });
  return reshape(graph, sum!, shape);
}

/** Gradient with respect to the input, [batch, …input, channel]. */
export function inputGradient(graph: Graph, dy: Value, kernel: Value, window: Window): Value {
  return spreadToSeen(graph, window, (seen) => seenGradient(graph, dy, kernel, seen));
}

function seenGradient(graph: Graph, dy: Value, kernel: Value, window: Window): Value {
  const { kernel: sizes, dilations, before, input, output, strides } = window;
  const n = sizes.length;
  const channels = kernel.shape[n];
  const shape = [dy.shape[0], ...input, channels];
  const turnedBefore = sizes.map((size, axis) => (size - 1) * dilations[axis] - before[axis]);
  const turnedAfter = input.map((size, axis) => size - output[axis] + before[axis]);
  const spatial = sizes.map((_, i) => i);
  if (
    strides.some((stride) => stride !== 1) ||
    [...turnedBefore, ...turnedAfter].some((count) => count < 0)
  ) {
    const filter = transpose(graph, kernel, [n + 1, n, ...spatial]);
    return channelsLast(graph, spread(graph, channelsFirst(graph, dy), filter, window));
  }
  const turned: Window = {
    ...window,
    before: turnedBefore,
    after: turnedAfter,
    input: output,
    output: input,
  };
  if (singleAxis(window) !== undefined)
    return productSum(graph, taps(graph, dy, turned).reverse(), kernel, shape, true);
  const swapped = transpose(graph, kernel, [n, n + 1, ...spatial]);
  const last = swapped.shape.map((size, axis) => (axis < 2 ? 0 : size - 1));
  const filter = slice(
    graph,
    swapped,
    last,
    swapped.shape,
    last.map((_, axis) => (axis < 2 ? 1 : -1)),
  );
  const first = graph.emit(
    "Conv",
    [channelsFirst(graph, dy), filter],
    { shape: [dy.shape[0], channels, ...input], type: "float32" },
    onnxWindow(turned),
  );
  return channelsLast(graph, first);
}

/** Gradient with respect to the kernel, [...kernel, channel, out]. */
export function kernelGradient(graph: Graph, whole: Value, dy: Value, outer: Window): Value {
  const { seen: x, window } = seenPart(graph, whole, outer);
  const channels = x.shape[x.shape.length - 1];
  const out = dy.shape[dy.shape.length - 1];
  const rows = sizeOf(dy.shape) / out;
  const right = reshape(graph, dy, [rows, out]);
  const products = taps(graph, x, window).map((seen) =>
    matrixProduct(graph, reshape(graph, seen, [rows, channels]), right, true, false),
  );
  return reshape(graph, concat(graph, products, 0), [...window.kernel, channels, out]);
}

/** Depthwise kernel [height, width, channel, multiplier] in ONNX's order, one group per channel. */
function groupedFilter(graph: Graph, kernel: Value): Value {
  const [height, width, channels, multiplier] = kernel.shape;
  return reshape(graph, transpose(graph, kernel, [2, 3, 0, 1]), [channels * multiplier, 1, height, width]);
}

function depthwise(graph: Graph, x: Value, kernel: Value, window: Window): Value {
  const filter = groupedFilter(graph, kernel);
  const shape = [x.shape[0], filter.shape[0], ...window.output];
  const attributes = { ...onnxWindow(window), group: x.shape[3] };
  return channelsLast(
    graph,
    graph.emit("Conv", [channelsFirst(graph, x), filter], { shape, type: "float32" }, attributes),
  );
}

function depthwiseKernelGradient(graph: Graph, x: Value, dy: Value, window: Window): Value {
  const channels = x.shape[3];
  const multiplier = dy.shape[3] / channels;
  const rows = sizeOf(dy.shape.slice(0, 3));
  const right = exactly(reshape(graph, dy, [rows, channels, multiplier]));
  const sums = taps(graph, x, window).map((seen) => {
    const product = binary(graph, "Mul", exactly(reshape(graph, seen, [rows, channels, 1])), right);
    const output = { shape: [1, channels, multiplier], type: "float32" } as const;
    return graph.emit("ReduceSum", [full(graph, product), graph.integers([0])], output, { keepdims: 1 });
  });
  return reshape(graph, concat(graph, sums, 0), [...window.kernel, channels, multiplier]);
}

/** The window of a kernel [...space, channel, out]. */
function windowOf(
  xShape: readonly number[],
  kernelShape: readonly number[],
  attributes: KernelAttributes,
): Window {
  return windowFor(xShape, kernelShape.slice(0, -2), attributes);
}

function finish(
  graph: Graph,
  y: Value,
  inputs: Record<string, Traced>,
  attributes: KernelAttributes,
): Traced {
  const sum = inputs.bias ? binary(graph, "Add", exactly(y), inputs.bias) : exactly(y);
  const { activation, leakyreluAlpha } = attributes;
  return activate(graph, sum, activation, inputs.preluActivationWeights, leakyreluAlpha);
}

function conv2D(graph: Graph, { x, filter }: Record<string, Traced>, attributes: KernelAttributes): Value {
  const window = windowOf(x.shape, filter.shape, attributes);
  return convolve(graph, full(graph, x), full(graph, filter), window);
}

function depthwise2D(
  graph: Graph,
  { x, filter }: Record<string, Traced>,
  attributes: KernelAttributes,
): Value {
  const window = windowOf(x.shape, filter.shape, attributes);
  return depthwise(graph, full(graph, x), full(graph, filter), window);
}

export const convolutionRules: KernelRules = {
  Conv2D: (graph, inputs, attributes) => exactly(conv2D(graph, inputs, attributes)),
  Conv2DBackpropFilter: (graph, { x, dy }, attributes) => {
    const window = windowOf(x.shape, attributes.filterShape, attributes);
    return exactly(kernelGradient(graph, full(graph, x), full(graph, dy), window));
  },
  Conv2DBackpropInput: (graph, { dy, filter }, attributes) => {
    const window = windowOf(attributes.inputShape, filter.shape, attributes);
    return exactly(inputGradient(graph, full(graph, dy), full(graph, filter), window));
  },
  Conv3D: (graph, { x, filter }, attributes) => {
    const window = windowOf(x.shape, filter.shape, attributes);
    return exactly(convolve(graph, full(graph, x), full(graph, filter), window));
  },
  Conv3DBackpropFilterV2: (graph, { x, dy }, attributes) => {
    const window = windowOf(x.shape, attributes.filterShape, attributes);
    return exactly(kernelGradient(graph, full(graph, x), full(graph, dy), window));
  },
  Conv3DBackpropInputV2: (graph, { dy, filter }, attributes) => {
    const window = windowOf(attributes.inputShape, filter.shape, attributes);
    return exactly(inputGradient(graph, full(graph, dy), full(graph, filter), window));
  },
  DepthwiseConv2dNative: (graph, inputs, attributes) => exactly(depthwise2D(graph, inputs, attributes)),
  DepthwiseConv2dNativeBackpropFilter: (graph, { x, dy }, attributes) => {
    const window = windowOf(x.shape, attributes.filterShape, attributes);
    return exactly(depthwiseKernelGradient(graph, full(graph, x), full(graph, dy), window));
  },
  DepthwiseConv2dNativeBackpropInput: (graph, { dy, filter }, attributes) => {
    const window = windowOf(attributes.inputShape, filter.shape, attributes);
    const kernel = groupedFilter(graph, full(graph, filter));
    const wide = channelsFirst(graph, full(graph, dy));
    return exactly(channelsLast(graph, spread(graph, wide, kernel, window, filter.shape[2])));
  },
  FusedConv2D: (graph, inputs, attributes) =>
    finish(graph, conv2D(graph, inputs, attributes), inputs, attributes),
  FusedDepthwiseConv2D: (graph, inputs, attributes) =>
    finish(graph, depthwise2D(graph, inputs, attributes), inputs, attributes),
};
