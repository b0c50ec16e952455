/**
 * Noising, and the three forms of a prediction: noise ε, clean frames x₀, velocity v. Given the noisy frames and their
 * levels each form determines the others. "Clean" here means after dynamic rescale where a schedule has one; only
 * `rescaleClean` applies it.
 */
import { type Tensor2D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import type { Schedule } from "../schedule/schedule.js";
import { requireSameShape } from "../tensor/check.js";
import { frameCoefficients, requireLevels } from "./frameLevels.js";

/**
 * Clean frames times the dynamic-rescale factor of their level.
 *
 * @param clean [batch, frame, height, width, channel]
 * @param level [batch, frame], whole numbers in [−1, levels)
 * @see Vid2World's code, which rescales every frame by its own level; DynamiCrafter uses one level per video
 */
export function rescaleClean(clean: Tensor5D, level: Tensor2D, schedule: Schedule): Tensor5D {
  requireLevels("rescaleClean", "clean", clean, level);
  return tidy(() => clean.mul(frameCoefficients(schedule, level).scale));
}

/**
 * Noisy frames √ᾱ x₀ + √(1−ᾱ) ε, every frame at its own level.
 *
 * @param clean [batch, frame, height, width, channel]
 * @param noise same shape, standard normal
 * @param level [batch, frame], whole numbers in [−1, levels)
 * @throws RangeError if shapes do not fit
 * @see Vid2World, section 3
 */
export function addNoise(clean: Tensor5D, noise: Tensor5D, level: Tensor2D, schedule: Schedule): Tensor5D {
  requireSameShape("addNoise", { clean, noise });
  requireLevels("addNoise", "clean", clean, level);
  return tidy(() => {
    const at = frameCoefficients(schedule, level);
    return clean.mul(at.signal).add(noise.mul(at.noise));
  });
}

/**
 * Velocity v = √ᾱ ε − √(1−ᾱ) x₀, the training target of a v-model. Shapes as in `addNoise`.
 *
 * @see Salimans and Ho, "Progressive distillation", ICLR 2022, appendix D
 */
export function toV(clean: Tensor5D, noise: Tensor5D, level: Tensor2D, schedule: Schedule): Tensor5D {
  requireSameShape("toV", { clean, noise });
  requireLevels("toV", "clean", clean, level);
  return tidy(() => {
    const at = frameCoefficients(schedule, level);
    return noise.mul(at.signal).sub(clean.mul(at.noise));
  });
}

/** Clean frames from noisy ones and their velocity: x₀ = √ᾱ x − √(1−ᾱ) v. Shapes as in `addNoise`. */
export function fromV(x: Tensor5D, v: Tensor5D, level: Tensor2D, schedule: Schedule): Tensor5D {
  requireSameShape("fromV", { x, v });
  requireLevels("fromV", "x", x, level);
  return tidy(() => {
    const at = frameCoefficients(schedule, level);
    return x.mul(at.signal).sub(v.mul(at.noise));
  });
}

/**
 * Clean frames from a network's output, in whatever form `schedule.config.predicts` says. Shapes as in `addNoise`.
 * With "epsilon", x₀ = (x − √(1−ᾱ) ε) / √ᾱ.
 */
export function toClean(x: Tensor5D, prediction: Tensor5D, level: Tensor2D, schedule: Schedule): Tensor5D {
  requireSameShape("toClean", { x, prediction });
  requireLevels("toClean", "x", x, level);
  switch (schedule.config.predicts) {
    case "v":
      return fromV(x, prediction, level, schedule);
    case "x0":
      return prediction.clone();
    case "epsilon":
      return tidy(() => {
        const at = frameCoefficients(schedule, level);
        return x.sub(prediction.mul(at.noise)).div(at.signal);
      });
  }
}

/**
 * Noise from a network's output, in whatever form `schedule.config.predicts` says. Shapes as in `addNoise`.
 * With "v", ε = √ᾱ v + √(1−ᾱ) x; with "x0", ε = (x − √ᾱ x₀) / √(1−ᾱ).
 */
export function toEpsilon(x: Tensor5D, prediction: Tensor5D, level: Tensor2D, schedule: Schedule): Tensor5D {
  requireSameShape("toEpsilon", { x, prediction });
  requireLevels("toEpsilon", "x", x, level);
  if (schedule.config.predicts === "epsilon") return prediction.clone();
  return tidy(() => {
    const at = frameCoefficients(schedule, level);
    if (schedule.config.predicts === "v") return prediction.mul(at.signal).add(x.mul(at.noise));
    return x.sub(prediction.mul(at.signal)).div(at.noise);
  });
}

/** What the network should have said: ε, v or x₀, by `schedule.config.predicts`. Shapes as in `addNoise`. */
export function trainingTarget(
  clean: Tensor5D,
  noise: Tensor5D,
  level: Tensor2D,
  schedule: Schedule,
): Tensor5D {
  requireSameShape("trainingTarget", { clean, noise });
  switch (schedule.config.predicts) {
    case "v":
      return toV(clean, noise, level, schedule);
    case "x0":
      return clean.clone();
    case "epsilon":
      return noise.clone();
  }
}
