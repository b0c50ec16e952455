/** The frames before the newest one, whatever form they are kept in. */
import { type Tensor2D, type Tensor5D, tensor2d, tidy } from "@tensorflow/tfjs";
import { addNoise } from "../diffusion/forms.js";
import type { Schedule } from "../schedule/schedule.js";
import { historyNoiseOf } from "./denoiseFrame.js";
import type { DenoiseStep } from "./denoiseStep.js";

/** Something to return to; it belongs to whoever took it, who releases it. */
export interface Snapshot {
  release(): void;
}

export interface FrameHistory {
  /** Frames added so far. */
  readonly frames: number;
  /** Frames that went through the network for each video: both branches of guidance counted, padding not. */
  readonly frameEvaluations: number;
  /**
   * Adds a finished frame.
   *
   * @param frame clean [batch, 1, height, width, channel], lent
   * @param action that led to it [batch, action]; none for the first frame of all
   */
  add(frame: Tensor5D, action?: Tensor2D): Promise<void>;
  /** Steps for the frame that follows, to be taken before the next `add`; the action that leads to it is lent. */
  next(action?: Tensor2D): Promise<DenoiseStep>;
  snapshot(): Snapshot;
  /** Returns to a snapshot of this history; the snapshot stays as it is. */
  restore(snapshot: Snapshot): void;
  dispose(): void;
}

/** A finished frame as the network sees it in later ones: with its one draw of noise at the history's level. */
export function asHistory(
  frame: Tensor5D,
  index: number,
  level: number,
  seeds: readonly number[],
  schedule: Schedule,
): Tensor5D {
  if (level < 0) return frame.clone();
  return tidy(() => {
    const noise = historyNoiseOf(frame.shape, seeds, index);
    return addNoise(frame, noise, tensor2d(seeds.map(() => [level])), schedule);
  });
}
