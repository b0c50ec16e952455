import * as tf from "@tensorflow/tfjs";
import { compile, normalNoise } from "vid2world";
import { expect, test } from "vitest";
import { expectClose } from "./compare";

test("a compiled function answers as the plain one, and leaves only its results", async () => {
  const mixed = (x: tf.Tensor2D, { y }: { y: tf.Tensor2D }) => [
    x.mul(2).add(y).relu(),
    tf.matMul(x, y, false, true),
  ];
  const compiled = compile(mixed);
  const x = normalNoise([3, 4], 1) as tf.Tensor2D;
  const y = normalNoise([3, 4], 2) as tf.Tensor2D;
  const plain = mixed(x, { y });
  const before = tf.memory().numTensors;
  const results = await compiled(x, { y });
  expect(tf.memory().numTensors).toBe(before + 2);
  results.forEach((result, i) => {
    expectClose(result, plain[i]);
  });
});

test("variables are read at each call and written back after it", async () => {
  const weight = tf.variable(tf.tensor1d([1, 2, 3]));
  const step = compile((target: tf.Tensor1D) => {
    const { value, grads } = tf.variableGrads(() => weight.sub(target).square().sum() as tf.Scalar);
    weight.assign(weight.sub(grads[weight.name].mul(0.25)));
    return value;
  });
  const target = tf.tensor1d([0, 0, 1]);
  const before = tf.memory().numTensors;
  const losses = [await step(target), await step(target)].map((loss) => loss.dataSync()[0]);
  expect(losses).toEqual([9, 2.25]);
  expect([...weight.dataSync()]).toEqual([0.25, 0.5, 1.5]);
  weight.assign(tf.tensor1d([0, 0, 2]));
  expect((await step(target)).dataSync()[0]).toBe(1);
  expect(tf.memory().numTensors).toBe(before + 4); // three losses, and the tensor assigned here
});

test("K steps in one loop do what K calls do", async () => {
  const make = () => tf.variable(tf.tensor1d([1, 2, 3]));
  const stepFor = (weight: tf.Variable) => (target: tf.Tensor1D) => {
    const { value, grads } = tf.variableGrads(() => weight.sub(target).square().sum() as tf.Scalar);
    weight.assign(weight.sub(grads[weight.name].mul(0.1)));
    return value;
  };
  const single = make();
  const looped = make();
  const targets = normalNoise([4, 3], 5) as tf.Tensor2D;
  const one = compile(stepFor(single));
  const four = compile(stepFor(looped), { steps: 4 });
  const losses = await four(targets);
  const expected: number[] = [];
  for (const target of tf.unstack(targets)) expected.push((await one(target as tf.Tensor1D)).dataSync()[0]);
  expectClose(losses, tf.tensor1d(expected));
  expectClose(looped, single);
});

test("a new shape, or a new plain number, traces again; a known one does not", async () => {
  const scale = compile((x: tf.Tensor, by: number) => x.mul(by));
  const answers = [];
  for (const [size, by] of [
    [2, 3],
    [3, 3],
    [2, 3],
    [2, 4],
  ])
    answers.push([...(await scale(tf.ones([size]), by)).dataSync()]);
  expect(answers).toEqual([
    [3, 3],
    [3, 3, 3],
    [3, 3],
    [4, 4],
  ]);
  expect(scale.stats().graphs).toBe(3);
});

test("results that are arguments, constants or one and the same value are tensors of their own", async () => {
  const compiled = compile((x: tf.Tensor1D) => ({
    same: x,
    twice: [x.add(1), x.add(1)],
    fixed: tf.zeros([2]),
    none: tf.zeros([0, 3]),
  }));
  const x = tf.tensor1d([1, 2]);
  const { same, twice, fixed, none } = await compiled(x);
  x.dispose();
  twice[0].dispose();
  expect([[...same.dataSync()], [...twice[1].dataSync()], [...fixed.dataSync()]]).toEqual([
    [1, 2],
    [2, 3],
    [0, 0],
  ]);
  expect(none.shape).toEqual([0, 3]);
});

test("what cannot be traced is refused by name, and nothing is left changed", async () => {
  const weight = tf.variable(tf.scalar(1));
  const x = tf.ones([2, 2]) as tf.Tensor2D;
  const refusals: [(x: tf.Tensor2D) => unknown, string][] = [
    [(t) => t.add(tf.randomNormal([2])), "tf.randomNormal draws numbers while tracing"],
    [(t) => tf.dropout(t, 0.5), "tf.dropout draws numbers while tracing"],
    [(t) => t.dataSync(), "dataSync (or print, array, buffer) asks for the elements"],
    [(t) => t.print(), "asks for the elements of a tensor while tracing"],
    [() => weight.dataSync(), "asks for the elements of a tensor while tracing"],
    [(t) => tf.variable(t), "a variable is created while tracing"],
    [() => tf.variable(x), "a variable is created while tracing"],
    [(t) => tf.complex(t, t), "tf.complex (kernel Complex) cannot be traced yet"],
    [async (t) => t, "fn returned a Promise"],
  ];
  const before = tf.memory().numTensors;
  for (const [fn, message] of refusals) await expect(compile(fn)(x)).rejects.toThrow(message);
  expect(tf.memory().numTensors).toBe(before);
  expect(tf.getBackend()).toBe("cpu");
  expect([weight.dataSync()[0], ...x.dataSync()]).toEqual([1, 1, 1, 1, 1]);
});
