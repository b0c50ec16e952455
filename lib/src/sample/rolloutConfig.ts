import type { Spacing } from "../schedule/timesteps.js";
import { requireChoice, requireRange, requireWhole } from "../tensor/check.js";
import { type Solver, solvers } from "./solver.js";

/** Everything that decides a rollout but the world, the history, the actions and the seed. */
export interface RolloutConfig {
  /** Denoising steps per generated frame. */
  readonly steps: number;
  readonly spacing: Spacing;
  readonly solver: Solver;
  /** Share of fresh noise in each `ddim` step, 0 to 1. */
  readonly eta: number;
  /** s in u + s (c − u): 0 ignores the action, 1 follows it as learned, above 1 overstates it. */
  readonly strength: number;
  /** How far guidance is drawn back to the spread of the conditional prediction, 0 to 1. */
  readonly rescale: number;
  /** What the unconditional branch leaves out: the newest action (the paper), or all of them. */
  readonly nullAction: "last" | "all";
  /** Guidance applies at noise levels from the first to the second, both included. */
  readonly guidedLevels: readonly [number, number];
  /** Noise level of the history; −1 leaves it clean and says level 0. Its noise is drawn once per frame. */
  readonly historyLevel: number;
  /** Most frames that the network sees at once, the new one included. */
  readonly window: number;
}

/** Vid2World's published sampling; its released code has historyLevel 39. */
export const paperRollout: RolloutConfig = {
  steps: 50,
  spacing: "trailing",
  solver: "ddim",
  eta: 1,
  strength: 2.5,
  rescale: 0.7,
  nullAction: "last",
  guidedLevels: [0, 999],
  historyLevel: 20,
  window: 16,
};

/** For young, small models: few steps, mild guidance, a noisy history. */
export const labRollout: RolloutConfig = {
  ...paperRollout,
  steps: 10,
  eta: 0,
  strength: 1.5,
  rescale: 0,
  historyLevel: 119,
};

/** Throws a RangeError naming the first field out of its range. */
export function requireRollout(caller: string, config: RolloutConfig, levels: number): void {
  requireWhole(caller, "steps", config.steps, 1, levels);
  requireChoice(caller, "spacing", config.spacing, ["trailing", "uniform"]);
  requireChoice(caller, "solver", config.solver, solvers);
  requireRange(caller, "eta", config.eta, 0, 1);
  requireRange(caller, "strength", config.strength, 0);
  requireRange(caller, "rescale", config.rescale, 0, 1);
  requireChoice(caller, "nullAction", config.nullAction, ["last", "all"]);
  const [lowest, highest] = config.guidedLevels;
  requireRange(caller, "the first of guidedLevels", lowest, 0);
  requireRange(caller, "the second of guidedLevels", highest, lowest);
  requireWhole(caller, "historyLevel", config.historyLevel, -1, levels - 1);
  requireWhole(caller, "window", config.window, 2);
}
