/** Kernels that rearrange elements: reshape, transpose, slices, joins, padding, tiles, fills. */
import { backend_util, slice_util, util } from "@tensorflow/tfjs";
import { type Elements, elementsOf, type Graph, sameShape, sizeOf, type Value } from "../graph.js";
import { concat, pad, reshape, slice, transpose } from "../layout.js";
import { exactly, filled, full, type KernelRules, type Traced } from "../traced.js";

function reshaped(graph: Graph, x: Traced, shape: readonly number[]): Traced {
  if (sizeOf(x.value.shape) === 1) return { value: reshape(graph, x.value, []), shape };
  return exactly(reshape(graph, full(graph, x), shape));
}

/** Tiling an axis of size 1 is a broadcast and costs nothing; other axes are repeated by a Tile node. */
function tile(graph: Graph, x: Traced, repeats: readonly number[]): Traced {
  const shape = x.shape.map((size, axis) => size * repeats[axis]);
  if (x.shape.every((size, axis) => size === 1 || repeats[axis] === 1)) return { value: x.value, shape };
  const value = graph.emit("Tile", [full(graph, x), graph.integers(repeats)], { shape, type: x.value.type });
  return exactly(value);
}

function split(graph: Graph, x: Traced, count: number | number[], axis: number): Traced[] {
  const sizes = backend_util.prepareSplitSize({ shape: x.shape as number[] } as never, count, axis);
  if (sizes.length === 1) return [x];
  const input = full(graph, x);
  const outputs = sizes.map((size) => ({
    shape: x.shape.map((old, i) => (i === axis ? size : old)),
    type: input.type,
  }));
  return graph.emitMany("Split", [input, graph.integers(sizes)], outputs, { axis }).map(exactly);
}

function unpack(graph: Graph, x: Traced, axis: number): Traced[] {
  const along = axis < 0 ? axis + x.shape.length : axis;
  const shape = x.shape.filter((_, i) => i !== along);
  return split(graph, x, x.shape[along], along).map((part) =>
    exactly(reshape(graph, full(graph, part), shape)),
  );
}

function pack(graph: Graph, parts: readonly Traced[], axis: number): Traced {
  const { shape } = parts[0];
  const along = axis < 0 ? axis + shape.length + 1 : axis;
  const thick = [...shape.slice(0, along), 1, ...shape.slice(along)];
  return exactly(
    concat(
      graph,
      parts.map((part) => reshape(graph, full(graph, part), thick)),
      along,
    ),
  );
}

function reverse(graph: Graph, x: Value, axes: readonly number[]): Value {
  const begin = x.shape.map((size, axis) => (axes.includes(axis) ? size - 1 : 0));
  const steps = x.shape.map((_, axis) => (axes.includes(axis) ? -1 : 1));
  return slice(graph, x, begin, x.shape, steps);
}

/** Rows of each axis in the order that mirroring at the edges gives. */
function mirrorPad(
  graph: Graph,
  x: Value,
  paddings: [number, number][],
  mode: "reflect" | "symmetric",
): Value {
  return paddings.reduce((value, [before, after], axis) => {
    if (before === 0 && after === 0) return value;
    const size = x.shape[axis];
    const edge = mode === "reflect" ? 0 : 1;
    const order = Array.from({ length: before + size + after }, (_, i) => {
      const place = i - before;
      if (place < 0) return -place - edge;
      return place < size ? place : 2 * (size - 1) - place + edge;
    });
    const shape = value.shape.map((old, i) => (i === axis ? order.length : old));
    return graph.emit("Gather", [value, graph.integers(order)], { shape, type: x.type }, { axis });
  }, x);
}

function stridedSlice(graph: Graph, x: Traced, attributes: Record<string, never>): Traced {
  const info = slice_util.sliceInfo(
    x.shape as number[],
    attributes.begin,
    attributes.end,
    attributes.strides,
    attributes.beginMask,
    attributes.endMask,
    attributes.ellipsisMask,
    attributes.newAxisMask,
    attributes.shrinkAxisMask,
  );
  const size = slice_util.computeOutShape(info.begin, info.end, info.strides);
  if (sizeOf(info.finalShape) === 0) return filled(graph, info.finalShape, 0, x.value.type as "float32");
  const cut = slice(graph, full(graph, x), info.begin, size, info.strides);
  return exactly(reshape(graph, cut, info.finalShape));
}

/** Blocks of space moved into the batch axis. */
function spaceToBatch(
  graph: Graph,
  x: Value,
  blocks: readonly number[],
  paddings: readonly number[][],
): Value {
  const rest = x.shape.length - 1 - blocks.length;
  const margins = [[0, 0], ...paddings, ...Array.from({ length: rest }, () => [0, 0])];
  const padded = pad(
    graph,
    x,
    margins.map(([before]) => before),
    margins.map(([, after]) => after),
  );
  const [batch, ...others] = padded.shape;
  const inside = others.slice(blocks.length);
  const cut = blocks.flatMap((block, i) => [others[i] / block, block]);
  const places = blocks.map((_, i) => i);
  const tail = inside.map((_, i) => 1 + 2 * blocks.length + i);
  const order = [...places.map((i) => 2 + 2 * i), 0, ...places.map((i) => 1 + 2 * i), ...tail];
  const moved = transpose(graph, reshape(graph, padded, [batch, ...cut, ...inside]), order);
  return reshape(graph, moved, [
    batch * sizeOf(blocks),
    ...blocks.map((block, i) => others[i] / block),
    ...inside,
  ]);
}

/** The way back: blocks out of the batch axis into space, then cropped. */
function batchToSpace(graph: Graph, x: Value, blocks: readonly number[], crops: readonly number[][]): Value {
  const [batch, ...others] = x.shape;
  const inside = others.slice(blocks.length);
  const outer = batch / sizeOf(blocks);
  const cut = reshape(graph, x, [...blocks, outer, ...others]);
  const n = blocks.length;
  const order = [n, ...blocks.flatMap((_, i) => [n + 1 + i, i]), ...inside.map((_, i) => 2 * n + 1 + i)];
  const wide = [outer, ...blocks.map((block, i) => block * others[i]), ...inside];
  const whole = reshape(graph, transpose(graph, cut, order), wide);
  const begin = wide.map((_, axis) => crops[axis - 1]?.[0] ?? 0);
  const size = wide.map((length, axis) => length - begin[axis] - (crops[axis - 1]?.[1] ?? 0));
  return sizeOf(size) === 0
    ? full(graph, filled(graph, size, 0, "float32"))
    : slice(graph, whole, begin, size);
}

function depthToSpace(graph: Graph, x: Value, block: number): Value {
  const [batch, height, width, depth] = x.shape;
  const inner = depth / (block * block);
  const cut = reshape(graph, x, [batch, height, width, block, block, inner]);
  const moved = transpose(graph, cut, [0, 1, 3, 2, 4, 5]);
  return reshape(graph, moved, [batch, height * block, width * block, inner]);
}

/** `length` numbers, each the sum of the one before and `step`, rounded as TensorFlow.js does. */
function sequence(
  graph: Graph,
  length: number,
  type: "float32" | "int32",
  start: number,
  step: number,
): Traced {
  const numbers = elementsOf(type, new Array(length).fill(start));
  for (let i = 1; i < length; i++) numbers[i] = (numbers[i - 1] as number) + step;
  return exactly(graph.constant(numbers, [length], type));
}

function range(graph: Graph, start: number, stop: number, step: number, type: "float32" | "int32"): Traced {
  const length = Math.max(0, Math.ceil((stop - start) / step));
  return sequence(graph, length, type, start, step);
}

function fill(graph: Graph, shape: readonly number[], value: number, dtype: string): Traced {
  return filled(graph, shape, Number(value), (dtype ?? "float32") as "float32");
}

/** A vector's elements on the diagonal of a matrix; for more axes, of the doubled axes. */
function diagonal(graph: Graph, x: Value): Value {
  const length = sizeOf(x.shape);
  const identity: Elements = new Uint8Array(length * length);
  for (let i = 0; i < length; i++) identity[i * (length + 1)] = 1;
  const mask = graph.constant(identity, [length, length], "bool");
  const column = reshape(graph, x, [length, 1]);
  const spread = graph.emit("Where", [mask, column, graph.scalar(0, x.type as "float32")], {
    shape: [length, length],
    type: x.type,
  });
  return reshape(graph, spread, [...x.shape, ...x.shape]);
}

export const shapeRules: KernelRules = {
  BatchToSpaceND: (graph, { x }, { blockShape, crops }) =>
    exactly(batchToSpace(graph, full(graph, x), blockShape, crops)),
  Concat: (graph, parts, { axis }) => {
    const list = Object.values(parts);
    const [along] = util.parseAxisParam(axis, list[0].shape as number[]);
    return exactly(
      concat(
        graph,
        list.map((part) => full(graph, part)),
        along,
      ),
    );
  },
  DepthToSpace: (graph, { x }, { blockSize, dataFormat }) => {
    if (dataFormat !== "NHWC") throw new Error("compile: depthToSpace is traced in data format NHWC only.");
    return exactly(depthToSpace(graph, full(graph, x), blockSize));
  },
  Diag: (graph, { x }) => exactly(diagonal(graph, full(graph, x))),
  ExpandDims: (graph, { input }, { dim }) => {
    const place = dim < 0 ? dim + input.shape.length + 1 : dim;
    return reshaped(graph, input, [...input.shape.slice(0, place), 1, ...input.shape.slice(place)]);
  },
  Fill: (graph, _inputs, { shape, value, dtype }) => fill(graph, shape, value, dtype),
  FlipLeftRight: (graph, { image }) => exactly(reverse(graph, full(graph, image), [2])),
  LinSpace: (graph, _inputs, { start, stop, num }) =>
    sequence(graph, num, "float32", start, num === 1 ? 0 : (stop - start) / (num - 1)),
  MirrorPad: (graph, { x }, { paddings, mode }) => exactly(mirrorPad(graph, full(graph, x), paddings, mode)),
  Pack: (graph, parts, { axis }) => pack(graph, Object.values(parts), axis),
  PadV2: (graph, { x }, { paddings, constantValue }) => {
    const before = paddings.map((pair: number[]) => pair[0]);
    const after = paddings.map((pair: number[]) => pair[1]);
    const shape = x.shape.map((size, axis) => before[axis] + size + after[axis]);
    if (sizeOf(x.shape) === 0) return filled(graph, shape, constantValue, x.value.type as "float32");
    return exactly(pad(graph, full(graph, x), before, after, constantValue));
  },
  Range: (graph, _inputs, { start, stop, step, dtype }) =>
    range(graph, start, stop, step, dtype ?? "float32"),
  Reshape: (graph, { x }, { shape }) =>
    reshaped(graph, x, util.inferFromImplicitShape(shape, sizeOf(x.shape))),
  Reverse: (graph, { x }, { dims }) =>
    exactly(reverse(graph, full(graph, x), util.parseAxisParam(dims, x.shape as number[]))),
  Slice: (graph, { x }, { begin, size }) => {
    const [starts, sizes] = slice_util.parseSliceParams(
      { shape: x.shape, rank: x.shape.length } as never,
      begin,
      size,
    );
    if (sameShape(sizes, x.shape)) return x;
    if (sizeOf(sizes) === 0) return filled(graph, sizes, 0, x.value.type as "float32");
    if (sizeOf(x.value.shape) === 1) return { value: x.value, shape: sizes };
    return exactly(slice(graph, full(graph, x), starts, sizes));
  },
  SpaceToBatchND: (graph, { x }, { blockShape, paddings }) =>
    exactly(spaceToBatch(graph, full(graph, x), blockShape, paddings)),
  SplitV: (graph, { x }, { numOrSizeSplits, axis }) => {
    const [along] = util.parseAxisParam(axis, x.shape as number[]);
    return split(graph, x, numOrSizeSplits, along);
  },
  StridedSlice: (graph, { x }, attributes) => stridedSlice(graph, x, attributes as never),
  Tile: (graph, { x }, { reps }) => tile(graph, x, reps),
  Transpose: (graph, { x }, { perm }) => exactly(transpose(graph, full(graph, x), perm)),
  Unpack: (graph, { value }, { axis }) => unpack(graph, value, axis),
};
