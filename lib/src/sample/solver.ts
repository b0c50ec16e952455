/**
 * Sampling steps from one noise level to another. Every solver here is linear in what it sees, so a step is four plain
 * numbers per frame: x' = x · X + clean · C + previous clean · P + noise · N. Frames may be at different levels; one
 * that keeps its level keeps its bits.
 */
import { type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import { alphaAt, cleanLevel, type Schedule } from "../schedule/schedule.js";
import { requireChoice, requireRange } from "../tensor/check.js";

export const solvers = ["ddim", "dpmpp2m", "euler"] as const;
/**
 * - `ddim`: Song et al., "Denoising diffusion implicit models", ICLR 2021; with η = 1 as random as the forward process.
 * - `dpmpp2m`: DPM-Solver++(2M), second order by means of the prediction before (Lu et al., 2022, algorithm 2); its
 *   last step is of first order.
 * - `euler`: a straight step along the velocity in the angle arctan(√(1−ᾱ) / √ᾱ), where `ddim` turns.
 */
export type Solver = (typeof solvers)[number];

/** Where one frame goes in one step. */
export interface LevelStep {
  readonly from: number;
  /** A lower level, or `cleanLevel`. */
  readonly to: number;
  /** Level at which the prediction before this one was made; absent at the first step. */
  readonly before?: number;
}

/** What one frame's new state is made of. */
export interface StepCoefficients {
  readonly x: number;
  readonly clean: number;
  readonly previous: number;
  readonly noise: number;
}

/**
 * The four numbers of one frame's step.
 *
 * With dynamic rescale the prediction is rescaled from the factor of `from` to that of `to`; the last step, to
 * `cleanLevel`, leaves it, as the official sampler does.
 *
 * @param eta share of fresh noise, 0 to 1; only `ddim` takes any
 * @throws RangeError if the level rises or a setting does not fit the solver
 */
export function solverStep(
  solver: Solver,
  { from, to, before }: LevelStep,
  schedule: Schedule,
  eta = 0,
): StepCoefficients {
  requireChoice("solverStep", "solver", solver, solvers);
  requireRange("solverStep", "eta", eta, 0, 1);
  if (eta > 0 && solver !== "ddim")
    throw new RangeError(`solverStep: eta is ${eta} with solver "${solver}"; expected 0, or solver "ddim".`);
  if (to > from) throw new RangeError(`solverStep: the level rises from ${from} to ${to}; expected a fall.`);
  if (to === from) return { x: 1, clean: 0, previous: 0, noise: 0 };
  const [now, next] = [alphaAt(schedule, from), alphaAt(schedule, to)];
  const [signal, spread] = [Math.sqrt(now), Math.sqrt(1 - now)];
  const [nextSignal, nextSpread] = [Math.sqrt(next), Math.sqrt(1 - next)];
  const rescale = to === cleanLevel ? 1 : schedule.scale[to] / schedule.scale[from];
  if (solver === "euler") {
    const turn = Math.atan2(nextSpread, nextSignal) - Math.atan2(spread, signal);
    const x = 1 + (turn * signal) / spread; // v = (√ᾱ x − clean) / √(1−ᾱ)
    return { x, clean: -turn / spread + nextSignal * (rescale - 1), previous: 0, noise: 0 };
  }
  const fresh = eta * Math.sqrt(((1 - next) / (1 - now)) * Math.max(0, 1 - now / next));
  const kept = Math.sqrt(Math.max(0, 1 - next - fresh ** 2)) / spread; // of the noise seen in x
  const clean = nextSignal * rescale - kept * signal;
  const first = before === undefined || to === cleanLevel; // a last step of second order would overshoot
  if (solver === "ddim" || first) return { x: kept, clean, previous: 0, noise: fresh };
  const last = alphaAt(schedule, before);
  const lead = (logSnr(next) - logSnr(now)) / (2 * (logSnr(now) - logSnr(last)));
  const gain = (nextSignal - kept * signal) * lead; // 0 after the level without signal, where logSnr is −∞
  const previous = (-gain * schedule.scale[from]) / schedule.scale[before];
  return { x: kept, clean: clean + gain, previous, noise: 0 };
}

/** Half the logarithm of the signal-to-noise ratio. */
function logSnr(alpha: number): number {
  return 0.5 * Math.log(alpha / (1 - alpha));
}

/**
 * Carries out one step.
 *
 * @param x noisy frames [batch, frame, height, width, channel]
 * @param clean the prediction's clean frames, same shape
 * @param coefficients [batch or 1][frame]
 * @param others the clean frames predicted one step before, and standard normal noise, where a coefficient needs them
 */
export function takeStep(
  x: Tensor5D,
  clean: Tensor5D,
  coefficients: readonly (readonly StepCoefficients[])[],
  others: { readonly previous?: Tensor5D; readonly noise?: Tensor5D } = {},
): Tensor5D {
  const column = (part: keyof StepCoefficients) =>
    tensor(
      coefficients.flatMap((row) => row.map((each) => each[part])),
      [coefficients.length, coefficients[0].length, 1, 1, 1],
    );
  const used = (part: keyof StepCoefficients) =>
    coefficients.some((row) => row.some((each) => each[part] !== 0));
  for (const part of ["previous", "noise"] as const)
    if (used(part) && !others[part])
      throw new RangeError(`takeStep: ${part} is missing; this step needs it.`);
  return tidy(() => {
    let result = x.mul(column("x"));
    if (used("clean")) result = result.add(clean.mul(column("clean")));
    if (used("previous")) result = result.add(others.previous!.mul(column("previous")));
    if (used("noise")) result = result.add(others.noise!.mul(column("noise")));
    return result as Tensor5D;
  });
}
