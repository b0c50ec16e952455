import { memory, scalar, type Tensor, tensor2d, tidy } from "@tensorflow/tfjs";
import {
  causalize,
  rememberFrame,
  StreamMemory,
  type TransferRule,
  temporalMask,
  videoUnet,
  videoUnetStream,
  type Weights,
} from "vid2world";
import { expect, test } from "vitest";
import { channelsLast, farthest, tinyUnet, withReleasedOutput } from "../fixtures/fixtures.js";

const tolerance = 2.4e-5; // ten times the float32 round-off of the recorded runs

const dispose = (weights: Record<string, Tensor>) => {
  for (const each of Object.values(weights)) each.dispose();
};

for (const transfer of ["masked", "shift", "extrapolative"] as TransferRule[]) {
  test(`${transfer}: the strictly causal network is reproduced`, async () => {
    const { model, io, x, context, sharedContext, fps, levels } = await tinyUnet(transfer);
    const before = memory().numTensors;
    const causal = causalize(model, { transfer });
    expect(memory().numTensors).toBe(before + Object.keys(model.weights).length);
    expect(causal.config).toMatchObject({ transfer, convPadding: "causal", mask: "causal", norm: "frame" });
    const output = videoUnet(causal, { x, level: levels, context, fps });
    expect(farthest(output, channelsLast(io.output))).toBeLessThan(tolerance);
    const shared = videoUnet(causal, { x, level: levels, context: sharedContext, fps });
    expect(farthest(shared, channelsLast(io["output.context_shared"]))).toBeLessThan(tolerance);
  });

  test(`${transfer}: the released variants are reproduced, with joint norms and a row-causal last layer`, async () => {
    const { model, io, x, context, fps, levels } = await tinyUnet(transfer);
    const joint = causalize(model, { transfer, norm: "clip" });
    const output = videoUnet(joint, { x, level: levels, context, fps });
    expect(farthest(output, channelsLast(io["output.joint_norm"]))).toBeLessThan(tolerance);
    const released = videoUnet(withReleasedOutput(joint, transfer), { x, level: levels, context, fps });
    expect(farthest(released, channelsLast(io["output.joint_norm_height_out"]))).toBeLessThan(tolerance);
  });
}

test.each([
  { transfer: "extrapolative", norm: "frame", mask: "causal" },
  { transfer: "shift", norm: "cumulative", mask: { window: 2, sinks: 1 } },
  { transfer: "extrapolative", points: 4, norm: "cumulative", mask: "causal" },
] as const)("frame by frame with a memory gives what one call gives: %j", async (options) => {
  const { model, x, sharedContext, fps, levels } = await tinyUnet();
  const causal = causalize(model, options);
  const whole = videoUnet(causal, { x, level: levels, context: sharedContext, fps });
  const [, frames, height, width] = x.shape;
  const sees = temporalMask(frames, options.mask).arraySync();
  const at = (t: number, tensors: Readonly<Weights>) => ({
    inputs: { x: x.slice([0, t], [2, 1]), level: levels.slice([0, t], [2, 1]), context: sharedContext, fps },
    past: {
      tensors,
      visible: tensor2d([sees[t].map((seen, slot) => (slot < t ? seen : 0))]),
      share: scalar(t / (t + 1)),
    },
  });
  tidy(() => {
    const memory = new StreamMemory(causal, { batch: 2, height, width }, frames);
    for (let t = 0; t < frames; t++) {
      const { inputs, past } = at(t, memory.tensors);
      const answer = videoUnetStream(causal, inputs, past);
      expect(farthest(answer, whole.slice([0, t], [2, 1]))).toBeLessThan(tolerance);
      memory.place(rememberFrame(causal, inputs, past), t);
    }
  });
});

test("causalizing leaves the model as it was, and its result outlives it", async () => {
  const { model, x, context, fps, levels } = await tinyUnet();
  const inputs = { x, level: levels, context, fps };
  const before = videoUnet(model, inputs);
  const causal = causalize(model, { transfer: "extrapolative" });
  expect(farthest(videoUnet(model, inputs), before)).toBe(0);
  const answer = videoUnet(causal, inputs);
  dispose(model.weights);
  expect(farthest(videoUnet(causal, inputs), answer)).toBe(0);
});

test("a causal model, a later conditioning frame and a bidirectional model with a memory are refused", async () => {
  const { model } = await tinyUnet();
  const causal = causalize(model, { transfer: "masked" });
  expect(() => causalize(causal, { transfer: "masked" })).toThrow("causal already");
  expect(() => causalize(model, { transfer: "masked", conditionFrame: 3 })).toThrow("conditionFrame is 3");
  expect(() => new StreamMemory(model, { batch: 2, height: 8, width: 8 }, 1)).toThrow(
    "the model is not causal",
  );
});
