import { moments, type Tensor, tidy } from "@tensorflow/tfjs";
import { requireRange, requireSameShape } from "../tensor/check.js";

export interface GuideOptions {
  /** s in u + s (c − u): 0 ignores the condition, 1 follows it as learned, above 1 overstates it. */
  readonly strength: number;
  /** How far the result's spread is drawn back to that of `conditional`, 0 (default) to 1. */
  readonly rescale?: number;
}

/**
 * Classifier-free guidance u + s (c − u), written in one way for all conditions. The paper's (1 + λ) c − λ u is the same
 * with s = 1 + λ; its "guidance scale 2.5" is s.
 *
 * The rescale multiplies by std(c) / std(result), each over everything but the batch, mixed in by `rescale`.
 *
 * @param conditional prediction with the condition [batch, …]
 * @param unconditional prediction without, same shape
 * @returns same shape
 * @throws RangeError if shapes differ or an option is out of range
 * @see Vid2World, section 4.2; Lin et al., "Common diffusion noise schedules and sample steps are flawed", section 3.4
 */
export function guide<T extends Tensor>(
  conditional: T,
  unconditional: T,
  { strength, rescale = 0 }: GuideOptions,
): T {
  requireSameShape("guide", { conditional, unconditional });
  requireRange("guide", "strength", strength, 0);
  requireRange("guide", "rescale", rescale, 0, 1);
  if (strength === 1) return conditional.clone();
  return tidy(() => {
    const guided = unconditional.add(conditional.sub(unconditional).mul(strength)) as T;
    if (rescale === 0) return guided;
    const axes = conditional.shape.map((_, axis) => axis).slice(1);
    const variance = (x: T) => moments(x, axes, true).variance;
    const ratio = variance(conditional).div(variance(guided).maximum(1e-20)).sqrt(); // also where all is flat
    return guided.mul(ratio.mul(rescale).add(1 - rescale)) as T;
  });
}
