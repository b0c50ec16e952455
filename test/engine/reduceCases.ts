import * as tf from "@tensorflow/tfjs";
import type { Case, Cases, Draw } from "./draw";

/** A reduction over some axes, keeping them or not. */
function reduction(
  run: (x: tf.Tensor, axes: number[] | undefined, keep: boolean) => tf.Tensor,
  type: "numbers" | "bools" = "numbers",
  gradient = type === "numbers",
) {
  return (draw: Draw): Case => {
    const shape = draw.shape();
    const axes = draw.axes(shape.length);
    const keep = draw.one(true, false);
    const reduced = (x: tf.Tensor) => run(x, axes, keep);
    if (gradient && draw.whole(1, 3) === 1) return { inputs: [draw.wholes(shape, -2, 3)], run: reduced };
    return { inputs: [draw[type](shape)], run: reduced, gradient };
  };
}

export const reduceCases: Cases = {
  All: reduction((x, axes, keep) => x.all(axes, keep), "bools"),
  Any: reduction((x, axes, keep) => x.any(axes, keep), "bools"),
  ArgMax: (draw) => {
    const shape = draw.filled(1);
    const axis = draw.whole(-1, shape.length - 1);
    return { inputs: [draw.one(draw.numbers(shape), draw.wholes(shape, 0, 3))], run: (x) => x.argMax(axis) };
  },
  ArgMin: (draw) => {
    const shape = draw.filled(1);
    const axis = draw.whole(-1, shape.length - 1);
    return { inputs: [draw.one(draw.numbers(shape), draw.wholes(shape, 0, 3))], run: (x) => x.argMin(axis) };
  },
  Cumprod: (draw) => {
    const shape = draw.filled(1, 5);
    const [axis, exclusive, reverse] = [
      draw.whole(0, shape.length - 1),
      draw.one(true, false),
      draw.one(true, false),
    ];
    return { inputs: [draw.numbers(shape)], run: (x) => tf.cumprod(x, axis, exclusive, reverse) };
  },
  Cumsum: (draw) => {
    const shape = draw.filled(1, 5);
    const [axis, exclusive, reverse] = [
      draw.whole(0, shape.length - 1),
      draw.one(true, false),
      draw.one(true, false),
    ];
    const last = axis === shape.length - 1; // elsewhere TensorFlow.js transposes the gradient by mistake
    return {
      inputs: [draw.numbers(shape)],
      run: (x) => tf.cumsum(x, axis, exclusive, reverse),
      gradient: last,
    };
  },
  FusedBatchNorm: (draw) => {
    const shape = draw.filled(4, 4);
    const channel = shape.slice(-1);
    return {
      inputs: [
        draw.numbers(shape),
        draw.numbers(channel),
        draw.numbers(channel, 0.5, 2),
        draw.numbers(channel),
        draw.numbers(channel),
      ],
      run: (x, mean, variance, offset, scale) =>
        tf.batchNorm(
          x,
          mean as tf.Tensor1D,
          variance as tf.Tensor1D,
          offset as tf.Tensor1D,
          scale as tf.Tensor1D,
        ),
      gradient: true,
    };
  },
  Max: reduction((x, axes, keep) => x.max(axes, keep)),
  Mean: (draw) => {
    const shape = draw.filled();
    const axes = draw.axes(shape.length);
    const keep = draw.one(true, false);
    return { inputs: [draw.numbers(shape)], run: (x) => x.mean(axes, keep), gradient: true };
  },
  Min: reduction((x, axes, keep) => x.min(axes, keep)),
  Prod: (draw) => {
    const shape = draw.filled(1, 5);
    const axis = draw.whole(0, shape.length - 1);
    return { inputs: [draw.numbers(shape, 0.5, 2)], run: (x) => x.prod(axis), gradient: true };
  },
  Softmax: (draw) => ({
    inputs: [draw.numbers(draw.filled(1, 6), -6, 6)],
    run: (x) => x.softmax(),
    gradient: true,
  }),
  Sum: reduction((x, axes, keep) => x.sum(axes, keep)),
};
