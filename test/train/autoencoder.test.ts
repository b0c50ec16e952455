import { memory, type Tensor5D, tensor } from "@tensorflow/tfjs";
import {
  type AutoencoderConfig,
  autoencoderObjective,
  createAutoencoder,
  createTrainer,
  decodeVideo,
  encodeVideo,
  uniformNoise,
} from "vid2world";
import { expect, test } from "vitest";

const config: AutoencoderConfig = {
  imageChannels: 3,
  channels: 8,
  channelMultipliers: [1, 2],
  resBlocks: 1,
  latentChannels: 4,
  normGroups: 2,
  latentScale: 1,
};

/** Clips [2, 1, 8, 8, 3], each of one colour with a square of another. */
function squares(): Tensor5D {
  const colours = uniformNoise([2, 2, 3], 5).arraySync() as number[][][];
  const at = (clip: number, y: number, x: number) => colours[clip][Number(y > 2 && x > 1 + clip)];
  const rows = [0, 1].map((clip) => [
    [...Array(8).keys()].map((y) => [...Array(8).keys()].map((x) => at(clip, y, x))),
  ]);
  return tensor(rows) as Tensor5D;
}

test("an autoencoder learns to give its pictures back, and an update leaves no tensor behind", async () => {
  const video = squares();
  const fresh = createAutoencoder(config, 1);
  const trainer = createTrainer(fresh, {
    objective: autoencoderObjective(config),
    optimizer: { warmUp: 0, rate: 0.01, steps: 120 },
    seed: 1,
    threads: 1,
  });
  await trainer.step({ video });
  const before = memory().numTensors;
  for (let step = 0; step < 100; step++) await trainer.step({ video });
  expect(memory().numTensors).toBe(before);
  const learned = trainer.snapshot();
  const error = decodeVideo(learned, encodeVideo(learned, video)).squaredDifference(video).mean();
  const spread = video.sub(video.mean()).square().mean(); // what one grey picture would leave
  expect(error.dataSync()[0]).toBeLessThan(0.1 * spread.dataSync()[0]);
});

test("the divergence of latents that are standard normal costs nothing, and grows as they move away", () => {
  const { inputs, loss } = autoencoderObjective(config, { squared: 0, divergence: 1 });
  const { weights } = createAutoencoder(config, 1);
  const batch = inputs({ video: squares() }, 1);
  /** The loss when every latent has this mean and log variance, whatever the picture. */
  const lossAt = (mean: number, logVariance: number) => {
    const wide = weights["quant_conv.weight"].zerosLike();
    const bias = tensor([...Array(4).fill(mean), ...Array(4).fill(logVariance)]);
    return loss({ ...weights, "quant_conv.weight": wide, "quant_conv.bias": bias }, batch).dataSync()[0];
  };
  // a decoder that ignores its latents, so that only the divergence differs
  weights["post_quant_conv.weight"] = weights["post_quant_conv.weight"].zerosLike();
  const none = lossAt(0, 0);
  expect(lossAt(2, 0) - none).toBeCloseTo(2, 5); // ½ · 2²
  expect(lossAt(0, 1) - none).toBeCloseTo((Math.E - 2) / 2, 5);
  expect(lossAt(0, -1) - none).toBeGreaterThan(0);
});

test("bad settings are named", () => {
  expect(() => autoencoderObjective(config, { divergence: -1 })).toThrow(
    /autoencoderObjective: divergence is -1/,
  );
});
