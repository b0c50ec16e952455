/**
 * The image projector of DynamiCrafter: learned queries look at the tokens of a picture and come back as context tokens,
 * 16 for every frame of the clip. Names and shapes are the official checkpoint's, without `image_proj_model.`.
 *
 * @see Jaegle et al., "Perceiver", ICML 2021; Alayrac et al., "Flamingo", NeurIPS 2022 (resampler)
 */
import { type Tensor3D, tidy } from "@tensorflow/tfjs";
import { attend, joinHeads, splitHeads } from "../nn/attention.js";
import { gelu, linear } from "../nn/linear.js";
import { layerNorm } from "../nn/norm.js";
import {
  createWeights,
  layerParameters,
  normParameters,
  type Parameters,
  weight,
  withPrefix,
} from "../nn/parameters.js";
import { requireShape } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";

/** Everything that decides a projector's parameters. */
export interface ResamplerConfig {
  /** Channels of the picture's tokens. */
  readonly tokenWidth: number;
  /** Channels inside. */
  readonly width: number;
  /** Channels of the context tokens. */
  readonly outputWidth: number;
  readonly layers: number;
  readonly heads: number;
  readonly headWidth: number;
  /** Context tokens per frame. */
  readonly queries: number;
  /** Frames that queries are kept for. */
  readonly frames: number;
}

/** The projector of the published models: 257 tokens of ViT-H/14 to 16 context tokens for each of 16 frames. */
export const dynamicrafterResampler: ResamplerConfig = {
  tokenWidth: 1280,
  width: 1024,
  outputWidth: 1024,
  layers: 4,
  heads: 12,
  headWidth: 64,
  queries: 16,
  frames: 16,
};

/** A projector: what it is, and its weights. */
export interface Resampler {
  readonly config: ResamplerConfig;
  readonly weights: Weights;
}

/** Names, shapes and first values of all weights of a projector. */
export function resamplerParameters(config: ResamplerConfig): Parameters {
  const { tokenWidth, width, outputWidth, layers, heads, headWidth, queries, frames } = config;
  const inner = heads * headWidth;
  const plain = { bias: false };
  const layer: Parameters = {
    ...normParameters("0.norm1", width),
    ...normParameters("0.norm2", width),
    ...layerParameters("0.to_q", width, inner, [], plain),
    ...layerParameters("0.to_kv", width, 2 * inner, [], plain),
    ...layerParameters("0.to_out", inner, width, [], plain),
    ...normParameters("1.0", width),
    ...layerParameters("1.1", width, 4 * width, [], plain),
    ...layerParameters("1.3", 4 * width, width, [], plain),
  };
  const all: Parameters = {
    latents: { shape: [1, queries * frames, width], start: "normal", bound: width ** -0.5 },
    ...layerParameters("proj_in", tokenWidth, width),
    ...layerParameters("proj_out", width, outputWidth),
    ...normParameters("norm_out", outputWidth),
  };
  for (let i = 0; i < layers; i++) Object.assign(all, withPrefix(`layers.${i}.`, layer));
  return all;
}

/** A projector with fresh weights. Equal seeds give equal bits. */
export function createResampler(config: ResamplerConfig, seed: number): Resampler {
  return { config, weights: createWeights(resamplerParameters(config), seed) };
}

/**
 * Context tokens of a picture.
 *
 * @param tokens [batch, token, tokenWidth]
 * @returns [batch, frames · queries, outputWidth], the tokens of frame 0 first
 * @throws RangeError if the shape does not fit
 */
export function resample({ config, weights }: Resampler, tokens: Tensor3D): Tensor3D {
  requireShape("resample", "tokens", tokens, ["batch", "token", config.tokenWidth]);
  return tidy(() => {
    const seen = linear(weights, "proj_in", tokens);
    let latents = weight(weights, "latents").tile([tokens.shape[0], 1, 1]) as Tensor3D;
    for (let i = 0; i < config.layers; i++) {
      const [attention, feedForward] = [`layers.${i}.0`, `layers.${i}.1`];
      const own = layerNorm(weights, `${attention}.norm2`, latents);
      const all = layerNorm(weights, `${attention}.norm1`, seen).concat(own, 1) as Tensor3D;
      const [keys, values] = linear(weights, `${attention}.to_kv`, all).split(2, -1) as [Tensor3D, Tensor3D];
      const query = splitHeads(linear(weights, `${attention}.to_q`, own), config.heads);
      const answer = attend(query, splitHeads(keys, config.heads), splitHeads(values, config.heads));
      latents = latents.add(linear(weights, `${attention}.to_out`, joinHeads(answer, config.heads)));
      const wide = linear(weights, `${feedForward}.1`, layerNorm(weights, `${feedForward}.0`, latents));
      latents = latents.add(linear(weights, `${feedForward}.3`, gelu(wide)));
    }
    return layerNorm(weights, "norm_out", linear(weights, "proj_out", latents));
  });
}
