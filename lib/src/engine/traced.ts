/**
 * What a TensorFlow.js tensor stands for while it is being traced: a value of the graph, and the shape that the tensor
 * has. The value may be smaller than the shape and broadcast to it: fills, tiles and `x * ones(shape)` are then never
 * written out, because ONNX's arithmetic broadcasts by itself.
 */
import { type Graph, sameShape, sizeOf, type Value } from "./graph.js";
import { reshape } from "./layout.js";

export interface Traced {
  readonly value: Value;
  readonly shape: readonly number[];
}

/** Attributes of a TensorFlow.js kernel; each rule knows the ones of its kernel. */
// biome-ignore lint/suspicious/noExplicitAny: kernels have one attribute type each, known to their rule alone
export type KernelAttributes = Record<string, any>;
/** Inputs of a kernel by their TensorFlow.js names; kernels with a list of inputs number them. */
export type KernelInputs = Record<string, Traced>;
/** Writes the nodes of one TensorFlow.js kernel into the graph and returns what it computes. */
export type KernelRule = (
  graph: Graph,
  inputs: KernelInputs,
  attributes: KernelAttributes,
) => Traced | readonly Traced[];
export type KernelRules = Readonly<Record<string, KernelRule>>;

/** A tensor whose value has just its shape. */
export function exactly(value: Value): Traced {
  return { value, shape: value.shape };
}

/** A tensor that has one number everywhere. */
export function filled(
  graph: Graph,
  shape: readonly number[],
  number: number,
  type: "float32" | "int32" | "bool",
): Traced {
  return { value: graph.scalar(number, type), shape };
}

/** The value written out in the tensor's full shape. */
export function full(graph: Graph, traced: Traced): Value {
  const { value, shape } = traced;
  if (sameShape(value.shape, shape)) return value;
  if (sizeOf(value.shape) === sizeOf(shape)) return reshape(graph, value, shape);
  return graph.emit("Expand", [value, graph.integers(shape)], { shape, type: value.type });
}

/** The shape that two shapes broadcast to. */
export function broadcastShape(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, i) => {
    const x = a[a.length - rank + i] ?? 1;
    const y = b[b.length - rank + i] ?? 1;
    return x === 1 ? y : x;
  });
}
