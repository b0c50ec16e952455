import { type Tensor5D, tensor2d, tidy } from "@tensorflow/tfjs";
import { toClean } from "../diffusion/forms.js";
import type { Schedule } from "../schedule/schedule.js";
import { requireSameShape } from "../tensor/check.js";
import { solverStep, takeStep } from "./solver.js";

export interface DdimStepOptions {
  /** Level of every frame now, one number for all or [batch][frame]. */
  readonly from: number | readonly (readonly number[])[];
  /** Level of every frame after the step; not above `from`. A frame with equal levels keeps its bits. */
  readonly to: number | readonly (readonly number[])[];
  /** Share of fresh noise, 0 (default) to 1. */
  readonly eta?: number;
  /** Standard normal, the shape of `x`; needed if `eta` is above 0. */
  readonly noise?: Tensor5D;
}

/**
 * One DDIM step of a video, each frame from its own level to its own next one.
 *
 * @param x noisy frames [batch, frame, height, width, channel]
 * @param prediction the network's answer, in the form that `schedule.config.predicts`, same shape
 * @returns same shape
 * @throws RangeError if shapes do not fit, a level rises or noise is missing
 * @see Song et al., "Denoising diffusion implicit models", ICLR 2021, equation 12
 */
export function ddimStep(
  x: Tensor5D,
  prediction: Tensor5D,
  schedule: Schedule,
  { from, to, eta = 0, noise }: DdimStepOptions,
): Tensor5D {
  requireSameShape("ddimStep", { x, prediction });
  const [batch, frames] = x.shape;
  const spread = (levels: number | readonly (readonly number[])[]) =>
    typeof levels === "number" ? Array.from({ length: batch }, () => Array(frames).fill(levels)) : levels;
  const [now, next] = [spread(from), spread(to)];
  return tidy(() => {
    const clean = toClean(x, prediction, tensor2d(now as number[][]), schedule);
    const coefficients = now.map((row, b) =>
      row.map((level, f) => solverStep("ddim", { from: level, to: next[b][f] }, schedule, eta)),
    );
    return takeStep(x, clean, coefficients, { noise });
  });
}
