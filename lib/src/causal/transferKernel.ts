/**
 * Turning a temporal convolution that looks both ways into one that looks back only, by weights alone. The centred kernel
 * has an odd number of taps, w₋ₘ … w₊ₘ around frame t; the causal one acts on t and the frames before it.
 *
 * @see Vid2World, section 4.1 and appendix A.1 to A.3
 */
import { type Tensor, type Tensor2D, tensor2d, tidy } from "@tensorflow/tfjs";
import { requireChoice, requireWhole } from "../tensor/check.js";

/**
 * "shift" moves the kernel back by m frames; "masked" drops the taps on the future; "extrapolative" replaces each future
 * frame by the straight line through the last frames.
 */
export type TransferRule = "shift" | "masked" | "extrapolative";

const rules = ["shift", "masked", "extrapolative"] as const;

/** How much frame t - back counts in the least-squares line through `points` frames, read off at frame t + ahead. */
function lineWeight(points: number, ahead: number, back: number): number {
  const half = (points - 1) / 2;
  return 1 / points + (12 * (ahead + half) * (half - back)) / (points * (points * points - 1));
}

/** Row: tap of the centred kernel; column: tap of the causal one, the last column being frame t. */
function transferMatrix(taps: number, rule: TransferRule, points: number): Tensor2D {
  const m = (taps - 1) / 2;
  const results = rule === "extrapolative" ? Math.max(taps, points) : taps;
  const rows = Array.from({ length: taps }, (_, tap) => {
    const row = new Array<number>(results).fill(0);
    const time = tap - m; // the frame this tap acts on, relative to t
    if (rule === "shift") row[tap] = 1;
    else if (time <= 0) row[results - 1 + time] = 1;
    else if (rule === "extrapolative")
      for (let back = 0; back < points; back++) row[results - 1 - back] = lineWeight(points, time, back);
    return row;
  });
  return tensor2d(rows);
}

/**
 * The causal kernel that stands in for a centred one. Taps count from the earliest frame to the latest; the bias of the
 * layer stays as it is. With three taps (a, b, c): shift gives (a, b, c), masked (0, a, b), and extrapolative with two
 * points (0, a − c, b + 2c).
 *
 * @param kernel [out, in, tap, …], PyTorch's layout, an odd number of taps
 * @param rule what becomes of the taps on future frames
 * @param options points: how many frames the extrapolating line is fitted to, from 2 up; default 2
 * @returns [out, in, tap, …]; as many taps as before, or `points` if that is more
 * @throws RangeError for an even number of taps, fewer than two points, or an unknown rule
 * @see Vid2World, appendix A.2
 */
export function transferTemporalKernel<T extends Tensor>(
  kernel: T,
  rule: TransferRule,
  options: { readonly points?: number } = {},
): T {
  const { points = 2 } = options;
  requireChoice("transferTemporalKernel", "rule", rule, rules);
  requireWhole("transferTemporalKernel", "points", points, 2);
  if (kernel.rank < 3)
    throw new RangeError(
      `transferTemporalKernel: kernel is [${kernel.shape}]; expected [out, in, tap, …], as PyTorch stores it.`,
    );
  const [outputs, inputs, taps, ...rest] = kernel.shape;
  if (taps % 2 === 0)
    throw new RangeError(
      `transferTemporalKernel: kernel [${kernel.shape}] has ${taps} taps; only an odd number has a centre.`,
    );
  return tidy(() => {
    const matrix = transferMatrix(taps, rule, points);
    const others = rest.reduce((product, size) => product * size, 1);
    return kernel
      .reshape([outputs * inputs, taps, others])
      .transpose([0, 2, 1])
      .reshape([-1, taps])
      .matMul(matrix)
      .reshape([outputs * inputs, others, matrix.shape[1]])
      .transpose([0, 2, 1])
      .reshape([outputs, inputs, matrix.shape[1], ...rest]) as T;
  });
}
