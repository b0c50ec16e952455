/**
 * Nodes that move elements without computing: reshape, transpose, slice, concatenate, pad, cast. Chains of them are
 * shortened as they are recorded, so that, say, a weight kept as [out, in, height, width] and transposed to
 * TensorFlow.js's order by the model reaches an ONNX convolution, which wants the first order, untouched.
 */
import {
  type Elements,
  type ElementType,
  elementsOf,
  type Graph,
  sameShape,
  sizeOf,
  type Value,
} from "./graph.js";

/** Constants up to this many elements are computed while tracing. */
const foldedSize = 4096;

export function reshape(graph: Graph, x: Value, shape: readonly number[]): Value {
  if (sameShape(x.shape, shape)) return x;
  if (x.constant) return graph.constant(x.constant, shape, x.type);
  const { producer } = x;
  if (producer?.op === "Reshape") return reshape(graph, producer.inputs[0]!, shape);
  if (producer?.op === "Transpose" && sameShape(withoutOnes(x.shape), withoutOnes(shape)))
    return reshapeBelowTranspose(graph, producer.inputs[0]!, producer.attributes.perm as number[], shape);
  return graph.emit("Reshape", [x, graph.integers(shape)], { shape, type: x.type });
}

/** Transposes: axis i of the result is axis `order[i]` of `x`. */
export function transpose(graph: Graph, x: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => x.shape[axis]);
  const moved = order.filter((axis) => x.shape[axis] !== 1);
  if (moved.every((axis, i) => i === 0 || axis > moved[i - 1])) return reshape(graph, x, shape);
  if (x.constant && sizeOf(shape) <= foldedSize) return transposeConstant(graph, x, order);
  const { producer } = x;
  if (producer?.op === "Transpose") {
    const inner = producer.attributes.perm as readonly number[];
    return transpose(
      graph,
      producer.inputs[0]!,
      order.map((axis) => inner[axis]),
    );
  }
  return graph.emit("Transpose", [x], { shape, type: x.type }, { perm: order });
}

/** Elements from `begin`, `size` of them along each axis, every `steps`-th (default 1). */
export function slice(
  graph: Graph,
  x: Value,
  begin: readonly number[],
  size: readonly number[],
  steps: readonly number[] = begin.map(() => 1),
): Value {
  const axes = x.shape
    .map((_, axis) => axis)
    .filter((axis) => size[axis] !== x.shape[axis] || steps[axis] < 0);
  if (axes.length === 0) return x;
  const ends = axes.map((axis) => {
    const end = begin[axis] + (size[axis] - 1) * steps[axis] + Math.sign(steps[axis]);
    return end < 0 ? -x.shape[axis] - 1 : end; // a negative end would count from the back
  });
  const inputs = [
    x,
    graph.integers(axes.map((axis) => begin[axis])),
    graph.integers(ends),
    graph.integers(axes),
  ];
  if (axes.some((axis) => steps[axis] !== 1)) inputs.push(graph.integers(axes.map((axis) => steps[axis])));
  return graph.emit("Slice", inputs, { shape: size, type: x.type });
}

/** `size` elements from `begin` along one axis. */
export function sliceAxis(
  graph: Graph,
  x: Value,
  axis: number,
  begin: number,
  size: number,
  step = 1,
): Value {
  const replaced = (list: readonly number[], number: number) =>
    list.map((old, i) => (i === axis ? number : old));
  const zeros = x.shape.map(() => 0);
  const ones = x.shape.map(() => 1);
  return slice(graph, x, replaced(zeros, begin), replaced(x.shape, size), replaced(ones, step));
}

export function concat(graph: Graph, parts: readonly Value[], axis: number): Value {
  const shape = parts[0].shape.map((size, i) =>
    i === axis ? parts.reduce((sum, part) => sum + part.shape[axis], 0) : size,
  );
  const some = parts.filter((part) => sizeOf(part.shape) > 0);
  if (some.length === 0) return graph.constant(elementsOf("float32", []), shape, parts[0].type);
  if (some.length === 1) return some[0];
  return graph.emit("Concat", some, { shape, type: parts[0].type }, { axis });
}

/** Pads with a constant, or with nothing to do returns `x`. */
export function pad(
  graph: Graph,
  x: Value,
  before: readonly number[],
  after: readonly number[],
  fill = 0,
): Value {
  if ([...before, ...after].every((count) => count === 0)) return x;
  const shape = x.shape.map((size, axis) => before[axis] + size + after[axis]);
  if (x.type === "bool") return cast(graph, pad(graph, cast(graph, x, "int32"), before, after, fill), "bool");
  const inputs = [x, graph.integers([...before, ...after]), graph.scalar(fill, x.type as "float32")];
  return graph.emit("Pad", inputs, { shape, type: x.type }, { mode: "constant" });
}

export function cast(graph: Graph, x: Value, type: ElementType): Value {
  if (x.type === type) return x;
  if (x.constant && x.type !== "int64" && x.constant.length <= foldedSize)
    return graph.constant(castElements(x.constant as Float32Array, type), x.shape, type);
  const to = { float32: 1, int32: 6, int64: 7, bool: 9 }[type];
  return graph.emit("Cast", [x], { shape: x.shape, type }, { to });
}

export function castElements(elements: Float32Array | Int32Array | Uint8Array, type: ElementType): Elements {
  if (type === "int64") return BigInt64Array.from(elements, (element) => BigInt(Math.trunc(element)));
  if (type === "bool") return Uint8Array.from(elements, (element) => (element === 0 ? 0 : 1));
  return elementsOf(type, elements);
}

function withoutOnes(shape: readonly number[]): number[] {
  return shape.filter((size) => size !== 1);
}

/** reshape(transpose(x)) where only axes of size 1 come or go, turned into transpose(reshape(x)). */
function reshapeBelowTranspose(
  graph: Graph,
  x: Value,
  order: readonly number[],
  shape: readonly number[],
): Value {
  const kept = x.shape.map((_, axis) => axis).filter((axis) => x.shape[axis] !== 1);
  const moved = order.filter((axis) => x.shape[axis] !== 1);
  let nextOne = kept.length;
  let nextKept = 0;
  const newOrder = shape.map((size) => (size === 1 ? nextOne++ : kept.indexOf(moved[nextKept++])));
  const ones = Array.from({ length: nextOne - kept.length }, () => 1);
  const inner = reshape(graph, x, [...kept.map((axis) => x.shape[axis]), ...ones]);
  return transpose(graph, inner, newOrder);
}

function transposeConstant(graph: Graph, x: Value, order: readonly number[]): Value {
  const shape = order.map((axis) => x.shape[axis]);
  const strides = x.shape.map((_, axis) => sizeOf(x.shape.slice(axis + 1)));
  const from = x.constant!;
  const to = from.slice();
  for (let i = 0; i < from.length; i++) {
    let rest = i;
    let source = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      source += (rest % shape[axis]) * strides[order[axis]];
      rest = Math.floor(rest / shape[axis]);
    }
    to[i] = from[source];
  }
  return graph.constant(to, shape, x.type);
}
