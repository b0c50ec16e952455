/**
 * Arithmetic nodes on traced tensors. Small constants are computed while tracing, and `x + 0`, `x * 1` and the like
 * record nothing; a factor of 0 is kept, because 0 times NaN is NaN.
 */
import { type ElementType, elementsOf, type Graph, sizeOf, type Value } from "./graph.js";
import { cast } from "./layout.js";
import { broadcastShape, exactly, type Traced } from "./traced.js";

type BinaryOp = "Add" | "Sub" | "Mul" | "Div" | "Pow" | "Max" | "Min";

const folded: Readonly<Record<BinaryOp, (a: number, b: number) => number>> = {
  Add: (a, b) => a + b,
  Sub: (a, b) => a - b,
  Mul: (a, b) => a * b,
  Div: (a, b) => a / b,
  Pow: (a, b) => a ** b,
  Max: (a, b) => Math.max(a, b),
  Min: (a, b) => Math.min(a, b),
};

/** One of ONNX's broadcasting operations on two numbers; both inputs have one type, float32 or int32. */
export function binary(graph: Graph, op: BinaryOp, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.shape, b.shape);
  const left = constantNumber(a.value);
  const right = constantNumber(b.value);
  const type = a.value.type as "float32" | "int32";
  if (left !== undefined && right !== undefined && !(op === "Div" && type === "int32"))
    return { value: graph.constant(elementsOf(type, [folded[op](left, right)]), [], type), shape };
  if (isNeutral(op, right)) return { value: a.value, shape };
  if (isNeutral(op, left) && (op === "Add" || op === "Mul")) return { value: b.value, shape };
  const value = graph.emit(op, [a.value, b.value], {
    shape: broadcastShape(a.value.shape, b.value.shape),
    type,
  });
  return { value, shape };
}

export type Comparison = "Equal" | "Greater" | "GreaterOrEqual" | "Less" | "LessOrEqual" | "And" | "Or";

/** A comparison of two numbers, or a logical operation on two bools; the result is bool. */
export function compare(graph: Graph, op: Comparison, a: Traced, b: Traced): Traced {
  const shape = broadcastShape(a.value.shape, b.value.shape);
  return {
    value: graph.emit(op, [a.value, b.value], { shape, type: "bool" }),
    shape: broadcastShape(a.shape, b.shape),
  };
}

/** One of ONNX's elementwise operations on one float32 tensor (or on the type it is given, where ONNX allows). */
export function unary(
  graph: Graph,
  op: string,
  x: Traced,
  attributes: Record<string, { float: number }> = {},
  type: ElementType = x.value.type,
): Traced {
  return {
    value: graph.emit(op, [x.value], { shape: x.value.shape, type }, attributes),
    shape: x.shape,
  };
}

/** Where `condition` (bool) holds `a`, else `b`; all three broadcast. */
export function where(graph: Graph, condition: Traced, a: Traced, b: Traced): Traced {
  const shapeOf = (get: (t: Traced) => readonly number[]) =>
    broadcastShape(get(condition), broadcastShape(get(a), get(b)));
  const value = graph.emit("Where", [condition.value, a.value, b.value], {
    shape: shapeOf((t) => t.value.shape),
    type: a.value.type,
  });
  return { value, shape: shapeOf((t) => t.shape) };
}

export function castTo(graph: Graph, x: Traced, type: ElementType): Traced {
  return { value: cast(graph, x.value, type), shape: x.shape };
}

/** A number as a traced tensor of rank 0. */
export function number(graph: Graph, value: number, type: ElementType = "float32"): Traced {
  return exactly(graph.scalar(value, type as "float32"));
}

/** The number that a constant of one element holds, else undefined. */
export function constantNumber(value: Value): number | undefined {
  if (!value.constant || value.type === "int64" || sizeOf(value.shape) !== 1) return undefined;
  return Number(value.constant[0]);
}

function isNeutral(op: BinaryOp, number: number | undefined): boolean {
  if (op === "Add" || op === "Sub") return number === 0;
  return (op === "Mul" || op === "Div" || op === "Pow") && number === 1;
}
