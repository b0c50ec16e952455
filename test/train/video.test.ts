import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Tensor3D, Tensor5D } from "@tensorflow/tfjs";
import {
  createTrainer,
  createVideoUnet,
  normalNoise,
  presets,
  resumeTrainer,
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
