/** Kernels that reduce axes (sum, mean, extremes, all, any) or run along one (cumulative sums, softmax). */
import { util } from "@tensorflow/tfjs";
import { binary, castTo, number, unary } from "../arithmetic.js";
import { type ElementType, type Graph, sizeOf, type Value } from "../graph.js";
import { cast, concat, reshape, sliceAxis } from "../layout.js";
import { exactly, filled, full, type KernelRule, type KernelRules, type Traced } from "../traced.js";

type Reduction = "ReduceSum" | "ReduceMean" | "ReduceMax" | "ReduceMin" | "ReduceProd";

/** What a reduction of no elements gives. */
const ofNothing: Readonly<Record<Reduction, number>> = {
  ReduceSum: 0,
  ReduceMean: Number.NaN,
  ReduceMax: Number.NEGATIVE_INFINITY,
  ReduceMin: Number.POSITIVE_INFINITY,
  ReduceProd: 1,
};

/** Reduces `axes`, keeping them with size 1. */
export function reduce(graph: Graph, op: Reduction, x: Value, axes: readonly number[]): Value {
  const shape = x.shape.map((size, axis) => (axes.includes(axis) ? 1 : size));
  if (sizeOf(x.shape) === 0) return full(graph, filled(graph, shape, ofNothing[op], x.type as "float32"));
  const long = axes.filter((axis) => x.shape[axis] !== 1);
  if (long.length === 0) return x;
  return graph.emit(op, [x, graph.integers(long)], { shape, type: x.type }, { keepdims: 1 });
}

function reducing(op: Reduction, computeIn?: (type: ElementType) => ElementType): KernelRule {
  return (graph, { x }, { axis, reductionIndices, keepDims }) => {
    const { type } = x.value;
    const axes = util.parseAxisParam(axis ?? reductionIndices, x.shape as number[]); // Max calls them otherwise
    const wide = cast(graph, full(graph, x), computeIn?.(type) ?? type);
    const reduced = cast(graph, reduce(graph, op, wide, axes), type);
    const left = x.shape.filter((_, i) => !axes.includes(i));
    return exactly(keepDims ? reduced : reshape(graph, reduced, left));
  };
}

const viaInt32 = () => "int32" as const;

/** Position of the largest or smallest element, the first of equals. */
function position(op: "ArgMax" | "ArgMin"): KernelRule {
  return (graph, { x }, { axis }) => {
    const [along] = util.parseAxisParam(axis, x.shape as number[]);
    const numbers = full(graph, castTo(graph, x, x.value.type === "bool" ? "int32" : x.value.type));
    const shape = x.shape.filter((_, i) => i !== along);
    const found = graph.emit(op, [numbers], { shape, type: "int64" }, { axis: along, keepdims: 0 });
    return exactly(cast(graph, found, "int32"));
  };
}

function cumulativeSum(graph: Graph, x: Traced, axis: number, exclusive: boolean, reverse: boolean): Traced {
  const attributes = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
  const input = full(graph, castTo(graph, x, x.value.type === "bool" ? "int32" : x.value.type));
  return exactly(graph.emit("CumSum", [input, graph.scalar(axis, "int32")], input, attributes));
}

/** Products of 1, 2, 4, … neighbours, until they span the axis. */
function cumulativeProduct(
  graph: Graph,
  x: Value,
  axis: number,
  exclusive: boolean,
  reverse: boolean,
): Value {
  const length = x.shape[axis];
  const shift = (value: Value, by: number): Value => {
    const shape = value.shape.map((size, i) => (i === axis ? Math.min(by, length) : size));
    const ones = full(graph, filled(graph, shape, 1, value.type as "float32"));
    if (by >= length) return ones;
    const kept = sliceAxis(graph, value, axis, reverse ? by : 0, length - by);
    return concat(graph, reverse ? [kept, ones] : [ones, kept], axis);
  };
  let product = exclusive ? shift(x, 1) : x;
  for (let by = 1; by < length; by *= 2) product = graph.emit("Mul", [product, shift(product, by)], product);
  return product;
}

/** The running axis, from the front. */
function fromFront(axis: number, x: Traced): number {
  return axis < 0 ? axis + x.shape.length : axis;
}

function batchNorm(graph: Graph, inputs: Record<string, Traced>, epsilon: number): Traced {
  const { x, mean, variance, scale, offset } = inputs;
  const deviation = unary(graph, "Sqrt", binary(graph, "Add", variance, number(graph, epsilon)));
  const slope = scale ? binary(graph, "Div", scale, deviation) : unary(graph, "Reciprocal", deviation);
  const scaled = binary(graph, "Mul", binary(graph, "Sub", x, mean), slope);
  return offset ? binary(graph, "Add", scaled, offset) : scaled;
}

export const reduceRules: KernelRules = {
  All: reducing("ReduceMin", viaInt32),
  Any: reducing("ReduceMax", viaInt32),
  ArgMax: position("ArgMax"),
  ArgMin: position("ArgMin"),
  Cumprod: (graph, { x }, { axis, exclusive, reverse }) =>
    exactly(cumulativeProduct(graph, full(graph, x), fromFront(axis, x), exclusive, reverse)),
  Cumsum: (graph, { x }, { axis, exclusive, reverse }) =>
    cumulativeSum(graph, x, fromFront(axis, x), exclusive, reverse),
  FusedBatchNorm: (graph, inputs, { varianceEpsilon }) => batchNorm(graph, inputs, varianceEpsilon ?? 0.001),
  Max: reducing("ReduceMax", (type) => (type === "bool" ? "int32" : type)),
  Mean: (graph, inputs, attributes) =>
    reducing("ReduceMean")(graph, { x: castTo(graph, inputs.x, "float32") }, attributes),
  Min: reducing("ReduceMin", (type) => (type === "bool" ? "int32" : type)),
  Prod: reducing("ReduceProd"),
  Softmax: (graph, { logits }, { dim }) => {
    const input = full(graph, castTo(graph, logits, "float32"));
    return exactly(graph.emit("Softmax", [input], input, { axis: fromFront(dim, logits) }));
  },
  Sum: reducing("ReduceSum"),
};
