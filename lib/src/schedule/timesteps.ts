/** Which levels a sampler visits. */
import { requireChoice, requireWhole } from "../tensor/check.js";

const spacings = ["trailing", "uniform"] as const;
export type Spacing = (typeof spacings)[number];

/**
 * The levels visited in `steps` denoising steps, in the order of the visit: falling.
 *
 * - `trailing`: starts at the last level, as zero terminal SNR requires (50 of 1000: 999, 979, …, 19).
 * - `uniform`: every ⌊levels / steps⌋-th level, starting at 1 from below; if `steps` does not divide `levels` there
 *   are more visits than asked for, as in the official code.
 *
 * @throws RangeError if `steps` is not in [1, levels], or if the uniform spacing would step past the last level
 * @see Lin et al., "Common diffusion noise schedules and sample steps are flawed", WACV 2024, table 2
 */
export function ddimTimesteps(steps: number, spacing: Spacing, levels = 1000): number[] {
  requireChoice("ddimTimesteps", "spacing", spacing, spacings);
  requireWhole("ddimTimesteps", "steps", steps, 1, levels);
  if (spacing === "trailing")
    return Array.from({ length: steps }, (_, i) => roundHalfToEven(levels - (i * levels) / steps) - 1);
  const stride = Math.floor(levels / steps);
  const rising = Array.from({ length: Math.ceil(levels / stride) }, (_, i) => i * stride + 1);
  if (rising[rising.length - 1] >= levels)
    throw new RangeError(
      `ddimTimesteps: steps is ${steps} with uniform spacing, which reaches level ${levels} of 0 … ${levels - 1}; ` +
        'expected another count, or "trailing".',
    );
  return rising.reverse();
}

/** NumPy's rounding, which the official timesteps go through. */
function roundHalfToEven(x: number): number {
  const below = Math.floor(x);
  if (x - below !== 0.5) return Math.round(x);
  return below % 2 === 0 ? below : below + 1;
}
