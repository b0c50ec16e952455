/** The training loss: mean squared error of the prediction, every frame at its own noise level. */
import { type Scalar, type Tensor2D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import type { Schedule } from "../schedule/schedule.js";
import { requireSameShape } from "../tensor/check.js";
import { type Denoise, type DenoiseInputs, shiftActions } from "./denoise.js";
import { addNoise, rescaleClean, trainingTarget } from "./forms.js";
import { requireLevels } from "./frameLevels.js";

/** A training batch with its chance already drawn. */
export interface NoisedBatch extends Omit<DenoiseInputs, "x"> {
  /** Clean frames [batch, frame, height, width, channel]. */
  readonly x0: Tensor5D;
  /** Standard normal, same shape. */
  readonly noise: Tensor5D;
  /** Weight of every frame's squared error [batch, frame]; all 1 where absent. */
  readonly weight?: Tensor2D;
}

/**
 * Mean over all numbers of weight · (prediction − target)², the frames noised each to its own level.
 *
 * `batch.action` is as recorded, action[t] taken at frame t; it is shifted here, so frame t learns from action t − 1.
 *
 * @returns a scalar
 * @throws RangeError if shapes do not fit
 * @see Vid2World, section 4.1, algorithm 1; the released code trains v with uniform weights
 */
export function diffusionForcingLoss(denoise: Denoise, batch: NoisedBatch, schedule: Schedule): Scalar {
  const { x0, noise, level, weight, action, ...rest } = batch;
  requireSameShape("diffusionForcingLoss", { x0, noise });
  requireLevels("diffusionForcingLoss", "x0", x0, level);
  return tidy(() => {
    const scaled = schedule.config.baseScale === 1 ? x0 : rescaleClean(x0, level, schedule);
    const x = addNoise(scaled, noise, level, schedule);
    const prediction = denoise({ ...rest, x, level, ...(action && { action: shiftActions(action) }) });
    const target = trainingTarget(scaled, noise, level, schedule);
    requireSameShape("diffusionForcingLoss", { prediction, target });
    const error = prediction.squaredDifference(target);
    if (!weight) return error.mean() as Scalar;
    return error.mul(weight.reshape([...level.shape, 1, 1, 1])).mean() as Scalar;
  });
}
