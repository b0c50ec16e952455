/** Which frames a frame may look at in temporal attention. */
import { type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import { requireWhole } from "../tensor/check.js";

/**
 * "full": every frame sees every frame. "causal": frame i sees frames 0 … i. A window: frame i sees the last `window`
 * frames up to itself, and the first `sinks` frames of the clip for good.
 */
export type TemporalMask = "full" | "causal" | { readonly window: number; readonly sinks?: number };

/** Throws a RangeError unless `mask` is one of the three kinds. */
export function requireMask(caller: string, mask: TemporalMask): void {
  if (mask === "full" || mask === "causal") return;
  if (typeof mask !== "object" || mask === null || !("window" in mask))
    throw new RangeError(
      `${caller}: mask is ${JSON.stringify(mask)}; expected "full", "causal" or { window, sinks }.`,
    );
  requireWhole(caller, "mask.window", mask.window, 1);
  requireWhole(caller, "mask.sinks", mask.sinks ?? 0, 0);
}

/** Whether a frame may look at another, by their places in the clip. */
export function sees(frame: number, other: number, mask: TemporalMask): boolean {
  if (mask === "full") return true;
  if (other > frame) return false;
  return mask === "causal" || other > frame - mask.window || other < (mask.sinks ?? 0);
}

/**
 * 1 where the row's frame may look at the column's, 0 elsewhere.
 *
 * @returns [frame, frame]
 * @throws RangeError if the mask or the number of frames is not of the expected kind
 */
export function temporalMask(frames: number, mask: TemporalMask): Tensor2D {
  requireWhole("temporalMask", "frames", frames, 1);
  requireMask("temporalMask", mask);
  return tensor2d(
    Array.from({ length: frames }, (_, i) =>
      Array.from({ length: frames }, (_, j) => (sees(i, j, mask) ? 1 : 0)),
    ),
  );
}

/** Far below any logit, so that softmax gives exactly 0 in float32. */
const forbidden = -1e9;

/**
 * What to add to attention logits of a clip: 0 or a large negative number, [frame, frame]. Undefined where nothing is
 * forbidden.
 */
export function maskLogits(frames: number, mask: TemporalMask): Tensor2D | undefined {
  const rows = Array.from({ length: frames }, (_, i) =>
    Array.from({ length: frames }, (_, j) => (sees(i, j, mask) ? 0 : forbidden)),
  );
  return rows.every((row) => row.every((value) => value === 0)) ? undefined : tensor2d(rows);
}
