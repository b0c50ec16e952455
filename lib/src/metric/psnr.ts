/** Squared error and peak signal-to-noise ratio of frames. Videos are [batch, frame, height, width, channel]. */
import { type Tensor2D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { requireChoice } from "../tensor/check.js";
import { requireFinite, requireSameVideos, requireVideos } from "./frames.js";
import { preciseMean } from "./mean.js";

/**
 * `piqa` adds 1e-8 to the mean square, as the library of that name does and with it the paper's evaluation: equal
 * frames reach 80 dB, below 43 dB it changes less than 0.001 dB. `exact` adds nothing: equal frames reach Infinity.
 */
export type PsnrVariant = "piqa" | "exact";

/**
 * Mean squared difference of every frame.
 *
 * @param truth [batch, frame, height, width, channel]
 * @param guess same shape, same range
 * @returns [batch, frame], in squares of the values' unit
 * @throws RangeError if the shapes differ, or values are not finite
 */
export function frameMse(truth: Tensor5D, guess: Tensor5D): Tensor2D {
  requireSameVideos("frameMse", truth, guess);
  requireFinite("frameMse", "truth", truth);
  requireFinite("frameMse", "guess", guess);
  return tidy(() => meanSquare(truth, guess));
}

function meanSquare(truth: Tensor5D, guess: Tensor5D): Tensor2D {
  return preciseMean(truth.squaredDifference(guess), [4, 3, 2]) as Tensor2D;
}

/**
 * Peak signal-to-noise ratio of every frame, in decibels; higher is closer.
 *
 * @param truth [batch, frame, height, width, channel], values in [0, 1]
 * @param guess same shape, same range
 * @param options `variant`: see `PsnrVariant`; the default is the paper's
 * @returns [batch, frame]
 * @throws RangeError if the shapes differ, or values lie outside [0, 1] (checked where the function is not compiled)
 * @see Horé and Ziou, "Image quality metrics: PSNR vs. SSIM", ICPR 2010, with peak value 1
 */
export function framePsnr(
  truth: Tensor5D,
  guess: Tensor5D,
  { variant = "piqa" }: { readonly variant?: PsnrVariant } = {},
): Tensor2D {
  requireVideos("framePsnr", truth, guess);
  requireChoice("framePsnr", "variant", variant, ["piqa", "exact"]);
  return tidy(() => {
    const floored = meanSquare(truth, guess).add(variant === "piqa" ? 1e-8 : 0);
    return floored.log().mul(-10 / Math.LN10) as Tensor2D;
  });
}
