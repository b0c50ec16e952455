/** The engine outside this project's domain: a small image classifier, written in TensorFlow.js, trained compiled. */
import * as tf from "@tensorflow/tfjs";
import { compile, normalNoise, uniformValues } from "vid2world";
import { expect, test } from "vitest";

const size = 12;
const classes = 3;

/** Noisy images of a horizontal bar, a vertical bar or a diagonal, at random places, with their classes. */
function draw(count: number, seed: number): { images: tf.Tensor4D; labels: tf.Tensor1D } {
  const chance = uniformValues(2 * count, seed);
  const pixels = new Float32Array(count * size * size);
  const labels = new Int32Array(count);
  for (let image = 0; image < count; image++) {
    const kind = Math.floor(chance[2 * image] * classes);
    const place = 1 + Math.floor(chance[2 * image + 1] * (size - 2));
    labels[image] = kind;
    for (let i = 0; i < size; i++) {
      const [row, column] = [
        [place, i],
        [i, place],
        [i, (i + place) % size],
      ][kind];
      pixels[(image * size + row) * size + column] = 1;
    }
  }
  const clean = tf.tensor4d(pixels, [count, size, size, 1]);
  return {
    images: clean.add(normalNoise([count, size, size, 1], seed).mul(0.3)),
    labels: tf.tensor1d(labels, "int32"),
  };
}

test("a convolutional classifier learns to tell bars apart", async () => {
  const layer = (shape: number[], seed: number) => tf.variable(normalNoise(shape, seed).mul(0.2));
  const weights = {
    first: layer([3, 3, 1, 8], 1),
    second: layer([3, 3, 8, 16], 2),
    dense: layer([16 * 9, classes], 3),
  };
  const classify = (images: tf.Tensor4D): tf.Tensor2D => {
    const low = tf.relu(tf.conv2d(images, weights.first as tf.Variable<tf.Rank.R4>, 1, "same"));
    const pooled = tf.maxPool(low, 2, 2, "same");
    const high = tf.relu(tf.conv2d(pooled, weights.second as tf.Variable<tf.Rank.R4>, 1, "same"));
    const flat = tf.avgPool(high, 2, 2, "same").reshape<tf.Tensor2D>([images.shape[0], -1]);
    return tf.matMul(flat, weights.dense as tf.Variable<tf.Rank.R2>);
  };
  const learn = compile((images: tf.Tensor4D, labels: tf.Tensor1D) => {
    const { value, grads } = tf.variableGrads(() =>
      tf.losses.softmaxCrossEntropy(tf.oneHot(labels, classes), classify(images)).asScalar(),
    );
    for (const weight of Object.values(weights)) weight.assign(weight.sub(grads[weight.name].mul(0.3)));
    return value;
  });
  const share = compile((images: tf.Tensor4D, labels: tf.Tensor1D) =>
    classify(images).argMax(-1).equal(labels).mean(),
  );

  const unseen = draw(200, 999);
  const before = (await share(unseen.images, unseen.labels)).dataSync()[0];
  for (let step = 1; step <= 120; step++) {
    const { images, labels } = draw(32, step);
    (await learn(images, labels)).dispose();
    tf.dispose([images, labels]);
  }
  const after = (await share(unseen.images, unseen.labels)).dataSync()[0];
  expect(before).toBeLessThan(0.6);
  expect(after).toBeGreaterThan(0.95);
});
