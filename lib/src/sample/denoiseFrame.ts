/** From noise to one new frame, whatever remembers the frames before it. */
import { setImmediate } from "node:timers/promises";
import { dispose, type Tensor5D } from "@tensorflow/tfjs";
import { cleanLevel, type Schedule } from "../schedule/schedule.js";
import { ddimTimesteps } from "../schedule/timesteps.js";
import type { DenoiseStep } from "./denoiseStep.js";
import type { RolloutConfig } from "./rolloutConfig.js";
import { rowNoise } from "./rowNoise.js";
import { solverStep } from "./solver.js";

/** What the noise of a frame is for; later entries are the frame's denoising steps. */
const startNoise = 0;
const historyNoise = 1;
const stepNoise = 2;

/**
 * Denoises one new frame.
 *
 * @param shape [batch, 1, height, width, channel]
 * @param index of the frame in the video; its noise depends on it and the seeds alone
 * @param signal looked at before each step
 * @throws the signal's reason
 */
export async function denoiseFrame(
  step: DenoiseStep,
  schedule: Schedule,
  config: RolloutConfig,
  shape: Tensor5D["shape"],
  seeds: readonly number[],
  index: number,
  signal?: AbortSignal,
): Promise<Tensor5D> {
  const { steps, spacing, solver, eta, strength, rescale, guidedLevels } = config;
  const timesteps = ddimTimesteps(steps, spacing, schedule.config.levels);
  let x = rowNoise(shape, seeds, index, startNoise);
  let previous: Tensor5D | undefined;
  for (const [i, level] of timesteps.entries()) {
    if (signal) await setImmediate(); // a network may compute in this thread: now messages come in
    if (signal?.aborted) {
      dispose([x, ...(previous ? [previous] : [])]);
      throw signal.reason;
    }
    const guided = strength !== 1 && level >= guidedLevels[0] && level <= guidedLevels[1];
    const move = { from: level, to: timesteps[i + 1] ?? cleanLevel, before: timesteps[i - 1] };
    const coefficients = solverStep(solver, move, schedule, eta);
    const noise = coefficients.noise === 0 ? undefined : rowNoise(shape, seeds, index, stepNoise + i);
    const state = {
      x,
      ...(coefficients.previous !== 0 && { previous }),
      ...(noise && { noise }),
    };
    const made = await step(state, {
      level,
      coefficients,
      ...(guided && { guidance: { strength, rescale } }),
    });
    for (const tensor of [x, previous, noise]) tensor?.dispose();
    x = made.x;
    previous = made.clean;
  }
  previous?.dispose();
  return x;
}

/** The noise that a finished frame gets as history, drawn once. */
export function historyNoiseOf(shape: Tensor5D["shape"], seeds: readonly number[], index: number): Tensor5D {
  return rowNoise(shape, seeds, index, historyNoise);
}
