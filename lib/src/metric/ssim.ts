/**
 * Structural similarity. Windows lie wholly inside the frame ("valid"), so nothing depends on how borders are filled.
 *
 * Variances come from differences to the local mean, first along rows, then along columns (the variance in a window is
 * the mean of the row variances plus the variance of the row means). The shorter E[x²] − E[x]² loses most of its digits
 * in float32 where a bright region is flat, just where SSIM is most sensitive.
 */
import { conv2d, stack, type Tensor2D, type Tensor4D, type Tensor5D, tensor4d, tidy } from "@tensorflow/tfjs";
import { requireChoice } from "../tensor/check.js";
import { requireVideos } from "./frames.js";
import { preciseMean } from "./mean.js";

/**
 * `gaussian11`: 11 × 11 Gaussian window, σ = 1.5, as in Wang et al. 2004, piqa, torchmetrics and TensorFlow, and with
 * scikit-image's `gaussian_weights=True, sigma=1.5, use_sample_covariance=False`; the paper's choice.
 * `uniform7`: 7 × 7 mean and sample covariance (divided by 48), the defaults of scikit-image.
 */
export type SsimVariant = "gaussian11" | "uniform7";

interface SsimWindow {
  /** Weights along one axis; they sum to 1. */
  readonly taps: readonly number[];
  /** Factor on variances and covariances. */
  readonly covarianceScale: number;
}

const gaussian = Array.from({ length: 11 }, (_, i) => Math.exp(-((i - 5) ** 2) / (2 * 1.5 ** 2)));
const gaussianSum = gaussian.reduce((sum, tap) => sum + tap, 0);

const windows: Record<SsimVariant, SsimWindow> = {
  gaussian11: { taps: gaussian.map((tap) => tap / gaussianSum), covarianceScale: 1 },
  uniform7: { taps: Array(7).fill(1 / 7), covarianceScale: 49 / 48 },
};

/** Constants of the published definition for values in [0, 1]: (0.01)² and (0.03)². */
const brightnessFloor = 1e-4;
const contrastFloor = 9e-4;

/**
 * Structural similarity of every frame: mean over windows and channels; 1 for equal frames, lower is less alike.
 *
 * @param truth [batch, frame, height, width, channel], values in [0, 1]
 * @param guess same shape, same range
 * @param options `variant`: see `SsimVariant`; the default is the paper's
 * @returns [batch, frame]
 * @throws RangeError if the shapes differ, frames are smaller than the window, or values lie outside [0, 1]
 * @see Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment", IEEE TIP 2004
 */
export function frameSsim(
  truth: Tensor5D,
  guess: Tensor5D,
  { variant = "gaussian11" }: { readonly variant?: SsimVariant } = {},
): Tensor2D {
  requireVideos("frameSsim", truth, guess);
  requireChoice("frameSsim", "variant", variant, ["gaussian11", "uniform7"]);
  const [batch, frames, height, width] = truth.shape;
  const side = windows[variant].taps.length;
  if (height < side || width < side)
    throw new RangeError(
      `frameSsim: frames are ${height}×${width}; expected at least ${side}×${side}, the window of ${variant}.`,
    );
  return tidy(() => {
    const scores = [];
    for (let i = 0; i < batch; i++)
      for (let t = 0; t < frames; t++)
        scores.push(tidy(() => imageSsim(planes(truth, i, t), planes(guess, i, t), windows[variant])));
    return stack(scores).reshape([batch, frames]) as Tensor2D;
  });
}

/** One frame as [channel, height, width, 1], with the middle of the range at 0. */
function planes(video: Tensor5D, batch: number, frame: number): Tensor4D {
  const [, , height, width, channels] = video.shape;
  const image = video.slice([batch, frame, 0, 0, 0], [1, 1, height, width, channels]);
  return image.reshape([height, width, channels]).transpose([2, 0, 1]).expandDims<Tensor4D>(3).sub(0.5);
}

function imageSsim(truth: Tensor4D, guess: Tensor4D, { taps, covarianceScale }: SsimWindow) {
  const alongRows = kernels(taps, 1);
  const alongColumns = kernels(taps, 0);

  const truthRow = slide(truth, alongRows);
  const guessRow = slide(guess, alongRows);
  const truthWindow = slide(truthRow.mean, alongColumns);
  const guessWindow = slide(guessRow.mean, alongColumns);
  const spread = (a: "truth" | "guess", b: "truth" | "guess") => {
    const row = { truth: truthRow, guess: guessRow };
    const window = { truth: truthWindow, guess: guessWindow };
    const within = weightedProduct(row[a].differences, row[b].differences, taps);
    const between = weightedProduct(window[a].differences, window[b].differences, taps);
    return conv2d(within, alongColumns.mean, 1, "valid").add(between).mul(covarianceScale);
  };

  const truthMean = truthWindow.mean.add(0.5);
  const guessMean = guessWindow.mean.add(0.5);
  const brightness = truthMean
    .mul(guessMean)
    .mul(2)
    .add(brightnessFloor)
    .div(truthMean.square().add(guessMean.square()).add(brightnessFloor));
  const contrast = spread("truth", "guess")
    .mul(2)
    .add(contrastFloor)
    .div(spread("truth", "truth").add(spread("guess", "guess")).add(contrastFloor));
  return preciseMean(brightness.mul(contrast), [0, 1, 2, 3]);
}

interface Kernels {
  /** [taps, 1, 1, 1] or [1, taps, 1, 1]: the weighted mean. */
  readonly mean: Tensor4D;
  /** [taps, 1, 1, taps] or [1, taps, 1, taps]: output k is value k of the window minus the weighted mean. */
  readonly differences: Tensor4D;
}

function kernels(taps: readonly number[], axis: 0 | 1): Kernels {
  const n = taps.length;
  const extent = axis === 0 ? [n, 1] : [1, n];
  const differences = taps.flatMap((tap, from) => taps.map((_, k) => (from === k ? 1 : 0) - tap));
  return {
    mean: tensor4d([...taps], [extent[0], extent[1], 1, 1]),
    differences: tensor4d(differences, [extent[0], extent[1], 1, n]),
  };
}

function slide(values: Tensor4D, { mean, differences }: Kernels) {
  return {
    mean: conv2d(values, mean, 1, "valid"),
    differences: conv2d(values, differences, 1, "valid"), // [channel, height, width, tap]
  };
}

/** Σ over taps of weight × a × b: [channel, height, width, 1]. */
function weightedProduct(a: Tensor4D, b: Tensor4D, taps: readonly number[]): Tensor4D {
  return conv2d(a.mul(b) as Tensor4D, tensor4d([...taps], [1, 1, taps.length, 1]), 1, "valid");
}
