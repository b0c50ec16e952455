/** What a sampler and a loss know of a network: a function from noisy frames and their levels to a prediction. */
import { type Tensor1D, type Tensor2D, type Tensor3D, type Tensor5D, tidy, zeros } from "@tensorflow/tfjs";
import { requireShape } from "../tensor/check.js";

export interface DenoiseInputs {
  /** Noisy frames [batch, frame, height, width, channel]. */
  readonly x: Tensor5D;
  /** Noise level of every frame [batch, frame], whole numbers. */
  readonly level: Tensor2D;
  /**
   * The action that led to every frame [batch, frame, action]: already shifted, see `shiftActions`. Absent for a model
   * without actions.
   */
  readonly action?: Tensor3D;
  /** 1 where the action is given, 0 where nothing is added in its place (∅) [batch, frame]. */
  readonly actionMask?: Tensor2D;
  /**
   * A frame that conditions all others [batch, 1, height, width, channel], the clean first one; or one for each of them
   * [batch, frame, height, width, channel].
   */
  readonly firstFrame?: Tensor5D;
  /** Text and image tokens for cross-attention [batch, token, width]. */
  readonly context?: Tensor3D;
  /** Frames per second [batch]. */
  readonly fps?: Tensor1D;
}

/** Prediction in the schedule's form, [batch, frame, height, width, channel]. */
export type Denoise = (inputs: DenoiseInputs) => Tensor5D;

/**
 * Actions moved one frame later, so that frame t sees the action taken at frame t − 1; frame 0, which no action led to,
 * gets zeros.
 *
 * @param action [batch, frame, action]: action[t] is taken while frame t is seen
 * @returns same shape
 * @see Vid2World, section 4.2, and its code, which also gives frame 0 zeros
 */
export function shiftActions(action: Tensor3D): Tensor3D {
  requireShape("shiftActions", "action", action, ["batch", "frame", "action"]);
  const [batch, frames, size] = action.shape;
  return tidy(() =>
    zeros<Tensor3D["rankType"]>([batch, 1, size]).concat(
      action.slice([0, 0, 0], [batch, frames - 1, size]),
      1,
    ),
  );
}
