import { eye, ones, type Tensor2D, type Tensor4D, zeros } from "@tensorflow/tfjs";
import {
  normalNoise,
  presets,
  type TransferRule,
  transferTemporalKernel,
  type VideoUnetConfig,
  type Weights,
} from "vid2world";
import type { Flow } from "vid2world/dist/model/flow.js";
import { residual, spatialTransformer } from "vid2world/dist/model/spatialLayers.js";
import { temporalConvBlock, temporalTransformer } from "vid2world/dist/model/temporalLayers.js";
import { expect, test } from "vitest";
import { farthest, imageChannelsLast, readTensors } from "../fixtures/fixtures.js";

const config: VideoUnetConfig = presets.dynamicrafter512;
const flowOf = (weights: Weights, prefix: string, frames: number, change = {}): Flow => ({
  config: { ...config, ...change },
  weights: Object.fromEntries(Object.entries(weights).map(([name, each]) => [`${prefix}.${name}`, each])),
  batch: 2,
  frames,
  watch: (_, result) => result,
});
const transferred = (weights: Weights, rule: TransferRule): Weights =>
  Object.fromEntries(
    Object.entries(weights).map(([name, each]) => [
      name,
      each.rank === 5 ? transferTemporalKernel(each, rule) : each,
    ]),
  );
/** [batch, channel, frame, height, width] to [batch · frame, height, width, channel]. */
const framesAsImages = (x: Weights[string]) => {
  const [batch, channels, frames, height, width] = x.shape;
  return x.transpose([0, 2, 3, 4, 1]).reshape([batch * frames, height, width, channels]) as Tensor4D;
};

// float32 round-off of the recorded runs is about 2e-6
const tolerance = 2e-5;

test("the temporal convolution block is reproduced, and each of its stages", async () => {
  const weights = await readTensors("dynamicrafter/temporal-conv-block.safetensors");
  const io = await readTensors("dynamicrafter/temporal-conv-block.io.safetensors");
  const seen: Weights = {};
  const flow = flowOf(weights, "block", 5);
  const watch: Flow["watch"] = (name, result) => {
    seen[name] = result;
    return result;
  };
  const output = temporalConvBlock({ ...flow, watch }, "block", framesAsImages(io["input.x"]));
  expect(farthest(output, framesAsImages(io.output))).toBeLessThan(tolerance);
  for (const [ours, theirs] of [
    ["conv1.0", "conv1.0"],
    ["conv1.2", "conv1"],
    ["conv2.3", "conv2"],
    ["conv3.3", "conv3"],
    ["conv4.3", "conv4"],
  ]) {
    const expected = framesAsImages(io[`act.${theirs}.out`]);
    expect(farthest(seen[`block.${ours}`].reshape(expected.shape), expected), ours).toBeLessThan(tolerance);
  }
});

for (const rule of ["masked", "shift", "extrapolative"] as const)
  for (const [norm, name] of [
    ["frame", "frame_norm"],
    ["clip", "joint_norm"],
  ]) {
    const change = { convPadding: "causal", norm };
    test(`temporal convolution block, ${rule}, norm over the ${norm}`, async () => {
      const weights = await readTensors("dynamicrafter/temporal-conv-block.safetensors");
      const io = await readTensors("dynamicrafter/temporal-conv-block.io.safetensors");
      const flow = flowOf(transferred(weights, rule), "block", 5, change);
      const output = temporalConvBlock(flow, "block", framesAsImages(io["input.x"]));
      expect(farthest(output, framesAsImages(io[`output.causal.${rule}.${name}`]))).toBeLessThan(tolerance);
    });

    test(`residual block, ${rule}, norm over the ${norm}`, async () => {
      const weights = await readTensors("dynamicrafter/resblock.safetensors");
      const io = await readTensors("dynamicrafter/resblock.io.safetensors");
      const flow = flowOf(transferred(weights, rule), "block", 3, change);
      const embedding = io["input.emb"].mul(io["input.emb"].sigmoid()) as Tensor2D;
      const spatial = residual(flow, "block", imageChannelsLast(io["input.x"]), embedding);
      expect(farthest(spatial, framesAsImages(io["act.temopral_conv.in"]))).toBeLessThan(tolerance);
      expect(farthest(spatial, imageChannelsLast(io["output.no_temporal_conv"]))).toBeLessThan(tolerance);
      const output = temporalConvBlock(flow, "block.temopral_conv", spatial);
      expect(farthest(output, imageChannelsLast(io[`output.causal.${rule}.${name}`]))).toBeLessThan(
        tolerance,
      );
    });
  }

test("the residual block with centred convolutions is reproduced", async () => {
  const weights = await readTensors("dynamicrafter/resblock.safetensors");
  const io = await readTensors("dynamicrafter/resblock.io.safetensors");
  const flow = flowOf(weights, "block", 3);
  const embedding = io["input.emb"].mul(io["input.emb"].sigmoid()) as Tensor2D;
  const spatial = residual(flow, "block", imageChannelsLast(io["input.x"]), embedding);
  const output = temporalConvBlock(flow, "block.temopral_conv", spatial);
  expect(farthest(output, imageChannelsLast(io.output))).toBeLessThan(tolerance);
});

test.each(["spatial", "temporal"] as const)("the %s transformer's norm adds 1e-6 to the variance", (kind) => {
  // attention and feed-forward add nothing and the projections pass all: what is added to x is the norm's result
  const channels = 64;
  const block = "t.transformer_blocks.0";
  const weights: Weights = { "t.norm.weight": ones([channels]), "t.norm.bias": zeros([channels]) };
  for (const name of ["t.proj_in", "t.proj_out"]) weights[`${name}.weight`] = eye(channels);
  for (const i of [1, 2, 3])
    for (const part of ["weight", "bias"]) weights[`${block}.norm${i}.${part}`] = ones([channels]);
  for (const attention of ["attn1", "attn2"]) {
    for (const part of ["to_q", "to_k", "to_v", "to_out.0"])
      weights[`${block}.${attention}.${part}.weight`] = zeros([channels, channels]);
  }
  weights[`${block}.ff.net.0.proj.weight`] = zeros([8 * channels, channels]);
  weights[`${block}.ff.net.0.proj.bias`] = zeros([8 * channels]);
  weights[`${block}.ff.net.2.weight`] = zeros([channels, 4 * channels]);
  const flow: Flow = {
    config: { ...config, contextWidth: 0, normGroups: 1 },
    weights,
    batch: 1,
    frames: 1,
    watch: (_, result) => result,
  };
  const x = normalNoise<never>([1, 16, 16, channels] as never, 1).mul(1e-3) as Tensor4D; // variance 1e-6
  const run = kind === "spatial" ? spatialTransformer : temporalTransformer;
  const variance = run(flow, "t", x).sub(x).square().mean().dataSync()[0];
  expect(variance).toBeCloseTo(0.5, 2); // v / (v + 1e-6)
});
