/** Sampling along any noise plan: whole clips at once, pyramids, plans of one's own. */
import { type Tensor2D, type Tensor5D, tensor2d, tidy, where } from "@tensorflow/tfjs";
import { addNoise, toClean } from "../diffusion/forms.js";
import type { NoisePlan } from "../schedule/noisePlan.js";
import { cleanLevel, type Schedule } from "../schedule/schedule.js";
import { requireRange, requireShape, requireWhole } from "../tensor/check.js";
import { type Solver, solverStep, takeStep } from "./solver.js";

export interface SamplePlanOptions {
  readonly schedule: Schedule;
  /** A plan whose rows are steps. */
  readonly plan: NoisePlan;
  /** Standard normal noise, with clean frames where the plan's first row says so. */
  readonly start: Tensor5D;
  readonly solver?: Solver;
  /** Share of fresh noise in each `ddim` step, 0 (default) to 1. */
  readonly eta?: number;
  /** Standard normal noise of a step, counted from 0, in the shape of `start`; needed if `eta` is above 0. */
  readonly noise?: (step: number) => Tensor5D;
  /** How finished frames are shown to the network: at this level, with this noise. Absent: clean, said to be at level 0. */
  readonly history?: { readonly level: number; readonly noise: Tensor5D };
}

/**
 * Takes a video down a noise plan, row by row.
 *
 * @param predict the network's answer for noisy frames and their levels, in the schedule's form; guidance is its matter
 * @returns the video at the plan's last row [batch, frame, height, width, channel]
 * @throws RangeError if shapes do not fit or the plan is one of draws
 * @see Chen et al., "Diffusion Forcing", NeurIPS 2024, section 3.3
 */
export async function samplePlan(
  predict: (x: Tensor5D, level: Tensor2D) => Tensor5D | Promise<Tensor5D>,
  { schedule, plan, start, solver = "ddim", eta = 0, noise, history }: SamplePlanOptions,
): Promise<Tensor5D> {
  const { levels } = plan;
  if (plan.rows !== "steps")
    throw new RangeError(
      "samplePlan: the plan's rows are draws; expected steps, for example from timesteps.",
    );
  requireShape("samplePlan", "start", start, ["batch", levels[0].length, "height", "width", "channel"]);
  requireRange("samplePlan", "eta", eta, 0, 1);
  if (history) requireWhole("samplePlan", "history.level", history.level, 0, schedule.config.levels - 1);
  const batch = start.shape[0];
  const before: (number | undefined)[] = levels[0].map(() => undefined);
  let x = start.clone();
  let previous: Tensor5D | undefined;
  for (let row = 0; row + 1 < levels.length; row++) {
    const shown = tidy(() => {
      const told = levels[row].map((level) => (level === cleanLevel ? (history?.level ?? 0) : level));
      const level = tensor2d(Array.from({ length: batch }, () => told));
      const finished = tensor2d([levels[row].map((at) => Number(at === cleanLevel))]).reshape([
        1, -1, 1, 1, 1,
      ]);
      const seen = history
        ? where(finished.cast("bool"), addNoise(x, history.noise, level, schedule), x)
        : x.clone();
      return { x: seen as Tensor5D, level };
    });
    const prediction = await predict(shown.x, shown.level);
    const made = tidy(() => {
      const clean = toClean(x, prediction, shown.level, schedule);
      const coefficients = levels[row].map((from, frame) => {
        const step = { from, to: levels[row + 1][frame], before: before[frame] };
        return solverStep(solver, step, schedule, eta);
      });
      const fresh = coefficients.some((each) => each.noise !== 0) ? noise?.(row) : undefined;
      return { x: takeStep(x, clean, [coefficients], { previous, noise: fresh }), clean };
    });
    levels[row].forEach((from, frame) => {
      if (levels[row + 1][frame] !== from) before[frame] = from;
    });
    for (const tensor of [x, previous, prediction, shown.x, shown.level]) tensor?.dispose();
    x = made.x;
    previous = made.clean;
  }
  previous?.dispose();
  return x;
}
