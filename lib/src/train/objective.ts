/**
 * What is being learned: how a batch becomes input tensors (every chance drawn from a seed), and the loss of those. The
 * trainer knows nothing else, so the same one trains a video network, an autoencoder or a line through points.
 */
import {
  concat,
  type Scalar,
  type Tensor,
  type Tensor3D,
  type Tensor5D,
  tensor,
  tensor2d,
  tidy,
  util,
  zeros,
} from "@tensorflow/tfjs";
import type { Denoise, DenoiseInputs } from "../diffusion/denoise.js";
import { addNoise } from "../diffusion/forms.js";
import { diffusionForcingLoss, type NoisedBatch } from "../diffusion/loss.js";
import { type LossWeighting, lossWeights } from "../diffusion/lossWeights.js";
import { unetDenoise } from "../diffusion/unetDenoise.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import { noisePlan } from "../schedule/noisePlan.js";
import { createSchedule, labSchedule, type Schedule, type ScheduleConfig } from "../schedule/schedule.js";
import { requireChoice, requireRange, requireShape } from "../tensor/check.js";
import { deriveSeed, normalNoise, uniformValues } from "../tensor/noise.js";
import type { Weights } from "../weights/safetensors.js";
import type { Inputs } from "./update.js";

/** A network: what it is, and its numbers. */
export interface Trainable {
  readonly config: object;
  readonly weights: Weights;
}

export interface Objective<Batch> {
  /** Plain settings, kept in checkpoints. */
  readonly settings: object;
  /** Input tensors for the loss; they belong to the caller, also where they are the batch's own (cloned). */
  inputs(batch: Batch, seed: number): Inputs;
  /** Mean loss, a scalar; runs on whatever inputs came. */
  loss(weights: Weights, inputs: Inputs): Scalar;
}

/** Clips to learn from; actions, context and fps where the network takes them. */
export interface VideoBatch extends Pick<DenoiseInputs, "context" | "fps"> {
  /** Clean frames or latents [batch, frame, height, width, channel]. */
  readonly x0: Tensor5D;
  /** action[t] is taken while frame t is seen [batch, frame, action]. */
  readonly action?: Tensor3D;
  /**
   * [batch, 1, height, width, channel]. Shown clean beside every noisy frame, the first of `x0` unless given; or, where
   * each is shown the previous one, the frame before the first, zeros unless given.
   */
  readonly firstFrame?: Tensor5D;
}

/** Frames that are shown beside later ones have a level below this, drawn for each clip and skewed towards 0. */
const shownBelow = 100;

const drawn = ["shared", "independent", "teacherForced", "cleanHistory"] as const;

export interface DiffusionConfig {
  readonly schedule: ScheduleConfig;
  /** Noise plan that levels are drawn from: `shared` for a passive base, `independent` for diffusion forcing. */
  readonly levels: (typeof drawn)[number];
  /** How far drawn levels are lifted towards pure noise, see `noisePlan`. */
  readonly lift: number;
  readonly weighting: LossWeighting;
  /** Chance that a frame's action is dropped, each frame for itself. */
  readonly actionDropout: number;
  /** Chance that a clip's clean first frame is replaced by zeros, for a network that sees it beside every noisy frame. */
  readonly firstFrameDropout: number;
  /** What is shown beside every noisy frame, see `VideoUnetConfig.shownFrame`. */
  readonly shownFrame: "first" | "previous";
}

/** The paper's objective on the lab schedule. */
export const labDiffusion: DiffusionConfig = {
  schedule: labSchedule,
  levels: "independent",
  lift: 1,
  weighting: "uniform",
  actionDropout: 0.2,
  firstFrameDropout: 0,
  shownFrame: "first",
};

/**
 * Diffusion training of a video network.
 *
 * @param denoise the network with given weights
 * @see Vid2World, sections 4.1 and 4.2, algorithm 1
 */
export function diffusionObjective(
  denoise: (weights: Weights) => Denoise,
  config: DiffusionConfig,
): Objective<VideoBatch> {
  requireChoice("diffusionObjective", "levels", config.levels, drawn);
  requireRange("diffusionObjective", "actionDropout", config.actionDropout, 0, 1);
  requireRange("diffusionObjective", "firstFrameDropout", config.firstFrameDropout, 0, 1);
  const schedule = createSchedule(config.schedule);
  return {
    settings: config,
    inputs({ x0, action, firstFrame, context, fps }, seed) {
      requireShape("trainer.step", "x0", x0, ["batch", "frame", "height", "width", "channel"]);
      const [batch, frames] = x0.shape;
      if (action) requireShape("trainer.step", "action", action, [batch, frames, "action"]);
      if (firstFrame)
        requireShape("trainer.step", "firstFrame", firstFrame, [batch, 1, ...x0.shape.slice(2)]);
      const { levels } = noisePlan(config.levels, {
        frames,
        draws: batch,
        seed: deriveSeed(seed, 0),
        levels: config.schedule.levels,
        lift: config.lift,
      });
      const noise = normalNoise<Tensor5D["rankType"]>(x0.shape, deriveSeed(seed, 1));
      return tidy(() => ({
        x0: x0.clone(),
        noise,
        level: tensor2d(levels as number[][], [batch, frames], "float32"),
        ...(config.weighting !== "uniform" && {
          weight: tensor2d(lossWeights(config.weighting, levels, schedule), [batch, frames]),
        }),
        ...(action && {
          action: action.clone(),
          actionMask: keptMask([batch, frames], config.actionDropout, deriveSeed(seed, 2)),
        }),
        ...(config.shownFrame === "previous"
          ? { firstFrame: previousFrames(x0, firstFrame, noise, schedule, seed) }
          : firstFrame && { firstFrame: firstFrame.clone() }),
        ...(config.firstFrameDropout > 0 && {
          firstFrameMask: keptMask([batch, 1, 1, 1, 1], config.firstFrameDropout, deriveSeed(seed, 3)),
        }),
        ...(context && { context: context.clone() }),
        ...(fps && { fps: fps.clone() }),
      }));
    },
    loss(weights, inputs) {
      const { firstFrameMask, firstFrame: given, ...rest } = inputs;
      const batch = rest as unknown as NoisedBatch;
      const [, , height, width, channels] = batch.x0.shape;
      const shown = (given ?? batch.x0.slice([0, 0], [-1, 1, height, width, channels])) as Tensor5D;
      const firstFrame = firstFrameMask ? (shown.mul(firstFrameMask) as Tensor5D) : shown;
      return diffusionForcingLoss(denoise(weights), { ...batch, firstFrame }, schedule);
    },
  };
}

/**
 * Diffusion training of a video U-Net: `diffusionObjective` with the network's own config. Only actions are dropped:
 * DynamiCrafter's published configs also drop a tenth of the activations inside residual blocks, which is left out here.
 *
 * @param diffusion fields not given are those of `labDiffusion`
 */
export function videoObjective(
  network: VideoUnetConfig,
  diffusion: Partial<DiffusionConfig> = {},
): Objective<VideoBatch> {
  return diffusionObjective((weights) => unetDenoise({ config: network, weights }), {
    ...labDiffusion,
    ...(network.shownFrame && { shownFrame: network.shownFrame }),
    ...diffusion,
  });
}

/** The frame before each, with the noise that it has in `x0`'s place but at one low level for a clip, as a history has. */
function previousFrames(
  x0: Tensor5D,
  before: Tensor5D | undefined,
  noise: Tensor5D,
  schedule: Schedule,
  seed: number,
): Tensor5D {
  const [batch, frames, ...size] = x0.shape;
  const shape: Tensor5D["shape"] = [batch, 1, ...size];
  const shifted = (first: Tensor5D, rest: Tensor5D) =>
    frames === 1 ? first : (concat([first, rest.slice([0, 0], [-1, frames - 1])], 1) as Tensor5D);
  const levels = Array.from(uniformValues(batch, deriveSeed(seed, 4)), (u) =>
    Math.floor(u ** 2 * shownBelow),
  );
  return addNoise(
    shifted(before ?? zeros(shape), x0),
    shifted(normalNoise(shape, deriveSeed(seed, 5)), noise),
    tensor2d(levels.map((level) => Array(frames).fill(level))),
    schedule,
  );
}

/** 1 where something is kept, 0 where it is dropped, each entry for itself. */
function keptMask(shape: number[], dropout: number, seed: number): Tensor {
  const chance = uniformValues(util.sizeFromShape(shape), seed);
  return tensor(
    chance.map((value) => (value < dropout ? 0 : 1)),
    shape,
  );
}
