/** One denoising step of the newest frame: guidance, clean estimate, solver. */
import {
  moments,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor5D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs";
import { toClean } from "../diffusion/forms.js";
import type { Schedule } from "../schedule/schedule.js";
import type { GuideOptions } from "./guide.js";
import { guide } from "./guide.js";
import { type StepCoefficients, takeStep } from "./solver.js";

/** What a step starts from; all [batch, 1, height, width, channel]. */
export interface FrameState {
  readonly x: Tensor5D;
  /** The clean frame estimated one step before, where the step needs it. */
  readonly previous?: Tensor5D;
  /** Standard normal, where the step needs it. */
  readonly noise?: Tensor5D;
}

export interface StepSettings {
  /** Level of the newest frame now. */
  readonly level: number;
  readonly coefficients: StepCoefficients;
  /** Absent where the unconditional branch is not asked. */
  readonly guidance?: GuideOptions;
}

/** The newest frame one step further, and the clean frame estimated on the way; both belong to the caller. */
export interface SteppedFrame {
  readonly x: Tensor5D;
  readonly clean: Tensor5D;
}

/** Takes the newest frame one step further, given the frames before it. */
export type DenoiseStep = (state: FrameState, settings: StepSettings) => Promise<SteppedFrame>;

/** The network's answer for the newest frame alone. */
export interface FramePrediction {
  readonly conditional: Tensor5D;
  /** Present if asked for. */
  readonly unconditional?: Tensor5D;
}

/** A step from a function that only predicts; the rest runs on the current TensorFlow.js backend. */
export function stepFrom(
  predict: (x: Tensor5D, level: number, guided: boolean) => Promise<FramePrediction>,
  schedule: Schedule,
): DenoiseStep {
  return async ({ x, previous, noise }, { level, coefficients, guidance }) => {
    const { conditional, unconditional } = await predict(x, level, guidance !== undefined);
    const made = tidy(() => {
      const prediction =
        unconditional && guidance ? guide(conditional, unconditional, guidance) : conditional;
      const levels = tensor2d(Array.from({ length: x.shape[0] }, () => [level]));
      const clean = toClean(x, prediction, levels, schedule);
      return { x: takeStep(x, clean, [[coefficients]], { previous, noise }), clean };
    });
    conditional.dispose();
    unconditional?.dispose();
    return made;
  };
}

/** The settings that `stepInGraph` takes as a tensor, so that one graph serves them all. */
export function stepNumbers({ coefficients, guidance }: StepSettings): number[] {
  const { x, clean, previous, noise } = coefficients;
  return [x, clean, previous, noise, guidance?.strength ?? 1, guidance?.rescale ?? 0];
}

/**
 * The same step as plain tensor operations, to be traced together with the prediction.
 *
 * @param prediction of the conditional branch, then, if `guided`, of the unconditional one
 * @param numbers those of `stepNumbers`
 * @param level of the newest frame [batch, 1]
 */
export function stepInGraph(
  { x, previous, noise }: FrameState,
  prediction: Tensor5D,
  level: Tensor2D,
  numbers: Tensor1D,
  guided: boolean,
  schedule: Schedule,
): SteppedFrame {
  const [ofX, ofClean, ofPrevious, ofNoise, strength, rescale] = numbers
    .split(6)
    .map((number) => number.reshape([]));
  let answer = prediction;
  if (guided) {
    const [conditional, unconditional] = prediction.split(2) as [Tensor5D, Tensor5D];
    const mixed = unconditional.add(conditional.sub(unconditional).mul(strength));
    const variance = (tensor: Tensor) => moments(tensor, [1, 2, 3, 4], true).variance;
    const ratio = variance(conditional).div(variance(mixed).maximum(1e-20)).sqrt();
    answer = mixed.mul(ratio.sub(1).mul(rescale).add(1)) as Tensor5D;
  }
  const clean = toClean(x, answer, level, schedule);
  let next = x.mul(ofX).add(clean.mul(ofClean));
  if (previous) next = next.add(previous.mul(ofPrevious));
  if (noise) next = next.add(noise.mul(ofNoise));
  return { x: next as Tensor5D, clean };
}
