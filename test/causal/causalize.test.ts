import { memory, type Tensor } from "@tensorflow/tfjs";
import { causalize, type TransferRule, videoUnet, videoUnetStep } from "vid2world";
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
  const parts = [[0, 2] as const, [2, 1] as const, [3, 2] as const].map(([from, frames]) => ({
    x: x.slice([0, from], [2, frames]),
    level: levels.slice([0, from], [2, frames]),
    context: sharedContext,
    fps,
  }));
  const before = memory().numTensors;
  const first = videoUnetStep(causal, parts[0]);
  const second = videoUnetStep(causal, parts[1], first.memory);
  const third = videoUnetStep(causal, parts[2], second.memory);
  const results = [first, second, third];
  const kept = results.map((each) => Object.keys(each.memory.tensors).length);
  expect(memory().numTensors).toBe(before + 3 + kept[0] + kept[1] + kept[2]);
  expect(results.map((each) => each.memory.frames)).toEqual([2, 3, 5]);
  const pieces = results.map(({ output }) => output);
  expect(farthest(pieces[0].concat(pieces.slice(1), 1), whole)).toBeLessThan(tolerance);
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
  const { model, x, context, levels } = await tinyUnet();
  const causal = causalize(model, { transfer: "masked" });
  expect(() => causalize(causal, { transfer: "masked" })).toThrow("causal already");
  expect(() => causalize(model, { transfer: "masked", conditionFrame: 3 })).toThrow("conditionFrame is 3");
  expect(() => videoUnetStep(model, { x, level: levels, context })).toThrow("the model is not causal");
});
