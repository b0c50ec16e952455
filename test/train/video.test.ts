import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, type Tensor3D, type Tensor5D, zeros } from "@tensorflow/tfjs";
import {
  createTrainer,
  createVideoUnet,
  normalNoise,
  presets,
  resumeTrainer,
  useBackend,
  type VideoBatch,
  videoObjective,
} from "vid2world";
import { expect, test } from "vitest";
import { trained } from "./toy.js";

const config = {
  ...presets.lab,
  inChannels: 4,
  outChannels: 2,
  channels: 8,
  channelMultipliers: [1],
  attentionAt: [],
  headWidth: 8,
  normGroups: 2,
  actionSize: 3,
  convPadding: "causal",
  mask: "causal",
  norm: "frame",
} as const;

test("a causal video U-Net with actions learns one clip, and continues from disk with equal bits", async () => {
  const dir = mkdtempSync(join(tmpdir(), "train-"));
  const batch = {
    x0: normalNoise([1, 3, 4, 4, 2], 1) as Tensor5D,
    action: normalNoise([1, 3, 3], 2) as Tensor3D,
  };
  const trainer = createTrainer(createVideoUnet(config, 1), {
    objective: videoObjective(config, { levels: "shared" }),
    optimizer: { warmUp: 0, rate: 0.01, steps: 40 },
    seed: 1,
    threads: 1,
  });
  const losses: number[] = [];
  for (let step = 0; step < 30; step++) losses.push((await trainer.step(batch)).loss);
  await trainer.save(dir);
  const mean = (part: number[]) => part.reduce((sum, loss) => sum + loss, 0) / part.length;
  expect(mean(losses.slice(-10))).toBeLessThan(0.8 * mean(losses.slice(0, 10)));

  const resumed = await resumeTrainer(dir, { threads: 1 });
  const [a, b] = [await trainer.step(batch), await resumed.step(batch)];
  expect(b).toEqual(a);
  expect(trained(resumed)).toEqual(trained(trainer));
  rmSync(dir, { recursive: true });
});

test("a clip's first frame is shown or dropped as a whole, in about the share asked for", async () => {
  const x0 = normalNoise([400, 1, 1, 1, 2], 1) as Tensor5D;
  const { firstFrameMask } = videoObjective(config, { firstFrameDropout: 0.25 }).inputs({ x0 }, 7);
  expect(firstFrameMask.shape).toEqual([400, 1, 1, 1, 1]);
  const kept = [...firstFrameMask.dataSync()];
  expect(new Set(kept)).toEqual(new Set([0, 1]));
  expect(kept.reduce((sum, value) => sum + value) / 400).toBeCloseTo(0.75, 1);
  expect("firstFrameMask" in videoObjective(config).inputs({ x0 }, 7)).toBe(false);
});

test("with every first frame dropped, the loss is that of zeros shown in its place", async () => {
  await useBackend("wasm");
  const { weights } = createVideoUnet(config, 1);
  const loud = { ...weights, "out.2.weight": normalNoise(weights["out.2.weight"].shape, 5) };
  const x0 = normalNoise([2, 3, 4, 4, 2], 4) as Tensor5D;
  const lossOf = (firstFrameDropout: number, batch: VideoBatch) => {
    const objective = videoObjective(config, { firstFrameDropout });
    return objective.loss(loud, objective.inputs(batch, 9)).dataSync()[0];
  };
  const dropped = lossOf(1, { x0 });
  expect(dropped).toBe(lossOf(0, { x0, firstFrame: zeros([2, 1, 4, 4, 2]) }));
  expect(lossOf(0, { x0 })).not.toBeCloseTo(dropped, 5);
});

test("the first frame that is shown is the one given, or else the clip's own", async () => {
  await useBackend("wasm");
  const { weights } = createVideoUnet(config, 1);
  const loud = { ...weights, "out.2.weight": normalNoise(weights["out.2.weight"].shape, 5) };
  const x0 = normalNoise([2, 3, 4, 4, 2], 4) as Tensor5D;
  const objective = videoObjective(config);
  const lossOf = (firstFrame?: Tensor5D) =>
    objective.loss(loud, objective.inputs({ x0, ...(firstFrame && { firstFrame }) }, 9)).dataSync()[0];
  const own = x0.slice([0, 0], [-1, 1, 4, 4, 2]) as Tensor5D;
  expect(lossOf(own)).toBe(lossOf());
  expect(lossOf(own.add(1) as Tensor5D)).not.toBeCloseTo(lossOf(), 3);
  expect(() => objective.inputs({ x0, firstFrame: x0 }, 9)).toThrow("trainer.step: firstFrame");
});

test("shown previous frames are the clip's own one frame later, at one low level, with the noise they have in it", () => {
  const x0 = normalNoise([50, 3, 2, 2, 2], 4) as Tensor5D;
  const before = normalNoise([50, 1, 2, 2, 2], 6) as Tensor5D;
  const objective = videoObjective({ ...config, shownFrame: "previous" });
  const batch = { x0, firstFrame: before };
  const tensors = memory().numTensors;
  const inputs = objective.inputs(batch, 9);
  expect(memory().numTensors).toBe(tensors + Object.keys(inputs).length);
  const { firstFrame, noise } = inputs as { firstFrame: Tensor5D; noise: Tensor5D };
  expect(firstFrame.shape).toEqual(x0.shape);
  const frame = (video: Tensor5D, t: number) => video.slice([0, t], [-1, 1]);
  for (const t of [1, 2]) {
    const left = frame(firstFrame, t)
      .sub(frame(x0, t - 1))
      .abs(); // a little noise, and a little less signal
    expect(left.mean().dataSync()[0]).toBeLessThan(0.35);
    const along = frame(firstFrame, t)
      .sub(frame(x0, t - 1))
      .mul(frame(noise, t - 1))
      .mean();
    expect(along.dataSync()[0]).toBeGreaterThan(0.05);
  }
  expect(frame(firstFrame, 0).sub(before).abs().mean().dataSync()[0]).toBeLessThan(0.35);
  const alone = objective.inputs({ x0 }, 9).firstFrame as Tensor5D;
  expect(frame(alone, 0).square().mean().dataSync()[0]).toBeLessThan(0.1); // zeros and their noise
});
