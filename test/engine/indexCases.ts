import * as tf from "@tensorflow/tfjs";
import type { Cases } from "./draw";

export const indexCases: Cases = {
  GatherNd: (draw) => {
    const shape = draw.filled(1, 5);
    const depth = draw.whole(1, shape.length);
    const count = draw.whole(1, 4);
    const columns = shape.slice(0, depth).map((size) => draw.wholes([count, 1], 0, size - 1));
    const indices = tf.concat(columns, 1);
    return { inputs: [draw.numbers(shape)], run: (x) => tf.gatherND(x, indices) };
  },
  GatherV2: (draw) => {
    const shape = draw.filled(1, 4);
    const axis = draw.whole(0, shape.length - 1);
    const batched = axis > 0 && draw.whole(1, 2) === 1;
    const rows = batched ? [shape[0], draw.whole(1, 3)] : draw.shape(0, 2);
    const indices = draw.wholes(rows, 0, shape[axis] - 1);
    return {
      inputs: [draw.numbers(shape)],
      run: (x) => tf.gather(x, indices, axis, batched ? 1 : 0),
      gradient: !batched && indices.size > 0, // TensorFlow.js's own batched gradient handles rank 2 only
    };
  },
  OneHot: (draw) => {
    const indices = draw.wholes(draw.shape(0, 4), -1, 5);
    return { inputs: [tf.scalar(2)], run: (x) => tf.oneHot(indices, 5, 3, -1).mul(x) };
  },
  ScatterNd: (draw) => {
    const shape = draw.filled(1, 4);
    const depth = draw.whole(1, shape.length);
    const count = draw.whole(1, 5);
    const columns = shape.slice(0, depth).map((size) => draw.wholes([count, 1], 0, size - 1));
    const indices = tf.concat(columns, 1);
    const updates = draw.numbers([count, ...shape.slice(depth)]);
    return { inputs: [updates], run: (x) => tf.scatterND(indices, x, shape as [number]) };
  },
  SparseToDense: (draw) => {
    const length = draw.whole(3, 8);
    const places = tf.tensor1d(draw.order(length).slice(0, 3), "int32");
    const values = draw.numbers([3]);
    return { inputs: [values], run: (x) => tf.sparseToDense(places, x, [length], tf.scalar(7)) };
  },
  TensorScatterUpdate: (draw) => {
    const shape = draw.filled(1, 4).map((size, axis) => (axis === 0 ? size + 2 : size));
    const rows = draw.order(shape[0]).slice(0, 2);
    const indices = tf.tensor2d(rows, [2, 1], "int32");
    const updates = draw.numbers([2, ...shape.slice(1)]);
    return { inputs: [draw.numbers(shape), updates], run: (x, u) => tf.tensorScatterUpdate(x, indices, u) };
  },
  TopK: (draw) => {
    const shape = draw.filled(1, 4);
    const k = draw.whole(1, shape[shape.length - 1]);
    return {
      inputs: [draw.one(draw.numbers(shape), draw.wholes(shape, 0, 3))],
      run: (x) => Object.values(tf.topk(x, k)) as tf.Tensor[],
    };
  },
  UnsortedSegmentSum: (draw) => {
    const count = draw.whole(1, 5);
    const row = draw.filled(0, 3);
    const segments = draw.wholes([count], -1, 3) as tf.Tensor1D;
    return {
      inputs: [draw.numbers([count, ...row])],
      run: (x) => tf.unsortedSegmentSum(x, segments, 4),
      gradient: true,
    };
  },
};

/** Two matrices, or stacks of them, that can be multiplied. */
export const matmulCases: Cases = {
  BatchMatMul: (draw) => {
    const [rows, inner, columns] = [
      draw.whole(1, 5),
      draw.whole(1, 12) === 1 ? 0 : draw.whole(1, 5),
      draw.whole(1, 5),
    ];
    const [turnA, turnB] = [draw.one(true, false), draw.one(true, false)];
    const batch = draw.one([], [], [3], [2, 3]);
    const shared = draw.whole(1, 4) === 1 && batch.length > 0;
    const a = [...batch, ...(turnA ? [inner, rows] : [rows, inner])];
    const b = [...(shared ? batch.map(() => 1) : batch), ...(turnB ? [columns, inner] : [inner, columns])];
    return {
      inputs: [draw.numbers(a), draw.numbers(b)],
      run: (x, y) => tf.matMul(x, y, turnA, turnB),
      gradient: !shared && inner > 0,
    };
  },
  Einsum: (draw) => {
    const [equation, a, b] = draw.one<[string, number[], number[]]>(
      ["ij,jk->ik", [2, 3], [3, 4]],
      ["bqhd,bkhd->bhqk", [2, 3, 2, 4], [2, 5, 2, 4]],
      ["i,j->ij", [3], [4]],
      ["ij,ij->", [3, 4], [3, 4]],
    );
    return { inputs: [draw.numbers(a), draw.numbers(b)], run: (x, y) => tf.einsum(equation, x, y) };
  },
  _FusedMatMul: (draw) => {
    const activation = draw.one<"linear" | "relu" | "relu6" | "elu" | "sigmoid" | "leakyrelu">(
      "linear",
      "relu",
      "relu6",
      "elu",
      "sigmoid",
      "leakyrelu",
    );
    return {
      inputs: [draw.numbers([3, 4]), draw.numbers([4, 5]), draw.numbers([5])],
      run: (a, b, bias) =>
        tf.fused.matMul({ a: a as tf.Tensor2D, b: b as tf.Tensor2D, bias, activation, leakyreluAlpha: 0.2 }),
      gradient: activation === "linear" || activation === "relu",
    };
  },
};
