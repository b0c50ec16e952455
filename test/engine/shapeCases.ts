import * as tf from "@tensorflow/tfjs";
import type { Case, Cases, Draw } from "./draw";

/** A part of `shape`: where it begins and how large it is. */
function part(draw: Draw, shape: readonly number[]): { begin: number[]; size: number[] } {
  const begin = shape.map((length) => draw.whole(0, length - 1));
  return {
    begin,
    size: shape.map((length, axis) => (draw.whole(0, 5) === 0 ? 0 : draw.whole(1, length - begin[axis]))),
  };
}

/** Tensors of one shape, but for the length of `axis`. */
function parts(draw: Draw, axis: number, shape: readonly number[]): tf.Tensor[] {
  const lengths = [draw.whole(0, 3), draw.whole(1, 3), draw.whole(0, 2)];
  return lengths.map((length) => draw.numbers(shape.map((size, i) => (i === axis ? length : size))));
}

function widths(draw: Draw, shape: readonly number[], most: (size: number) => number): [number, number][] {
  return shape.map((size) => [draw.whole(0, most(size)), draw.whole(0, most(size))]);
}

function fixed(run: () => tf.Tensor): Case {
  return { inputs: [tf.scalar(1)], run: (x) => run().cast("float32").add(x) };
}

export const shapeCases: Cases = {
  BatchToSpaceND: (draw) => {
    const block = [draw.whole(1, 3), draw.whole(1, 2)];
    const x = draw.numbers([draw.whole(1, 2) * block[0] * block[1], draw.whole(2, 3), draw.whole(2, 3), 2]);
    const crops = [
      [draw.whole(0, 1), 0],
      [0, draw.whole(0, 1)],
    ];
    return { inputs: [x], run: (t) => tf.batchToSpaceND(t, block, crops), gradient: true };
  },
  Concat: (draw) => {
    const shape = draw.filled(1, 6);
    const axis = draw.whole(0, shape.length - 1);
    return { inputs: parts(draw, axis, shape), run: (...all) => tf.concat(all, axis), gradient: true };
  },
  DepthToSpace: (draw) => {
    const block = draw.whole(2, 3);
    const x = draw.numbers([2, 2, 3, block * block * 2]);
    return { inputs: [x], run: (t) => tf.depthToSpace(t as tf.Tensor4D, block, "NHWC") };
  },
  Diag: (draw) => ({ inputs: [draw.numbers(draw.filled(1, 2))], run: (x) => tf.diag(x) }),
  ExpandDims: (draw) => {
    const shape = draw.shape(0, 5);
    const axis = draw.whole(-shape.length - 1, shape.length);
    return { inputs: [draw.numbers(shape)], run: (x) => x.expandDims(axis), gradient: true };
  },
  Fill: (draw) => {
    const shape = draw.shape();
    return fixed(() => tf.fill(shape, 1.5));
  },
  FlipLeftRight: (draw) => ({
    inputs: [draw.numbers(draw.filled(4, 4))],
    run: (x) => tf.image.flipLeftRight(x as tf.Tensor4D),
  }),
  LinSpace: (draw) => {
    const count = draw.whole(1, 7);
    return fixed(() => tf.linspace(-1, 2, count));
  },
  MirrorPad: (draw) => {
    const shape = draw.filled(1, 4).map((size) => size + 1);
    const mode = draw.one<"reflect" | "symmetric">("reflect", "symmetric");
    const pads = widths(draw, shape, (size) => (mode === "reflect" ? size - 1 : size));
    return { inputs: [draw.numbers(shape)], run: (x) => tf.mirrorPad(x, pads, mode), gradient: true };
  },
  Pack: (draw) => {
    const shape = draw.shape(0, 5);
    const axis = draw.whole(0, shape.length);
    const inputs = [1, 2, 3].map(() => draw.numbers(shape));
    return { inputs, run: (...all) => tf.stack(all, axis), gradient: true };
  },
  PadV2: (draw) => {
    const shape = draw.shape(1, 5);
    const pads = widths(draw, shape, () => 2);
    const x = draw.one(draw.numbers(shape), draw.wholes(shape), draw.bools(shape));
    return { inputs: [x], run: (t) => tf.pad(t, pads, 1), gradient: x.dtype === "float32" };
  },
  Range: (draw) => {
    const [start, stop] = [draw.whole(-3, 3), draw.whole(-3, 6)];
    return fixed(() => tf.range(start, stop, stop < start ? -2 : 2, "int32"));
  },
  Reshape: (draw) => {
    const shape = draw.filled();
    const flat = draw.one([-1], [1, ...shape, 1], [...shape].reverse());
    return {
      inputs: [draw.any(shape)].map((x) => x.cast("float32")),
      run: (x) => x.reshape(flat),
      gradient: true,
    };
  },
  Reverse: (draw) => {
    const shape = draw.shape(1, 4);
    const axes = draw.axes(shape.length);
    return { inputs: [draw.numbers(shape)], run: (x) => tf.reverse(x, axes), gradient: true };
  },
  Slice: (draw) => {
    const shape = draw.filled(1);
    const { begin, size } = part(draw, shape);
    return { inputs: [draw.numbers(shape)], run: (x) => x.slice(begin, size), gradient: !size.includes(0) };
  },
  SpaceToBatchND: (draw) => {
    const block = [draw.whole(1, 3), draw.whole(1, 2)];
    const x = draw.numbers([2, block[0] * 2 - 1, block[1] * 2, 3]);
    return {
      inputs: [x],
      run: (t) =>
        tf.spaceToBatchND(t, block, [
          [1, 0],
          [0, 0],
        ]),
      gradient: true,
    };
  },
  SplitV: (draw) => {
    const shape = draw.filled(1, 5);
    const axis = draw.whole(-shape.length, shape.length - 1);
    const along = axis < 0 ? axis + shape.length : axis;
    const sizes = [draw.whole(1, 3), draw.whole(1, 3), draw.whole(1, 2)];
    const total = sizes.reduce((sum, size) => sum + size);
    const x = draw.numbers(shape.map((size, i) => (i === along ? total : size)));
    return {
      inputs: [x],
      run: (t) => {
        const [first, second, third] = tf.split(t, sizes, axis);
        return tf.concat([third, first.mul(2), second], axis);
      },
      gradient: true,
    };
  },
  StridedSlice: (draw) => {
    const shape = draw.filled(1, 5);
    const { begin, size } = part(draw, shape);
    const strides = shape.map(() => draw.one(1, 2, 3, -1, -2));
    const end = begin.map((from, axis) => from + Math.max(1, size[axis]));
    const last = begin.map((from, axis) => (strides[axis] > 0 ? end[axis] : from - shape[axis] - 1));
    const masks = [draw.whole(0, 3), draw.whole(0, 3)];
    return {
      inputs: [draw.numbers(shape)],
      run: (x) => tf.stridedSlice(x, begin, last, strides, masks[0], masks[1]),
    };
  },
  Tile: (draw) => {
    const shape = draw.filled(1, 4);
    const repeats = shape.map(() => draw.one(1, 2, 3));
    return { inputs: [draw.numbers(shape)], run: (x) => tf.tile(x, repeats), gradient: true };
  },
  Transpose: (draw) => {
    const shape = draw.shape();
    const order = draw.order(shape.length);
    return { inputs: [draw.any(shape).cast("float32")], run: (x) => x.transpose(order), gradient: true };
  },
  Unpack: (draw) => {
    const shape = draw.filled(1, 5).map((size) => size + 1); // TensorFlow.js has no gradient for a single part
    const axis = draw.whole(-shape.length, shape.length - 1);
    return {
      inputs: [draw.numbers(shape)],
      run: (x) => tf.addN(tf.unstack(x, axis).map((row, i) => row.mul(i + 1))),
      gradient: true,
    };
  },
};
