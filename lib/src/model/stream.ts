/** The video U-Net one frame at a time, with a memory of fixed size: see `streamLayers`. */
import { type Tensor, type Tensor5D, tidy, zeros } from "@tensorflow/tfjs";
import { weight } from "../nn/parameters.js";
import { requireWhole } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";
import type { Flow } from "./flow.js";
import type { StreamPast } from "./streamLayers.js";
import { type UnetLayer, unetPlan } from "./unetPlan.js";
import { requireInputs, runUnet, type VideoUnet, type VideoUnetInputs } from "./videoUnet.js";

/** Throws a RangeError unless no frame depends on later ones. */
export function requireCausal(caller: string, { config }: Pick<VideoUnet, "config">): void {
  if (config.convPadding === "causal" && config.mask !== "full" && config.norm !== "clip") return;
  throw new RangeError(
    `${caller}: the model is not causal, so earlier frames depend on later ones and nothing about them can be ` +
      "remembered; causalize it with norm frame or cumulative.",
  );
}

/** Size of the network's input, and how many videos run side by side. */
export interface StreamFrame {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
}

/** The memory of a stream before its first frame, with one empty slot; it belongs to the caller. */
export function emptyMemory(model: VideoUnet, size: StreamFrame): Weights {
  requireCausal("StreamMemory", model);
  const { config, weights } = model;
  const { batch } = size;
  return tidy(() => {
    const memory: Record<string, Tensor> = {};
    const norm = (name: string) => {
      if (config.norm !== "cumulative") return;
      memory[`${name}.mean`] = zeros([batch, 1, config.normGroups]);
      memory[`${name}.variance`] = zeros([batch, 1, config.normGroups]);
    };
    const attention = (name: string, width: number, positions: number) => {
      norm(`${name}.norm`);
      for (const part of ["attn1", "attn2"])
        for (const kind of ["keys", "values"])
          memory[`${name}.transformer_blocks.0.${part}.${kind}`] = zeros([
            1,
            (batch * positions * width) / config.headWidth,
            config.headWidth,
          ]);
    };
    const convolutions = (name: string, width: number, positions: number) => {
      for (const [stage, index] of [
        [1, 2],
        [2, 3],
        [3, 3],
        [4, 3],
      ]) {
        const convolution = `${name}.temopral_conv.conv${stage}.${index}`;
        norm(`${name}.temopral_conv.conv${stage}.0`);
        const bias = weight(weights, `${convolution}.bias`).reshape([1, 1, 1, width]);
        for (let later = 0; later < config.temporalTaps - 1; later++)
          memory[`${convolution}.carry.${later}`] = bias.tile([batch, 1, positions, 1]); // no past adds only the bias
      }
    };
    let positions = size.height * size.width;
    const visit = (layer: UnetLayer) => {
      if (layer.kind === "residual") convolutions(layer.name, layer.outputs, positions);
      else if (layer.kind === "temporal") attention(layer.name, layer.outputs, positions);
      else if (layer.kind === "down") positions /= 4;
      else if (layer.kind === "up") positions *= 4;
    };
    const plan = unetPlan(config);
    if (config.initialAttentionHeads > 0)
      attention("init_attn.0", config.initialAttentionHeads * config.headWidth, positions);
    for (const layer of [...plan.input, plan.middle, ...plan.output].flat()) visit(layer);
    return memory;
  });
}

/**
 * The answer for one new frame.
 *
 * @param inputs of one frame; with several branches, rows of the first one come first, and each has the same videos
 * @returns [branch · batch, 1, height, width, outChannels]
 * @throws RangeError if an input does not fit, or the memory is of another model
 */
export function videoUnetStream(model: VideoUnet, inputs: VideoUnetInputs, past: StreamPast): Tensor5D {
  return tidy(() => stream(model, inputs, past));
}

/**
 * What one frame leaves behind for later ones, to be put into a `StreamMemory`: tensors under the names of the memory's,
 * with keys and values for one slot [1, …]. They belong to the caller.
 *
 * @param inputs of one frame, a single branch
 */
export function rememberFrame(model: VideoUnet, inputs: VideoUnetInputs, past: StreamPast): Weights {
  return tidy(() => {
    const kept: Record<string, Tensor> = {};
    stream(model, inputs, past, kept);
    return kept;
  });
}

function stream(
  model: VideoUnet,
  inputs: VideoUnetInputs,
  past: StreamPast,
  kept?: Record<string, Tensor>,
): Tensor5D {
  requireInputs("videoUnetStream", model, inputs);
  requireCausal("videoUnetStream", model);
  const [batch, frames] = inputs.x.shape;
  requireWhole("videoUnetStream", "number of frames in x", frames, 1, 1);
  const flow: Flow = { ...model, batch, frames, stream: past, kept, watch: (_, result) => result };
  return runUnet(flow, inputs);
}
