/** Kernels that read or write by index: gather, scatter, segment sums, one-hot, largest k. */
import { util } from "@tensorflow/tfjs";
import { binary, castTo, compare, number, where } from "../arithmetic.js";
import { elementsOf, type Graph, sizeOf, type Value } from "../graph.js";
import { cast, reshape, sliceAxis, transpose } from "../layout.js";
import { exactly, filled, full, type KernelRules, type Traced } from "../traced.js";

/** Rows of `x` along `axis`; the first `batchDims` axes of x and indices go together. */
function gather(graph: Graph, x: Value, indices: Value, axis: number, batchDims: number): Value {
  const tail = indices.shape.slice(batchDims);
  const shape = [...x.shape.slice(0, axis), ...tail, ...x.shape.slice(axis + 1)];
  if (sizeOf(shape) === 0) return full(graph, filled(graph, shape, 0, x.type as "float32"));
  if (batchDims === 0) return graph.emit("Gather", [x, indices], { shape, type: x.type }, { axis });
  const between = Array.from({ length: axis - batchDims }, (_, i) => batchDims + i);
  const batch = Array.from({ length: batchDims }, (_, i) => i);
  const after = x.shape.map((_, i) => i).slice(axis + 1);
  const front = transpose(graph, x, [...batch, axis, ...between, ...after]);
  const places = reshape(graph, cast(graph, indices, "int64"), [...indices.shape, 1]);
  const rows = graph.emit(
    "GatherND",
    [front, places],
    { shape: [...indices.shape, ...front.shape.slice(batchDims + 1)], type: x.type },
    { batch_dims: batchDims },
  );
  const indexAxes = tail.map((_, i) => batchDims + i);
  const betweenNow = between.map((_, i) => indices.shape.length + i);
  const afterNow = after.map((_, i) => indices.shape.length + between.length + i);
  return transpose(graph, rows, [...batch, ...betweenNow, ...indexAxes, ...afterNow]);
}

/** `updates` added to (or written over) `target` at `indices` [count…, depth]. */
function scatter(
  graph: Graph,
  target: Value,
  indices: Value,
  updates: Value,
  reduction: "add" | "none",
): Value {
  if (sizeOf(indices.shape) === 0 || sizeOf(updates.shape) === 0) return target;
  return graph.emit("ScatterND", [target, cast(graph, indices, "int64"), updates], target, { reduction });
}

/** Sums of rows with one segment number; rows whose number is out of range go to a spare segment that is cut off. */
function segmentSum(graph: Graph, x: Value, segments: Value, count: number): Value {
  const rows = sizeOf(segments.shape);
  const row = x.shape.slice(segments.shape.length);
  const flat = exactly(reshape(graph, segments, [rows]));
  const spare = number(graph, count, "int32");
  const negative = compare(graph, "Less", flat, number(graph, 0, "int32"));
  const inRange = binary(graph, "Min", where(graph, negative, spare, flat), spare);
  const zeros = full(graph, filled(graph, [count + 1, ...row], 0, x.type as "float32"));
  const indices = reshape(graph, full(graph, inRange), [rows, 1]);
  const sums = scatter(graph, zeros, indices, reshape(graph, x, [rows, ...row]), "add");
  return sliceAxis(graph, sums, 0, 0, count);
}

function oneHot(
  graph: Graph,
  indices: Traced,
  depth: number,
  on: number,
  off: number,
  type: "float32",
): Traced {
  const { shape } = indices;
  const thick = reshape(graph, full(graph, castTo(graph, indices, "int32")), [...shape, 1]);
  const places = exactly(
    graph.constant(
      elementsOf(
        "int32",
        Array.from({ length: depth }, (_, i) => i),
      ),
      [depth],
      "int32",
    ),
  );
  const hit = compare(graph, "Equal", exactly(thick), places);
  return where(graph, hit, number(graph, on, type), number(graph, off, type));
}

function topK(graph: Graph, x: Value, k: number, sorted: boolean): Traced[] {
  const last = x.shape.length - 1;
  const shape = [...x.shape.slice(0, last), k];
  const [values, indices] = graph.emitMany(
    "TopK",
    [x, graph.integers([k])],
    [
      { shape, type: x.type },
      { shape, type: "int64" },
    ],
    { axis: last, sorted: sorted ? 1 : 0 },
  );
  return [exactly(values), exactly(cast(graph, indices, "int32"))];
}

/** Indices of ScatterND as [count, depth]. */
function asIndexRows(graph: Graph, indices: Value): Value {
  const depth = indices.shape.length > 0 ? indices.shape[indices.shape.length - 1] : 1;
  return reshape(graph, indices, [sizeOf(indices.shape) / Math.max(1, depth), depth]);
}

function scatterInto(
  graph: Graph,
  target: Value,
  indices: Value,
  updates: Value,
  reduction: "add" | "none",
): Value {
  const rows = asIndexRows(graph, indices);
  const flat = reshape(graph, updates, [rows.shape[0], ...target.shape.slice(rows.shape[1])]);
  return scatter(graph, target, rows, flat, reduction);
}

export const gatherRules: KernelRules = {
  GatherNd: (graph, { params, indices }) => {
    const depth = indices.shape[indices.shape.length - 1];
    const shape = [...indices.shape.slice(0, -1), ...params.shape.slice(depth)];
    if (sizeOf(shape) === 0) return filled(graph, shape, 0, params.value.type as "float32");
    const places = cast(graph, full(graph, indices), "int64");
    const type = params.value.type;
    return exactly(graph.emit("GatherND", [full(graph, params), places], { shape, type }));
  },
  GatherV2: (graph, { x, indices }, { axis, batchDims }) => {
    const [along] = util.parseAxisParam(axis, x.shape as number[]);
    return exactly(gather(graph, full(graph, x), full(graph, indices), along, batchDims));
  },
  OneHot: (graph, { indices }, { dtype, depth, onValue, offValue }) =>
    oneHot(graph, indices, depth, onValue, offValue, (dtype ?? "int32") as "float32"),
  ScatterNd: (graph, { indices, updates }, { shape }) => {
    const zeros = full(graph, filled(graph, shape, 0, updates.value.type as "float32"));
    return exactly(scatterInto(graph, zeros, full(graph, indices), full(graph, updates), "add"));
  },
  SparseToDense: (graph, { sparseIndices, sparseValues, defaultValue }, { outputShape }) => {
    const base = full(graph, { value: defaultValue.value, shape: outputShape });
    const rows = sparseIndices.shape.length < 2 ? sizeOf(sparseIndices.shape) : sparseIndices.shape[0];
    const depth = sparseIndices.shape.length < 2 ? 1 : sparseIndices.shape[1];
    const indices = reshape(graph, full(graph, sparseIndices), [rows, depth]);
    const values = full(graph, { value: sparseValues.value, shape: [rows] });
    return exactly(scatter(graph, base, indices, values, "none"));
  },
  TensorScatterUpdate: (graph, { tensor, indices, updates }) =>
    exactly(scatterInto(graph, full(graph, tensor), full(graph, indices), full(graph, updates), "none")),
  TopK: (graph, { x }, { k, sorted }) => topK(graph, full(graph, x), k, sorted),
  UnsortedSegmentSum: (graph, { x, segmentIds }, { numSegments }) =>
    exactly(segmentSum(graph, full(graph, x), full(graph, segmentIds), numSegments)),
};
