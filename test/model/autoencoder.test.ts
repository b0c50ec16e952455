import { memory, type Tensor5D, zeros } from "@tensorflow/tfjs";
import {
  type Autoencoder,
  createResampler,
  decodeVideo,
  encodeMoments,
  encodeVideo,
  resample,
  type Weights,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";
import { asClips, farthest, tinyAutoencoder, tinyResampler } from "../fixtures/fixtures.js";

let autoencoder: Autoencoder;
let io: Weights;
beforeAll(async () => {
  ({ model: autoencoder, io } = await tinyAutoencoder());
});

const video = () => asClips(io["input.image"]).add(1).div(2) as Tensor5D;

test("mean and variance of the latents are the official ones", () => {
  const { mean, logVariance } = encodeMoments(autoencoder, video());
  expect(farthest(mean, asClips(io.mean))).toBeLessThan(1.6e-5);
  expect(farthest(logVariance, asClips(io.logvar))).toBeLessThan(1.6e-5);
});

test("a sample with the recorded noise is the recorded latent, and its picture the recorded picture", () => {
  const frames = video();
  const noise = asClips(io["input.noise"]);
  const before = memory().numTensors;
  const latent = encodeVideo(autoencoder, frames, { noise });
  const picture = decodeVideo(autoencoder, latent);
  expect(memory().numTensors).toBe(before + 2);
  expect(farthest(latent, asClips(io.latent_scaled))).toBeLessThan(1.6e-5);
  expect(farthest(picture.mul(2).sub(1), asClips(io["output.decoded"]))).toBeLessThan(6e-5);
});

test("any latent is decoded as in the original", () => {
  const picture = decodeVideo(autoencoder, asClips(io["input.random_latent_scaled"]));
  expect(farthest(picture.mul(2).sub(1), asClips(io["output.decoded_random"]))).toBeLessThan(6e-5);
});

test("frame by frame gives the same numbers", () => {
  const frames = video().reshape<Tensor5D>([1, 2, 16, 24, 3]);
  const before = memory().numTensors;
  const together = encodeVideo(autoencoder, frames);
  const alone = encodeVideo(autoencoder, frames, { oneByOne: true });
  const decoded = decodeVideo(autoencoder, together, { oneByOne: true });
  expect(memory().numTensors).toBe(before + 3);
  expect(farthest(together, alone)).toBeLessThan(1e-6);
  expect(farthest(decoded, decodeVideo(autoencoder, together))).toBeLessThan(1e-6);
});

test("a clip whose sides are not divisible is refused", () => {
  expect(() => encodeVideo(autoencoder, zeros([1, 1, 18, 16, 3]))).toThrow("4 does not divide");
});

test("the image projector is reproduced", async () => {
  const { model, io: recorded } = await tinyResampler();
  const before = memory().numTensors;
  const output = resample(model, recorded["input.x"] as never);
  expect(memory().numTensors).toBe(before + 1);
  expect(farthest(output, recorded.output)).toBeLessThan(2e-5);
  const fresh = createResampler(model.config, 1).weights;
  expect(Object.keys(fresh).sort()).toEqual(Object.keys(model.weights).sort());
  for (const name of Object.keys(fresh)) expect(fresh[name].shape, name).toEqual(model.weights[name].shape);
});
