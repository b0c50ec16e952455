import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import * as tf from "@tensorflow/tfjs";
import { compile, normalNoise, useBackend } from "vid2world";
import { beforeAll, expect, test } from "vitest";

// A file of its own, so a process of its own: garbage of other tests would blur what this one measures.
beforeAll(async () => {
  await useBackend("cpu");
});

test("ten thousand calls leave no tensor and no memory behind", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const weight = tf.variable(normalNoise([64, 64], 1) as tf.Tensor2D);
  const step = compile(
    (x: tf.Tensor2D) => {
      const { value, grads } = tf.variableGrads(() => tf.matMul(x, weight).square().mean() as tf.Scalar);
      weight.assign(weight.sub(grads[weight.name].mul(0.01)));
      return value;
    },
    { threads: 1 },
  );
  const x = normalNoise([8, 64], 2) as tf.Tensor2D;
  const resident = () => {
    collect();
    return process.memoryUsage().rss;
  };
  for (let call = 0; call < 100; call++) (await step(x)).dispose();
  const tensors = tf.memory().numTensors;

  // A leak adds the same amount in every ten thousand calls; what V8 and the allocator keep for themselves settles.
  const growth: number[] = [];
  do {
    const before = resident();
    for (let call = 0; call < 10_000; call++) (await step(x)).dispose();
    growth.push(resident() / before);
  } while (growth.length < 4 && growth[growth.length - 1] >= 1.05);
  expect(tf.memory().numTensors).toBe(tensors);
  expect(Math.min(...growth), `growth per ten thousand calls: ${growth.join(", ")}`).toBeLessThan(1.05);
});
