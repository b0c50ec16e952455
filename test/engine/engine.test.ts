import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { compile, engineReport, normalNoise, useBackend } from "vid2world";
import * as internals from "vid2world/dist/engine/tfjsInternals.js";
import { expect, test } from "vitest";
import { expectClose } from "./compare";

test("the TensorFlow.js internals in use are those of the pinned version", async () => {
  expect(tf.version_core).toBe(internals.pinnedTensorFlowVersion);
  let running: string[] = [];
  tf.rand([1], () => {
    running = internals.runningOps();
    return 0;
  });
  expect(running).toEqual(["rand"]);

  const variable = tf.variable(tf.scalar(1), true, "living");
  expect(internals.livingVariables().living).toBe(variable);
  variable.dispose();
  expect(internals.livingVariables().living).toBeUndefined();

  const values = new Float32Array([1, 2]);
  const tensor = internals.tensorAround(values, [2], "float32");
  expect(internals.readElements(tensor)).toBe(values); // no copy
  expect(tf.tensor1d([1, 0]).toBool().toFloat().dtype).toBe("float32");
  expect(internals.readElements(tf.tensor1d([1, 0]).toBool().toFloat())).toBeInstanceOf(Float32Array);
});

test("frozen weights give the same answer, and changes to them are not seen", async () => {
  const weights = {
    kernel: normalNoise([3, 3, 4, 8], 1) as tf.Tensor4D,
    bias: tf.variable(normalNoise([8], 2)),
  };
  const convolve = (x: tf.Tensor4D) => tf.conv2d(x, weights.kernel, 1, "same").add(weights.bias).relu();
  const frozen = compile(convolve, { freeze: weights });
  const x = normalNoise([2, 6, 6, 4], 3) as tf.Tensor4D;
  const before = convolve(x);
  expectClose(await frozen(x), before);
  weights.bias.assign(tf.zeros([8]));
  expectClose(await frozen(x), before);
  await expect(compile(() => weights.bias.assign(tf.zeros([8])), { freeze: weights })()).rejects.toThrow(
    "is frozen, yet assigned",
  );
});

test("a saved graph runs in plain ONNX Runtime, with large weights in a file beside it", async () => {
  const folder = await mkdtemp(join(tmpdir(), "engine-"));
  const weight = normalNoise([128, 64], 1) as tf.Tensor2D;
  const project = compile((x: tf.Tensor2D) => tf.matMul(x, weight).sigmoid(), { freeze: [weight] });
  await expect(project.saveGraph(join(folder, "early.onnx"))).rejects.toThrow(
    "call the function once before",
  );
  const x = normalNoise([3, 128], 2) as tf.Tensor2D;
  const expected = await project(x);
  await project.saveGraph(join(folder, "projection.onnx"));
  expect((await readdir(folder)).sort()).toEqual(["projection.onnx", "projection.onnx.data"]);
  const session = await InferenceSession.create(join(folder, "projection.onnx"));
  const [input] = session.inputNames;
  const output = await session.run({
    [input]: new OrtTensor("float32", x.dataSync() as Float32Array, [3, 128]),
  });
  const [name] = session.outputNames;
  expectClose(tf.tensor(output[name].data as Float32Array, [3, 64]), expected);
  await session.release();
  await rm(folder, { recursive: true });
});

test("errors of ONNX Runtime name the TensorFlow.js op", async () => {
  const pick = compile((x: tf.Tensor1D, place: tf.Tensor1D) => tf.gather(x, place).mul(2));
  const inside = await pick(tf.tensor1d([1, 2]), tf.tensor1d([1], "int32"));
  expect([...inside.dataSync()]).toEqual([4]);
  await expect(pick(tf.tensor1d([1, 2]), tf.tensor1d([7], "int32"))).rejects.toThrow(
    /ONNX Runtime failed in tf\.gather .*indices element out of data bounds/s,
  );
});

test("arguments and options that do not fit are refused with what was expected", async () => {
  expect(() => compile(tf.abs, { threads: 0 })).toThrow(
    "compile: threads is 0; expected a whole number from 1 up.",
  );
  expect(() => compile(tf.abs, { provider: "gpu" as never })).toThrow(
    "expected one of cpu, webgpu, cuda, auto",
  );
  await expect(compile((x: unknown) => x)(new Date())).rejects.toThrow("is a Date; expected tensors");
  await expect(compile(tf.abs as (x: tf.Tensor) => tf.Tensor, { steps: 3 })(tf.ones([2, 2]))).rejects.toThrow(
    "expected 3 steps stacked along the first axis",
  );
  const lost = tf.ones([2]);
  const uses = compile((x: tf.Tensor) => x.add(lost));
  await uses(tf.ones([2]));
  lost.dispose();
  await expect(uses(tf.ones([2]))).rejects.toThrow("is disposed");
});

test("only the graphs used last stay open, and dispose closes them all", async () => {
  const double = compile((x: tf.Tensor) => x.mul(2));
  for (let size = 1; size <= 20; size++) await double(tf.ones([size]));
  expect(double.stats().graphs).toBe(8);
  await double.dispose();
  expect(() => double.stats()).toThrow("stats needs a graph");
  expect([...(await double(tf.ones([2]))).dataSync()]).toEqual([2, 2]);
});

test("a provider that cannot open says why; auto goes on to the next and tells", async () => {
  const double = (x: tf.Tensor) => x.mul(2);
  const { providers, versions, eagerBackend } = await engineReport();
  expect(providers.cpu).toBe("opens");
  expect(versions.onnxRuntime).toBe("1.30.0");
  expect(eagerBackend).toBe(tf.getBackend());
  if (providers.cuda === "opens") return;
  await expect(compile(double, { provider: "cuda" })(tf.ones([2]))).rejects.toThrow(/cuda/i);
  const anywhere = compile(double, { provider: "auto" });
  await anywhere(tf.ones([2]));
  expect(anywhere.stats().refused).toHaveProperty("cuda");
});

test("compiled functions work beside the wasm backend, and variables stay right there", async () => {
  expect(await useBackend("wasm")).toBe("wasm");
  const weight = tf.variable(tf.tensor1d([1, 2]));
  const step = compile((x: tf.Tensor1D) => {
    weight.assign(weight.add(x) as tf.Tensor1D);
    return weight.mul(10);
  });
  const x = tf.tensor1d([1, 1]);
  const before = tf.memory().numTensors;
  for (let i = 0; i < 3; i++) (await step(x)).dispose();
  expect([...weight.dataSync()]).toEqual([4, 5]);
  expect([...weight.mul(2).dataSync()]).toEqual([8, 10]); // read by a wasm kernel
  expect([...(await step(x)).dataSync()]).toEqual([50, 60]);
  expect(tf.memory().numTensors).toBe(before + 2);
  expect(tf.getBackend()).toBe("wasm");
  expect(await useBackend("cpu")).toBe("cpu");
  expect([...weight.dataSync()]).toEqual([5, 6]);
});
