import { memory, type Tensor, type Tensor5D, zeros } from "@tensorflow/tfjs";
import {
  type Autoencoder,
  type AutoencoderConfig,
  createResampler,
  decodeVideo,
  encodeMoments,
  encodeVideo,
  resample,
  type Weights,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";
import { farthest, readJson, readTensors } from "../fixtures/fixtures.js";

/** [image, channel, height, width] as a batch of clips of one frame. */
const clip = (x: Tensor): Tensor5D => x.transpose([0, 2, 3, 1]).expandDims(1);

let autoencoder: Autoencoder;
let io: Weights;
beforeAll(async () => {
  const { params, scale_factor } = readJson("dynamicrafter/vae-tiny.json");
  const { ch, ch_mult, num_res_blocks, z_channels, in_channels } = params.ddconfig;
  const config: AutoencoderConfig = {
    imageChannels: in_channels,
    channels: ch,
    channelMultipliers: ch_mult,
    resBlocks: num_res_blocks,
    latentChannels: z_channels,
    normGroups: 32,
    latentScale: scale_factor,
  };
  autoencoder = { config, weights: await readTensors("dynamicrafter/vae-tiny.safetensors") };
  io = await readTensors("dynamicrafter/vae-tiny.io.safetensors");
});

const video = () => clip(io["input.image"]).add(1).div(2) as Tensor5D;

test("mean and variance of the latents are the official ones", () => {
  const { mean, logVariance } = encodeMoments(autoencoder, video());
  expect(farthest(mean, clip(io.mean))).toBeLessThan(1.6e-5);
  expect(farthest(logVariance, clip(io.logvar))).toBeLessThan(1.6e-5);
});

test("a sample with the recorded noise is the recorded latent, and its picture the recorded picture", () => {
  const frames = video();
  const noise = clip(io["input.noise"]);
  const before = memory().numTensors;
  const latent = encodeVideo(autoencoder, frames, { noise });
  const picture = decodeVideo(autoencoder, latent);
  expect(memory().numTensors).toBe(before + 2);
  expect(farthest(latent, clip(io.latent_scaled))).toBeLessThan(1.6e-5);
  expect(farthest(picture.mul(2).sub(1), clip(io["output.decoded"]))).toBeLessThan(6e-5);
});

test("any latent is decoded as in the original", () => {
  const picture = decodeVideo(autoencoder, clip(io["input.random_latent_scaled"]));
  expect(farthest(picture.mul(2).sub(1), clip(io["output.decoded_random"]))).toBeLessThan(6e-5);
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
  const { params } = readJson("dynamicrafter/resampler-tiny.json");
  const config = {
    tokenWidth: params.embedding_dim,
    width: params.dim,
    outputWidth: params.output_dim,
    layers: params.depth,
    heads: params.heads,
    headWidth: params.dim_head,
    queries: params.num_queries,
    frames: params.video_length,
  };
  const weights = await readTensors("dynamicrafter/resampler-tiny.safetensors");
  const recorded = await readTensors("dynamicrafter/resampler-tiny.io.safetensors");
  const before = memory().numTensors;
  const output = resample({ config, weights }, recorded["input.x"] as never);
  expect(memory().numTensors).toBe(before + 1);
  expect(farthest(output, recorded.output)).toBeLessThan(2e-5);
  const fresh = createResampler(config, 1).weights;
  expect(Object.keys(fresh).sort()).toEqual(Object.keys(weights).sort());
  for (const name of Object.keys(fresh)) expect(fresh[name].shape, name).toEqual(weights[name].shape);
});
