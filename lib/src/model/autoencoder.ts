/**
 * The image autoencoder of Stable Diffusion, which DynamiCrafter and Vid2World use frame by frame: eight (or so) pixels
 * in each direction become one latent pixel of four numbers. Names and shapes are the official checkpoint's, without
 * `first_stage_model.`.
 *
 * @see Rombach et al., "High-Resolution Image Synthesis with Latent Diffusion Models", CVPR 2022
 */
import { type Tensor, type Tensor3D, type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { attend } from "../nn/attention.js";
import { convolveDoubled, convolveImage } from "../nn/convolution.js";
import { linear, silu } from "../nn/linear.js";
import { groupNorm } from "../nn/norm.js";
import {
  createWeights,
  layerParameters,
  normParameters,
  type Parameters,
  withPrefix,
} from "../nn/parameters.js";
import { requireShape } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";

/** Everything that decides an autoencoder's parameters and what it computes. */
export interface AutoencoderConfig {
  readonly imageChannels: number;
  /** Width of the finest level. */
  readonly channels: number;
  /** Width of each level in units of `channels`, finest first; every level after the first halves the image. */
  readonly channelMultipliers: readonly number[];
  /** Residual blocks per level of the encoder; the decoder has one more. */
  readonly resBlocks: number;
  readonly latentChannels: number;
  readonly normGroups: number;
  /** Latents are multiplied by this, which brings them to about unit variance. */
  readonly latentScale: number;
}

/** The autoencoder of Stable Diffusion 1 and 2: 8×8 pixels to one latent pixel. */
export const stableDiffusionAutoencoder: AutoencoderConfig = {
  imageChannels: 3,
  channels: 128,
  channelMultipliers: [1, 2, 4, 4],
  resBlocks: 2,
  latentChannels: 4,
  normGroups: 32,
  latentScale: 0.18215,
};

/** An autoencoder: what it is, and its weights. */
export interface Autoencoder {
  readonly config: AutoencoderConfig;
  readonly weights: Weights;
}

function blockParameters(inputs: number, outputs: number): Parameters {
  return {
    ...normParameters("norm1", inputs),
    ...layerParameters("conv1", inputs, outputs, [3, 3]),
    ...normParameters("norm2", outputs),
    ...layerParameters("conv2", outputs, outputs, [3, 3]),
    ...(inputs === outputs ? {} : layerParameters("nin_shortcut", inputs, outputs, [1, 1])),
  };
}

function middleParameters(width: number): Parameters {
  const projections = ["q", "k", "v", "proj_out"].map((name) => layerParameters(name, width, width, [1, 1]));
  return {
    ...withPrefix("block_1.", blockParameters(width, width)),
    ...withPrefix("attn_1.", Object.assign(normParameters("norm", width), ...projections)),
    ...withPrefix("block_2.", blockParameters(width, width)),
  };
}

/** Names, shapes and first values of all weights of an autoencoder. */
export function autoencoderParameters(config: AutoencoderConfig): Parameters {
  const { imageChannels, channels, channelMultipliers, resBlocks, latentChannels } = config;
  const widths = channelMultipliers.map((multiplier) => channels * multiplier);
  const top = widths.length - 1;
  const encoder: Parameters = layerParameters("conv_in", imageChannels, channels, [3, 3]);
  const decoder: Parameters = layerParameters("conv_in", latentChannels, widths[top], [3, 3]);
  let width = channels;
  for (const [level, outputs] of widths.entries()) {
    for (let i = 0; i < resBlocks; i++) {
      Object.assign(encoder, withPrefix(`down.${level}.block.${i}.`, blockParameters(width, outputs)));
      width = outputs;
    }
    if (level < top)
      Object.assign(encoder, layerParameters(`down.${level}.downsample.conv`, width, width, [3, 3]));
  }
  Object.assign(decoder, withPrefix("mid.", middleParameters(width)));
  for (let level = top; level >= 0; level--) {
    for (let i = 0; i <= resBlocks; i++) {
      Object.assign(decoder, withPrefix(`up.${level}.block.${i}.`, blockParameters(width, widths[level])));
      width = widths[level];
    }
    if (level > 0) Object.assign(decoder, layerParameters(`up.${level}.upsample.conv`, width, width, [3, 3]));
  }
  Object.assign(
    encoder,
    withPrefix("mid.", middleParameters(widths[top])),
    normParameters("norm_out", widths[top]),
    layerParameters("conv_out", widths[top], 2 * latentChannels, [3, 3]),
  );
  Object.assign(
    decoder,
    normParameters("norm_out", channels),
    layerParameters("conv_out", channels, imageChannels, [3, 3]),
  );
  return {
    ...withPrefix("encoder.", encoder),
    ...withPrefix("decoder.", decoder),
    ...layerParameters("quant_conv", 2 * latentChannels, 2 * latentChannels, [1, 1]),
    ...layerParameters("post_quant_conv", latentChannels, latentChannels, [1, 1]),
  };
}

/** An autoencoder with fresh weights. Equal seeds give equal bits. */
export function createAutoencoder(config: AutoencoderConfig, seed: number): Autoencoder {
  return { config, weights: createWeights(autoencoderParameters(config), seed) };
}

function norm({ config, weights }: Autoencoder, name: string, x: Tensor4D): Tensor4D {
  const [images, height, width, channels] = x.shape;
  const flat = x.reshape([images, height * width, channels]) as Tensor3D;
  return groupNorm(weights, name, flat, config.normGroups, 1e-6).reshape(x.shape);
}

function residual(autoencoder: Autoencoder, name: string, x: Tensor4D): Tensor4D {
  return tidy(() => {
    const { weights } = autoencoder;
    let h = convolveImage(weights, `${name}.conv1`, silu(norm(autoencoder, `${name}.norm1`, x)));
    h = convolveImage(weights, `${name}.conv2`, silu(norm(autoencoder, `${name}.norm2`, h)));
    const shortcut = `${name}.nin_shortcut`;
    return h.add(`${shortcut}.weight` in weights ? linear(weights, shortcut, x) : x) as Tensor4D;
  });
}

/** Two residual blocks with single-head attention over the image between them. */
function middle(autoencoder: Autoencoder, name: string, x: Tensor4D): Tensor4D {
  return tidy(() => {
    const { weights } = autoencoder;
    const h = residual(autoencoder, `${name}.block_1`, x);
    const [images, height, width, channels] = h.shape;
    const tokens = norm(autoencoder, `${name}.attn_1.norm`, h).reshape<Tensor3D>([
      images,
      height * width,
      channels,
    ]);
    const project = (part: string) => linear(weights, `${name}.attn_1.${part}`, tokens);
    const seen = linear(weights, `${name}.attn_1.proj_out`, attend(project("q"), project("k"), project("v")));
    return residual(autoencoder, `${name}.block_2`, h.add(seen.reshape(h.shape)));
  });
}

/** [image, height, width, imageChannels] in [-1, 1] to mean and log variance, [image, …, 2 · latentChannels]. */
function encodeImages(autoencoder: Autoencoder, images: Tensor4D): Tensor4D {
  const { weights, config } = autoencoder;
  const levels = config.channelMultipliers.length;
  return tidy(() => {
    let h = convolveImage(weights, "encoder.conv_in", images);
    for (let level = 0; level < levels; level++)
      h = tidy(() => {
        let inside = h;
        for (let i = 0; i < config.resBlocks; i++)
          inside = residual(autoencoder, `encoder.down.${level}.block.${i}`, inside);
        if (level === levels - 1) return inside;
        // one zero to the right and below only, unlike the U-Net
        return convolveImage(weights, `encoder.down.${level}.downsample.conv`, inside, 2, [
          [0, 1],
          [0, 1],
        ]);
      });
    h = middle(autoencoder, "encoder.mid", h);
    h = convolveImage(weights, "encoder.conv_out", silu(norm(autoencoder, "encoder.norm_out", h)));
    return convolveImage(weights, "quant_conv", h);
  });
}

/** Unscaled latents [image, height, width, latentChannels] to images in about [-1, 1]. */
function decodeImages(autoencoder: Autoencoder, latents: Tensor4D): Tensor4D {
  const { weights, config } = autoencoder;
  return tidy(() => {
    let h = convolveImage(weights, "decoder.conv_in", convolveImage(weights, "post_quant_conv", latents));
    h = middle(autoencoder, "decoder.mid", h);
    for (let level = config.channelMultipliers.length - 1; level >= 0; level--)
      h = tidy(() => {
        let inside = h;
        for (let i = 0; i <= config.resBlocks; i++)
          inside = residual(autoencoder, `decoder.up.${level}.block.${i}`, inside);
        if (level === 0) return inside;
        return convolveDoubled(weights, `decoder.up.${level}.upsample.conv`, inside);
      });
    return convolveImage(weights, "decoder.conv_out", silu(norm(autoencoder, "decoder.norm_out", h)));
  });
}

/** Runs `run` on all frames at once or one after another, which needs the memory of one frame only. */
function overFrames(x: Tensor5D, oneByOne: boolean, run: (images: Tensor4D) => Tensor4D): Tensor5D {
  const [batch, frames, height, width, channels] = x.shape;
  const images = x.reshape([batch * frames, height, width, channels]) as Tensor4D;
  const parts = oneByOne
    ? images.split(batch * frames, 0).map((each) => tidy(() => run(each as Tensor4D)))
    : [];
  const all = oneByOne ? (parts[0].concat(parts.slice(1), 0) as Tensor4D) : run(images);
  return all.reshape([batch, frames, ...all.shape.slice(1)]) as Tensor5D;
}

/** What the encoder believes about a clip's latents, unscaled: [batch, frame, height, width, latentChannels] each. */
export interface LatentMoments {
  readonly mean: Tensor5D;
  readonly logVariance: Tensor5D;
}

/** Options of `encodeVideo` and `decodeVideo`. */
export interface AutoencodeOptions {
  /** One frame at a time: the same numbers with less memory. */
  readonly oneByOne?: boolean;
}

/**
 * Mean and log variance (within [-30, 20]) of the latents of a clip, before scaling.
 *
 * @param video [batch, frame, height, width, imageChannels], values in [0, 1]; height and width divisible by two for
 *   every level after the first
 * @throws RangeError if the shape does not fit
 */
export function encodeMoments(
  autoencoder: Autoencoder,
  video: Tensor5D,
  { oneByOne = false }: AutoencodeOptions = {},
): LatentMoments {
  const { imageChannels, channelMultipliers } = autoencoder.config;
  requireShape("encodeVideo", "video", video, ["batch", "frame", "height", "width", imageChannels]);
  const factor = 2 ** (channelMultipliers.length - 1);
  if (video.shape[2] % factor || video.shape[3] % factor)
    throw new RangeError(
      `encodeVideo: video [${video.shape}] has a height or width that ${factor} does not divide; crop or resize it.`,
    );
  return tidy(() => {
    const moments = overFrames(video.mul(2).sub(1), oneByOne, (images) => encodeImages(autoencoder, images));
    const [mean, logVariance] = moments.split(2, -1) as [Tensor5D, Tensor5D];
    return { mean, logVariance: logVariance.clipByValue(-30, 20) as Tensor5D };
  });
}

/**
 * The latents of a clip, times `config.latentScale`.
 *
 * @param video [batch, frame, height, width, imageChannels], values in [0, 1]
 * @param options noise: standard normal, of the latents' shape, for a sample mean + deviation · noise, as the official
 *   pipeline takes; absent for the mean
 * @returns [batch, frame, height / 8, width / 8, latentChannels] for four levels
 * @throws RangeError if a shape does not fit
 */
export function encodeVideo(
  autoencoder: Autoencoder,
  video: Tensor5D,
  options: AutoencodeOptions & { readonly noise?: Tensor } = {},
): Tensor5D {
  return tidy(() => {
    const { mean, logVariance } = encodeMoments(autoencoder, video, options);
    const { noise } = options;
    if (noise) requireShape("encodeVideo", "noise", noise, mean.shape);
    const latent = noise ? mean.add(logVariance.div(2).exp().mul(noise)) : mean;
    return latent.mul(autoencoder.config.latentScale) as Tensor5D;
  });
}

/**
 * The clip of scaled latents. Values are about in [0, 1] and not clipped.
 *
 * @param latents [batch, frame, height, width, latentChannels], as `encodeVideo` gives them
 * @returns [batch, frame, 8 · height, 8 · width, imageChannels] for four levels
 * @throws RangeError if the shape does not fit
 */
export function decodeVideo(
  autoencoder: Autoencoder,
  latents: Tensor5D,
  { oneByOne = false }: AutoencodeOptions = {},
): Tensor5D {
  const { latentChannels, latentScale } = autoencoder.config;
  requireShape("decodeVideo", "latents", latents, ["batch", "frame", "height", "width", latentChannels]);
  return tidy(() => {
    const images = overFrames(latents.div(latentScale), oneByOne, (each) => decodeImages(autoencoder, each));
    return images.add(1).div(2) as Tensor5D;
  });
}
