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

test("latents are moved by the share of a latent pixel that the picture is moved by, down and across, both ends included", () => {
  const { inputs } = autoencoderObjective(config);
  const video = uniformNoise([1, 2, 8, 8, 3], 3) as Tensor5D;
  const seen = new Set<string>();
  for (let seed = 1; seed <= 60; seed++) {
    const before = memory().numTensors;
    const made = inputs({ video }, seed);
    expect(memory().numTensors).toBe(before + Object.keys(made).length);
    const [down, across] = [...made.share.dataSync()].map((share) => share * 2); // two pixels to a latent one
    expect(made.moved.dataSync()).toEqual(video.slice([0, 0, down, across, 0], [1, 2, 6, 6, 3]).dataSync());
    seen.add(`${down} ${across}`);
  }
  expect(seen.size).toBe(9); // 0, 1 and 2 pixels each way
});

test("half way between two latents the decoder is asked for the picture half way: there the loss sees their mean", () => {
  const { weights } = createAutoencoder(config, 1);
  const objective = autoencoderObjective(config, { divergence: 0 });
  const batch = objective.inputs({ video: squares() }, 1);
  const still = { ...batch, noise: batch.noise.zerosLike() };
  const at = (share: number[]) => objective.loss(weights, { ...still, share: tensor(share) }).dataSync()[0];
  const latents = encodeVideo({ config, weights }, squares());
  const between = latents
    .slice([0, 0, 0, 0, 0], [2, 1, 3, 3, 4])
    .add(latents.slice([0, 0, 1, 0, 0], [2, 1, 3, 3, 4]))
    .div(2);
  const error = decodeVideo({ config, weights }, between as Tensor5D)
    .sub(still.moved)
    .mul(2);
  const expected = error.abs().mean().add(error.square().mean()).dataSync()[0];
  expect(at([0.5, 0])).toBeCloseTo(expected, 5);
  expect(at([1, 0])).not.toBeCloseTo(expected, 4);
});
