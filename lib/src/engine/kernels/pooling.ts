/** Pools and their gradients; padding never counts. */
import { binary, castTo, compare, number, unary } from "../arithmetic.js";
import { type Graph, sizeOf, type Value } from "../graph.js";
import { concat, reshape } from "../layout.js";
import { exactly, full, type KernelAttributes, type KernelRule, type KernelRules } from "../traced.js";
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

/** The window of a pool, whose size is one number for all spatial axes or one for each. */
function windowOf(shape: readonly number[], attributes: KernelAttributes): Window {
  const { filterSize } = attributes;
  const kernel = typeof filterSize === "number" ? shape.slice(2).map(() => filterSize) : filterSize;
  return windowFor(shape, kernel, attributes);
}

function pool(op: "MaxPool" | "AveragePool"): KernelRule {
  return (graph, { x }, attributes) => {
    const floats = full(graph, castTo(graph, x, "float32"));
    const { seen, window } = seenPart(graph, floats, windowOf(x.shape, attributes));
    const first = channelsFirst(graph, seen);
    const output = { shape: [...first.shape.slice(0, 2), ...window.output], type: "float32" } as const;
    const pooled = exactly(channelsLast(graph, graph.emit(op, [first], output, onnxWindow(window))));
    return castTo(graph, pooled, x.value.type);
  };
}

/**
 * Each output's gradient goes to one of the largest inputs under its window: the first of equals in two dimensions, the
 * last in three, as in TensorFlow.js.
 */
function maxPoolGradient(graph: Graph, dy: Value, input: Value, output: Value, outer: Window): Value {
  const { seen: visible, window } = seenPart(graph, input, outer);
  const seen = taps(graph, visible, window, Number.NEGATIVE_INFINITY);
  let free = exactly(graph.constant(Uint8Array.of(1), [], "bool"));
  const lastFirst = dy.shape.length === 5;
  if (lastFirst) seen.reverse();
  const shares = seen.map((value) => {
    const equal = compare(graph, "Equal", exactly(value), exactly(output));
    const chosen = compare(graph, "And", equal, free);
    free = compare(graph, "And", free, unary(graph, "Not", equal));
    const share = binary(graph, "Mul", exactly(dy), castTo(graph, chosen, "float32"));
    return reshape(graph, full(graph, share), [...dy.shape, 1]);
  });
  const channels = dy.shape[dy.shape.length - 1];
  const count = shares.length;
  if (lastFirst) shares.reverse();
  const wide = concat(graph, shares, dy.shape.length);
  const stacked = channelsFirst(graph, reshape(graph, wide, [...dy.shape.slice(0, -1), channels * count]));
  const places = new Float32Array(channels * count * count);
  for (let row = 0; row < channels * count; row++) places[row * count + (row % count)] = 1;
  const kernel = graph.constant(places, [channels * count, 1, ...window.kernel], "float32");
  return spreadToSeen(graph, outer, () =>
    channelsLast(graph, spread(graph, stacked, kernel, window, channels)),
  );
}

/** Every input under a window gets the window's size-th part, as TensorFlow.js has it, at the padded edges too. */
function averagePoolGradient(graph: Graph, dy: Value, window: Window): Value {
  const channels = dy.shape[dy.shape.length - 1];
  const size = sizeOf(window.kernel);
  const ones = new Float32Array(channels * size).fill(1);
  const kernel = graph.constant(ones, [channels, 1, ...window.kernel], "float32");
  const part = binary(graph, "Mul", exactly(channelsFirst(graph, dy)), number(graph, 1 / size));
  return spreadToSeen(graph, window, (seen) =>
    channelsLast(graph, spread(graph, full(graph, part), kernel, seen, channels)),
  );
}

const maxPoolGradientRule: KernelRule = (graph, { dy, input, output }, attributes) => {
  const window = windowOf(input.shape, attributes);
  return exactly(maxPoolGradient(graph, full(graph, dy), full(graph, input), full(graph, output), window));
};

const averagePoolGradientRule: KernelRule = (graph, { dy, input }, attributes) =>
  exactly(averagePoolGradient(graph, full(graph, dy), windowOf(input.shape, attributes)));

export const poolingRules: KernelRules = {
  AvgPool: pool("AveragePool"),
  AvgPool3D: pool("AveragePool"),
  AvgPool3DGrad: averagePoolGradientRule,
  AvgPoolGrad: averagePoolGradientRule,
  MaxPool: pool("MaxPool"),
  MaxPool3D: pool("MaxPool"),
  MaxPool3DGrad: maxPoolGradientRule,
  MaxPoolGrad: maxPoolGradientRule,
};
