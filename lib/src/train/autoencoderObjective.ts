/** What an autoencoder learns: to give a frame back through few, well-spread numbers. */
import { type Scalar, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { type AutoencoderConfig, decodeVideo, encodeMoments } from "../model/autoencoder.js";
import { requireRange, requireShape } from "../tensor/check.js";
import { normalNoise } from "../tensor/noise.js";
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
 * the latents towards a standard normal distribution.
 *
 * @param loss fields not given are those of `labAutoencoderLoss`
 * @see Kingma and Welling, "Auto-encoding variational Bayes", ICLR 2014, appendix B for the divergence; Rombach et al.,
 *   CVPR 2022, section 3.1 for its small weight
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
      return { video: video.clone(), noise: normalNoise(latent, seed) };
    },
    loss(weights, { video, noise }) {
      return tidy(() => {
        const autoencoder = { config, weights };
        const { mean, logVariance } = encodeMoments(autoencoder, video as Tensor5D);
        const sample = mean.add(logVariance.div(2).exp().mul(noise)).mul(config.latentScale) as Tensor5D;
        const error = decodeVideo(autoencoder, sample).sub(video).mul(2); // of values in [−1, 1]
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
