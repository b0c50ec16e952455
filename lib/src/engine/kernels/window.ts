/**
 * A window that slides over the spatial axes of [batch, …space, channel]: what convolutions and pools share. Sizes are
 * listed per spatial axis, so one code serves one, two and three of them.
 */
import { backend_util } from "@tensorflow/tfjs";
import type { Graph, Value } from "../graph.js";
import { pad, slice, transpose } from "../layout.js";
import type { KernelAttributes } from "../traced.js";

const { computeConv2DInfo, computeConv3DInfo } = backend_util;

export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Padding before and after each axis. */
  readonly before: readonly number[];
  readonly after: readonly number[];
  readonly input: readonly number[];
  readonly output: readonly number[];
}

interface Info2D {
  inHeight: number;
  inWidth: number;
  outHeight: number;
  outWidth: number;
  strideHeight: number;
  strideWidth: number;
  dilationHeight: number;
  dilationWidth: number;
  effectiveFilterHeight: number;
  effectiveFilterWidth: number;
  padInfo: { top: number; left: number; right: number; bottom: number };
}

interface Info3D extends Info2D {
  inDepth: number;
  outDepth: number;
  strideDepth: number;
  dilationDepth: number;
  effectiveFilterDepth: number;
  padInfo: Info2D["padInfo"] & { front: number; back: number };
}

/**
 * The window that TensorFlow.js computes, by its own rules of padding and rounding.
 *
 * @param shape of what it slides over [batch, …space, channel], two or three spatial axes
 * @param kernel its sizes, one for every spatial axis
 */
export function windowFor(
  shape: readonly number[],
  kernel: readonly number[],
  attributes: KernelAttributes,
): Window {
  const { strides, pad: padding, dilations = 1, dimRoundingMode, dataFormat = "NHWC" } = attributes;
  if (dataFormat !== "NHWC" && dataFormat !== "NDHWC")
    throw new Error(
      `compile: data format ${dataFormat} came; convolutions and pools are traced channels last only.`,
    );
  const filter = [...kernel, 1, 1]; // channels do not matter to a window
  type Four = [number, number, number, number];
  type Five = [number, number, number, number, number];
  return windowOf(
    kernel.length === 2
      ? computeConv2DInfo(shape as Four, filter as Four, strides, dilations, padding, dimRoundingMode)
      : computeConv3DInfo(
          shape as Five,
          filter as Five,
          strides,
          dilations,
          padding,
          false, // not depthwise
          "channelsLast",
          dimRoundingMode,
        ),
  );
}

/** The window that a size computation of TensorFlow.js describes. */
function windowOf(info: Info2D | Info3D): Window {
  const deep = "inDepth" in info;
  const axes = <T>(depth: (three: Info3D) => T, ...rest: T[]) => (deep ? [depth(info), ...rest] : rest);
  const { padInfo } = info;
  const dilations = axes((three) => three.dilationDepth, info.dilationHeight, info.dilationWidth);
  const effective = axes(
    (three) => three.effectiveFilterDepth,
    info.effectiveFilterHeight,
    info.effectiveFilterWidth,
  );
  return {
    kernel: effective.map((size, axis) => (size - 1) / dilations[axis] + 1),
    strides: axes((three) => three.strideDepth, info.strideHeight, info.strideWidth),
    dilations,
    before: axes((three) => three.padInfo.front, padInfo.top, padInfo.left),
    after: axes((three) => three.padInfo.back, padInfo.bottom, padInfo.right),
    input: axes((three) => three.inDepth, info.inHeight, info.inWidth),
    output: axes((three) => three.outDepth, info.outHeight, info.outWidth),
  };
}

/**
 * TensorFlow.js pads some windows by a negative amount, which hides the edges of the input. The part that is seen, with
 * a window that pads by nothing there.
 */
export function seenPart(graph: Graph, x: Value, window: Window): { seen: Value; window: Window } {
  const { before, after, input } = window;
  if ([...before, ...after].every((count) => count >= 0)) return { seen: x, window };
  const hidden = before.map((count, axis) => Math.max(0, -count) + Math.max(0, -after[axis]));
  const size = input.map((length, axis) => length - hidden[axis]);
  const begin = [0, ...before.map((count) => Math.max(0, -count)), 0];
  const seen = slice(graph, x, begin, [x.shape[0], ...size, x.shape[x.shape.length - 1]]);
  return { seen, window: withoutHidden(window, size) };
}

/** The adjoint of `seenPart`: `compute` makes a gradient for the seen part, and zeros take the hidden places. */
export function spreadToSeen(graph: Graph, window: Window, compute: (window: Window) => Value): Value {
  const { before, after, input } = window;
  if ([...before, ...after].every((count) => count >= 0)) return compute(window);
  const first = before.map((count) => Math.max(0, -count));
  const last = after.map((count) => Math.max(0, -count));
  const size = input.map((length, axis) => length - first[axis] - last[axis]);
  return padded(graph, compute(withoutHidden(window, size)), first, last);
}

function withoutHidden(window: Window, input: readonly number[]): Window {
  const positive = (list: readonly number[]) => list.map((count) => Math.max(0, count));
  return { ...window, input, before: positive(window.before), after: positive(window.after) };
}

/** Attributes of ONNX's Conv and pools; dilations are left out where an op lacks them. */
export function onnxWindow(window: Window): Record<string, readonly number[]> {
  return {
    kernel_shape: window.kernel,
    strides: window.strides,
    pads: [...window.before, ...window.after],
    ...(window.dilations.some((dilation) => dilation > 1) ? { dilations: window.dilations } : {}),
  };
}

/** [batch, …space, channel] to [batch, channel, …space]. */
export function channelsFirst(graph: Graph, x: Value): Value {
  const last = x.shape.length - 1;
  return transpose(graph, x, [0, last, ...x.shape.slice(2).map((_, i) => i + 1)]);
}

/** [batch, channel, …space] to [batch, …space, channel]. */
export function channelsLast(graph: Graph, x: Value): Value {
  return transpose(graph, x, [0, ...x.shape.slice(2).map((_, i) => i + 2), 1]);
}

export function padded(
  graph: Graph,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  fill = 0,
): Value {
  return pad(graph, x, [0, ...before, 0], [0, ...after, 0], fill);
}

/**
 * What each tap of the window sees: for every place in the kernel, in row-major order, the input elements under it,
 * [batch, …output, channel].
 */
export function taps(graph: Graph, x: Value, window: Window, fill = 0): Value[] {
  const { kernel, strides, dilations, output } = window;
  const after = output.map((count, axis) => {
    const reach = (count - 1) * strides[axis] + (kernel[axis] - 1) * dilations[axis] + 1;
    return Math.max(0, reach - window.before[axis] - window.input[axis]);
  });
  const wide = padded(graph, x, window.before, after, fill);
  const size = [x.shape[0], ...output, x.shape[x.shape.length - 1]];
  return places(kernel).map((place) => {
    const begin = [0, ...place.map((tap, axis) => tap * dilations[axis]), 0];
    return slice(graph, wide, begin, size, [1, ...strides, 1]);
  });
}

/** All places of a kernel, row-major. */
function places(kernel: readonly number[]): number[][] {
  return kernel.reduce<number[][]>(
    (list, size) => list.flatMap((place) => Array.from({ length: size }, (_, tap) => [...place, tap])),
    [[]],
  );
}

/**
 * The adjoint of reading through the window: every element of `x` [batch, channel·k, …output] is spread by its row of
 * `kernel` [channel·k, out/groups, …kernel] over the input, [batch, out, …input].
 */
export function spread(graph: Graph, x: Value, kernel: Value, window: Window, groups = 1): Value {
  const { strides, dilations, before, input, output } = window;
  const reach = output.map(
    (count, axis) => (count - 1) * strides[axis] + (window.kernel[axis] - 1) * dilations[axis] + 1,
  );
  const beyond = reach.map((size, axis) => size - before[axis] - input[axis]);
  const shape = [x.shape[0], kernel.shape[1] * groups, ...input];
  return graph.emit(
    "ConvTranspose",
    [x, kernel],
    { shape, type: "float32" },
    {
      kernel_shape: window.kernel,
      strides,
      dilations,
      pads: [...before, ...beyond.map((count) => Math.max(0, count))],
      output_padding: beyond.map((count) => Math.max(0, -count)),
      group: groups,
    },
  );
}
