import * as tf from "@tensorflow/tfjs";
import {
  compile,
  createVideoUnet,
  normalNoise,
  presets,
  uniformNoise,
  type VideoUnetConfig,
  videoUnet,
} from "vid2world";
import { expect, test } from "vitest";
import { relativeError } from "./compare";

interface Task {
  readonly weights: Record<string, tf.Variable>;
  readonly loss: (inputs: Record<string, tf.Tensor>) => tf.Scalar;
  readonly inputs: Record<string, tf.Tensor>;
}

/** The network with every weight away from zero, a clip of two frames, and the loss of its answer. */
function task(config: VideoUnetConfig): Task {
  const { weights: fresh } = createVideoUnet(config, 1);
  const weights: Record<string, tf.Variable> = {};
  Object.entries(fresh).forEach(([name, weight], i) => {
    weights[name] = tf.variable(weight.add(normalNoise(weight.shape, 100 + i).mul(0.03)));
  });
  const inputs = {
    x: normalNoise([1, 2, 4, 4, config.inChannels], 1),
    level: uniformNoise([1, 2], 2).mul(999).floor(),
    action: normalNoise([1, 2, config.actionSize], 3),
    target: normalNoise([1, 2, 4, 4, config.outChannels], 4),
  };
  const loss = ({ x, level, action, target }: Record<string, tf.Tensor>) => {
    const asked = { x: x as tf.Tensor5D, level: level as tf.Tensor2D, action: action as tf.Tensor3D };
    return videoUnet({ config, weights }, asked).sub(target).square().mean() as tf.Scalar;
  };
  return { weights, loss, inputs };
}

test("loss and every gradient of the lab U-Net agree with eager TensorFlow.js", async () => {
  const { weights, loss, inputs } = task({ ...presets.lab, actionSize: 3 });
  const variables = Object.values(weights);
  const step = (given: Record<string, tf.Tensor>) => {
    const { value, grads } = tf.variableGrads(() => loss(given), variables);
    return [value, ...variables.map(({ name }) => grads[name])];
  };
  const eager = step(inputs);
  const compiled = await compile(step)(inputs);
  expect(Math.abs(compiled[0].dataSync()[0] / eager[0].dataSync()[0] - 1)).toBeLessThanOrEqual(1e-6);
  const names = Object.keys(weights);
  const gradients = eager.slice(1);
  // Gradients that are zero but for rounding (a bias before a norm) have no size of their own to compare with.
  const typical = Math.max(...gradients.map((gradient) => gradient.abs().max().dataSync()[0]));
  gradients.forEach((gradient, i) => {
    const size = gradient.abs().max().dataSync()[0];
    const error = relativeError(compiled[i + 1], gradient, Math.max(1e-5 * typical, 1e-30));
    expect(error, `${names[i]}, largest entry ${size} of ${typical}`).toBeLessThanOrEqual(1e-5);
  });
}, 180_000);

test("twenty compiled Adam updates follow tf.train.adam in the loss", async () => {
  const small = { ...presets.lab, channels: 8, headWidth: 8, normGroups: 4, actionSize: 3 };
  const [reference, traced] = [task(small), task(small)];
  const [rate, beta1, beta2, epsilon] = [1e-3, 0.9, 0.999, 1e-7];
  const adam = tf.train.adam(rate, beta1, beta2, epsilon);
  const variables = Object.values(traced.weights);
  const means = variables.map((variable) => tf.variable(variable.zerosLike()));
  const squares = variables.map((variable) => tf.variable(variable.zerosLike()));
  const update = compile((inputs: Record<string, tf.Tensor>, corrections: tf.Tensor1D) => {
    const { value, grads } = tf.variableGrads(() => traced.loss(inputs), variables);
    const [first, second] = tf.unstack(corrections);
    variables.forEach((variable, i) => {
      const gradient = grads[variable.name];
      means[i].assign(means[i].mul(beta1).add(gradient.mul(1 - beta1)));
      squares[i].assign(squares[i].mul(beta2).add(gradient.square().mul(1 - beta2)));
      const size = squares[i].div(second).sqrt().add(epsilon);
      variable.assign(variable.sub(means[i].div(first).div(size).mul(rate)));
    });
    return value;
  });
  for (let step = 1; step <= 20; step++) {
    const expected = adam.minimize(
      () => reference.loss(reference.inputs),
      true,
      Object.values(reference.weights),
    );
    const corrections = tf.tensor1d([1 - beta1 ** step, 1 - beta2 ** step]);
    const actual = await update(traced.inputs, corrections);
    const ratio = actual.dataSync()[0] / (expected as tf.Scalar).dataSync()[0];
    expect(Math.abs(ratio - 1), `step ${step}`).toBeLessThanOrEqual(1e-5);
  }
}, 180_000);
