/**
 * Image resizing. Both filters read each axis on its own: bilinear as a product with a matrix of weights, nearest by
 * index; their gradients are the transposed products.
 */

import { castTo } from "../arithmetic.js";
import type { Graph, Value } from "../graph.js";
import { reshape, transpose } from "../layout.js";
import { exactly, full, type KernelAttributes, type KernelRules } from "../traced.js";

interface Sampling {
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

function scaleOf(from: number, to: number, alignCorners: boolean): number {
  return alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to;
}

/** Weights [to, from] of linear interpolation along one axis. */
function linearWeights(graph: Graph, from: number, to: number, sampling: Sampling): Value {
  const weights = new Float32Array(to * from);
  const scale = scaleOf(from, to, sampling.alignCorners);
  for (let i = 0; i < to; i++) {
    const place = sampling.halfPixelCenters ? scale * (i + 0.5) - 0.5 : scale * i;
    const low = Math.min(from - 1, Math.max(0, Math.floor(place)));
    const high = Math.min(from - 1, Math.max(0, Math.ceil(place)));
    const fraction = place - low;
    weights[i * from + low] += 1 - fraction;
    weights[i * from + high] += fraction;
  }
  return graph.constant(weights, [to, from], "float32");
}

/** Which input each output of one axis shows. */
function nearestPlaces(from: number, to: number, { alignCorners, halfPixelCenters }: Sampling): number[] {
  const scale = scaleOf(from, to, alignCorners);
  return Array.from({ length: to }, (_, i) => {
    const place = halfPixelCenters ? scale * (i + 0.5) : scale * i;
    return Math.max(0, Math.min(from - 1, alignCorners ? Math.round(place) : Math.floor(place)));
  });
}

function nearestWeights(graph: Graph, from: number, to: number, sampling: Sampling): Value {
  const weights = new Float32Array(to * from);
  nearestPlaces(from, to, sampling).forEach((place, i) => {
    weights[i * from + place] = 1;
  });
  return graph.constant(weights, [to, from], "float32");
}

/** Multiplies height, then width, of [batch, height, width, channel] by a matrix each. */
function multiplyAxes(graph: Graph, x: Value, rows: Value, columns: Value): Value {
  const [batch, height, width, channels] = x.shape;
  const newHeight = rows.shape[0];
  const newWidth = columns.shape[0];
  const tall = graph.emit("MatMul", [rows, reshape(graph, x, [batch, height, width * channels])], {
    shape: [batch, newHeight, width * channels],
    type: "float32",
  });
  const wide = graph.emit("MatMul", [columns, reshape(graph, tall, [batch * newHeight, width, channels])], {
    shape: [batch * newHeight, newWidth, channels],
    type: "float32",
  });
  return reshape(graph, wide, [batch, newHeight, newWidth, channels]);
}

function samplingOf(attributes: KernelAttributes): Sampling {
  return {
    alignCorners: attributes.alignCorners ?? false,
    halfPixelCenters: attributes.halfPixelCenters ?? false,
  };
}

type Weights = typeof linearWeights;

/** The transposed product: from the gradient of the resized image to that of the image. */
function gradient(
  graph: Graph,
  dy: Value,
  image: readonly number[],
  sampling: Sampling,
  weights: Weights,
): Value {
  const [, height, width] = image;
  const transposed = (from: number, to: number) =>
    transpose(graph, weights(graph, from, to, sampling), [1, 0]);
  return multiplyAxes(graph, dy, transposed(height, dy.shape[1]), transposed(width, dy.shape[2]));
}

export const resizeRules: KernelRules = {
  ResizeBilinear: (graph, { images }, attributes) => {
    const [, height, width] = images.shape;
    const sampling = samplingOf(attributes);
    const rows = linearWeights(graph, height, attributes.size[0], sampling);
    const columns = linearWeights(graph, width, attributes.size[1], sampling);
    return exactly(multiplyAxes(graph, full(graph, castTo(graph, images, "float32")), rows, columns));
  },
  ResizeBilinearGrad: (graph, { images, dy }, attributes) =>
    exactly(gradient(graph, full(graph, dy), images.shape, samplingOf(attributes), linearWeights)),
  ResizeNearestNeighbor: (graph, { images }, attributes) => {
    const x = full(graph, images);
    const sampling = samplingOf(attributes);
    const read = (value: Value, axis: 1 | 2): Value => {
      const order = nearestPlaces(value.shape[axis], attributes.size[axis - 1], sampling);
      const shape = value.shape.map((size, i) => (i === axis ? order.length : size));
      return graph.emit("Gather", [value, graph.integers(order)], { shape, type: x.type }, { axis });
    };
    return exactly(read(read(x, 1), 2));
  },
  ResizeNearestNeighborGrad: (graph, { images, dy }, attributes) =>
    exactly(gradient(graph, full(graph, dy), images.shape, samplingOf(attributes), nearestWeights)),
};
