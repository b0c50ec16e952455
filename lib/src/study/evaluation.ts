/** What all scores of trained models have in common. */
import type { RunOptions } from "../train/run.js";

/** Decides which episodes are scored; no recipe trains with it. Light stands still in every episode of every world. */
export const heldOutSeed = 990_001;

export interface EvaluateModelOptions extends RunOptions {
  /** Episodes, of each source where there are several; 64 unless given. A fourth as many have long rollouts. */
  readonly clips?: number;
  /** Folder for recorded clips. */
  readonly scratch: string;
  readonly onProgress?: (stage: string, done: number, of: number) => void;
}

/** What every score says of its making. */
export interface Made {
  readonly name: string;
  /** Updates that the model has had. */
  readonly steps: number;
  readonly command: string;
  readonly heldOutSeed: number;
  readonly clips: number;
}
