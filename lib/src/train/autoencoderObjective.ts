/**
 * What an autoencoder learns: to give a frame back through few, well-spread numbers, and that latents between two places
 * stand for the picture between them. Without the latter, a motion of one pixel changes latents beyond recognition, and a
 * video network has to learn each such motion by heart.
 */
import { type Scalar, type Tensor, type Tensor5D, tensor1d, tidy } from "@tensorflow/tfjs";
import { type AutoencoderConfig, decodeVideo, encodeMoments } from "../model/autoencoder.js";
import { requireRange, requireShape } from "../tensor/check.js";
import { deriveSeed, normalNoise, uniformValues } from "../tensor/noise.js";
import type { Objective } from "./objective.js";

export interface AutoencoderLossConfig {
  /** Weight of the mean squared error beside the mean absolute one, both of pictures in [−1, 1]. */
  readonly squared: number;
  /** Weight of the divergence of a latent number from the standard normal distribution, in nats per number. */
  readonly divergence: number;
}

/** Absolute and squared errors as equals; little pressure on the latents, as is usual where diffusion follows. */
export const labAutoencoderLoss: AutoencoderLossConfig = { squared: 1, divergence: 2e-4 };

/** Pictures to learn from [batch, frame, height, width, imageChannels], values in [0, 1]. */
export interface PictureBatch {
  readonly video: Tensor5D;
}

/**
 * Training of an autoencoder: mean absolute error plus weighted squared error of the decoded sample, and a small pull of
 * the latents towards a standard normal distribution. Before it is decoded, each sample is moved by up to one latent pixel
 * down and across, between pixels by mixing neighbours, and should give the picture moved as far. One row and one column
 * are lost in this; which ones varies.
 *
 * @param loss fields not given are those of `labAutoencoderLoss`
 * @see Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B for the divergence; Rombach et al.,
 *   CVPR 2022, section 3.1 for its small weight; Kouzelis et al., "EQ-VAE", ICML 2025, for latents that turn and scale as
 *   pictures do
 */
export function autoencoderObjective(
  config: AutoencoderConfig,
  loss: Partial<AutoencoderLossConfig> = {},
): Objective<PictureBatch> {
  const settings: AutoencoderLossConfig = { ...labAutoencoderLoss, ...loss };
  requireRange("autoencoderObjective", "squared", settings.squared, 0);
  requireRange("autoencoderObjective", "divergence", settings.divergence, 0);
  const shrink = 2 ** (config.channelMultipliers.length - 1);
  return {
    settings,
    inputs({ video }, seed) {
      requireShape("trainer.step", "video", video, [
        "batch",
        "frame",
        "height",
        "width",
        config.imageChannels,
      ]);
      const [batch, frames, height, width] = video.shape;
      const latent = [batch, frames, height / shrink, width / shrink, config.latentChannels];
      const [down, across] = Array.from(uniformValues(2, deriveSeed(seed, 1)), (u) => pixelsMoved(u, shrink));
      const size = [-1, -1, height - shrink, width - shrink, -1];
      return tidy(() => ({
        video: video.clone(),
        noise: normalNoise(latent, seed),
        moved: video.slice([0, 0, down, across, 0], size),
        share: tensor1d([down / shrink, across / shrink]),
      }));
    },
    loss(weights, { video, noise, moved, share }) {
      return tidy(() => {
        const autoencoder = { config, weights };
        const { mean, logVariance } = encodeMoments(autoencoder, video as Tensor5D);
        const sample = mean.add(logVariance.div(2).exp().mul(noise)).mul(config.latentScale) as Tensor5D;
        const [down, across] = share.split(2);
        const between = mixNeighbours(mixNeighbours(sample, 2, down), 3, across) as Tensor5D;
        const error = decodeVideo(autoencoder, between).sub(moved).mul(2); // of values in [−1, 1]
        const divergence = mean.square().add(logVariance.exp()).sub(1).sub(logVariance).mean().div(2);
        return error
          .abs()
          .mean()
          .add(error.square().mean().mul(settings.squared))
          .add(divergence.mul(settings.divergence)) as Scalar;
      });
    },
  };
}

/** Whole latent pixels half of the time, so that pictures in their own place count most. */
function pixelsMoved(chance: number, shrink: number): number {
  if (chance < 0.5) return chance < 0.25 ? 0 : shrink;
  return Math.min(shrink, 1 + Math.floor((2 * chance - 1) * (shrink - 1)));
}

/** Every entry along an axis but the last, `share` of the way to the next. */
function mixNeighbours(x: Tensor, axis: number, share: Tensor): Tensor {
  const size = x.shape.map(() => -1);
  size[axis] = x.shape[axis] - 1;
  const from = (start: number) =>
    x.slice(
      size.map((_, i) => (i === axis ? start : 0)),
      size,
    );
  const here = from(0);
  return here.add(from(1).sub(here).mul(share));
}
