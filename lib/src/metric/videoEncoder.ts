/**
 * A small network that describes frames and clips of the built-in worlds: trained to tell the true state and the action
 * taken, it notices what matters there. It takes the place that Inception, I3D and LPIPS have for natural pictures.
 */
import {
  type Scalar,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  tidy,
} from "@tensorflow/tfjs";
import { convolveFrames } from "../nn/convolution.js";
import { linear, silu } from "../nn/linear.js";
import { createWeights, layerParameters, type Parameters } from "../nn/parameters.js";
import { requireShape, requireWhole } from "../tensor/check.js";
import type { Objective } from "../train/objective.js";
import type { Weights } from "../weights/safetensors.js";
import { requireFinite, requireUnitRange } from "./frames.js";
import { requireActions } from "./inverseDynamics.js";
import { requireTrunk, type TrunkConfig, trunkFeatures, trunkParameters } from "./labNetwork.js";

export interface VideoEncoderConfig extends TrunkConfig {
  readonly kind: "videoEncoder";
  /** Numbers of state and of action that it learns to tell. */
  readonly state: number;
  readonly action: number;
}

export interface VideoEncoder {
  readonly config: VideoEncoderConfig;
  readonly weights: Weights;
}

/** For frames of 64 × 64. */
export const labVideoEncoder = {
  kind: "videoEncoder",
  size: 64,
  channels: [16, 32, 64],
  places: 32,
  width: 64,
} as const satisfies Omit<VideoEncoderConfig, "state" | "action">;

/** Names and shapes of the weights. */
export function videoEncoderParameters(config: VideoEncoderConfig): Parameters {
  const { width, state, action } = config;
  return {
    ...trunkParameters(config, 3),
    ...layerParameters("time", width, width, [3, 1, 1]),
    ...layerParameters("state", width, state),
    ...layerParameters("action", width, action),
  };
}

/**
 * An encoder with fresh weights. Equal seeds give equal bits.
 *
 * @throws RangeError if no network can be built from the config
 */
export function createVideoEncoder(config: VideoEncoderConfig, seed: number): VideoEncoder {
  requireTrunk("createVideoEncoder", config);
  requireWhole("createVideoEncoder", "state", config.state, 1);
  requireWhole("createVideoEncoder", "action", config.action, 1);
  return { config, weights: createWeights(videoEncoderParameters(config), seed) };
}

/**
 * Numbers that describe each frame with its neighbours.
 *
 * @param video [batch, frame, size, size, 3], values in [0, 1]
 * @returns [batch, frame, width]
 * @throws RangeError if the frames are of another size, or values lie outside [0, 1]
 */
export function frameFeatures({ config, weights }: VideoEncoder, video: Tensor5D): Tensor3D {
  requireEncoderVideo("frameFeatures", config, video);
  return tidy(() => encode(weights, config, video));
}

/**
 * Numbers that describe each clip: the mean of its frames' features.
 *
 * @param video as for `frameFeatures`
 * @returns [batch, width]
 */
export function clipFeatures({ config, weights }: VideoEncoder, video: Tensor5D): Tensor2D {
  requireEncoderVideo("clipFeatures", config, video);
  return tidy(() => encode(weights, config, video).mean<Tensor2D>(1));
}

export function requireEncoderVideo(caller: string, { size }: TrunkConfig, video: Tensor5D): void {
  requireShape(caller, "video", video, ["batch", "frame", size, size, 3]);
  requireUnitRange(caller, "video", video);
}

function encode(weights: Weights, config: VideoEncoderConfig, video: Tensor5D): Tensor3D {
  const { size, width } = config;
  const [batch, frames] = video.shape;
  const each = trunkFeatures(weights, config, video.reshape<Tensor4D>([batch * frames, size, size, 3]));
  const x = each.reshape<Tensor4D>([batch, frames, 1, width]);
  return silu(x.add(convolveFrames(weights, "time", x, 1, 1))).reshape([batch, frames, width]);
}

/** Episodes to learn from. Targets have mean 0 and deviation 1 in each component, so that all count alike. */
export interface EncoderBatch {
  /** [batch, frame, size, size, 3], values in [0, 1]. */
  readonly frames: Tensor5D;
  /** True state in each frame [batch, frame, state]. */
  readonly state: Tensor3D;
  /** action[t] is taken while frame t is seen [batch, frame, action]. */
  readonly action: Tensor3D;
}

/** Mean squared error of state and action, told from the features of each frame; for `createTrainer`. */
export function videoEncoderObjective(config: VideoEncoderConfig): Objective<EncoderBatch> {
  return {
    settings: { kind: config.kind },
    inputs({ frames, state, action }) {
      requireEncoderVideo("trainer.step", config, frames);
      requireWhole("trainer.step", "frames", frames.shape[1], 2);
      requireActions("trainer.step", frames, action, config.action);
      requireShape("trainer.step", "state", state, [frames.shape[0], frames.shape[1], config.state]);
      requireFinite("trainer.step", "state", state);
      return { frames: frames.clone(), state: state.clone(), action: action.clone() };
    },
    loss(weights, inputs) {
      const { frames, state, action } = inputs as unknown as EncoderBatch;
      const features = encode(weights, config, frames);
      const known = [frames.shape[0], frames.shape[1] - 1, -1]; // what the last action does is not seen
      const told = linear(weights, "action", features).slice([0, 0, 0], known as [number, number, number]);
      const taken = action.slice([0, 0, 0], known as [number, number, number]);
      const wrongState = linear(weights, "state", features).squaredDifference(state).mean();
      return wrongState.add(told.squaredDifference(taken).mean()) as Scalar;
    },
  };
}
