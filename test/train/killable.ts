/**
 * A training run to be killed: continues from its folder if there is a checkpoint, says "ready" before its first update
 * and "step" after each, and writes the final weights when it is done. Arguments: folder, updates in all, updates after which
 * it holds still, so that a late kill does not find it further on.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor3D, Tensor5D } from "@tensorflow/tfjs";
import {
  createTrainer,
  createVideoUnet,
  normalNoise,
  presets,
  resumeTrainer,
  train,
  type VideoBatch,
  type VideoUnetConfig,
  videoObjective,
} from "vid2world";
import { trained } from "./toy.js";

const config: VideoUnetConfig = {
  ...presets.lab,
  inChannels: 4,
  outChannels: 2,
  channels: 4,
  channelMultipliers: [1],
  attentionAt: [],
  headWidth: 4,
  normGroups: 2,
  actionSize: 3,
  convPadding: "causal",
  mask: "causal",
  norm: "frame",
};

export const newTrainer = () =>
  createTrainer(createVideoUnet(config, 1), {
    objective: videoObjective(config),
    optimizer: { warmUp: 3, steps: 100, average: 0.99 },
    seed: 3,
    threads: 1,
  });

export const batchOf = (step: number): VideoBatch => ({
  x0: normalNoise([1, 3, 2, 2, 2], 1000 + step) as Tensor5D,
  action: normalNoise([1, 3, 3], 2000 + step) as Tensor3D,
});

const [dir, steps, most] = process.argv.slice(2);
if (dir) {
  const begun = existsSync(dir) && readdirSync(dir).some((name) => name.endsWith(".safetensors"));
  const trainer = begun ? await resumeTrainer(dir, { threads: 1 }) : newTrainer();
  const say = (text: string) => process.stdout.write(`${text}\n`);
  const hold = trainer.steps + Number(most);
  say(`ready ${trainer.steps}`);
  await train(trainer, {
    steps: Number(steps),
    batch: (step) => (step < hold ? batchOf(step) : new Promise(() => setInterval(() => {}, 1000))),
    checkpoint: { dir, every: 2 },
    log: join(dir, "loss.jsonl"),
    onProgress: ({ step }) => say(`step ${step}`),
  });
  writeFileSync(join(dir, "end.json"), JSON.stringify([trained(trainer), trained(trainer, true)]));
}
