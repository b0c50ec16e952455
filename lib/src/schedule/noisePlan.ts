/**
 * Which noise level every frame has at every step: the one object behind training, sampling and the pictures of both.
 * A plan is a matrix; its rows are the steps of one sampling run, or independent draws for training.
 */
import { requireChoice, requireRange, requireWhole } from "../tensor/check.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import { cleanLevel } from "./schedule.js";

const kinds = [
  "shared",
  "independent",
  "autoregressive",
  "pyramid",
  "teacherForced",
  "cleanHistory",
  "custom",
] as const;
export type NoisePlanKind = (typeof kinds)[number];

export interface NoisePlan {
  readonly kind: NoisePlanKind;
  /** What a row is: a moment of one sampling run (the first before any step, the last at its end), or a draw. */
  readonly rows: "steps" | "draws";
  /** levels[row][frame]: 0 … levels − 1, or `cleanLevel` (−1) for a finished frame. */
  readonly levels: readonly (readonly number[])[];
}

interface Draws {
  readonly frames: number;
  /** Rows to draw, one per training clip. */
  readonly draws: number;
  readonly seed: number;
  /** Levels to draw from; 1000 unless given. */
  readonly levels?: number;
  /**
   * How far uniform levels are lifted towards pure noise, where the next frame's contents are decided: of n levels,
   * u n becomes (1 − (1 − u)^lift) n; 1, unless given, leaves them.
   */
  readonly lift?: number;
}

interface Steps {
  readonly frames: number;
  /** Levels visited, falling, as `ddimTimesteps` gives them. */
  readonly timesteps: readonly number[];
}

interface Given extends Steps {
  /** Real frames at the start, clean from the first row on. */
  readonly given: number;
}

export interface NoisePlanOptions {
  /** All frames at one level: denoised together, or one draw per clip. */
  shared: Steps | Draws;
  /** Every frame its own uniform level: diffusion forcing. */
  independent: Draws;
  /** One new frame at a time, each fully denoised before the next begins. */
  autoregressive: Given;
  /** Each new frame begins `lag` steps after the one before it (1 unless given), so that they overlap. */
  pyramid: Given & { readonly lag?: number };
  /** Every frame but the last at `historyLevel` (0 unless given), the last at a uniform level. */
  teacherForced: Draws & { readonly historyLevel?: number };
  /**
   * Uniform levels as in `independent`, but in a `share` of the draws (0.75) the first `history` frames (3) have one
   * low level below `below` (300), and each later frame keeps that level or takes a uniform one.
   */
  cleanHistory: Draws & { readonly share?: number; readonly history?: number; readonly below?: number };
  /** A matrix of your own. */
  custom: { readonly rows: "steps" | "draws"; readonly levels: readonly (readonly number[])[] };
}

/**
 * The noise plan of a kind.
 *
 * @returns for sampling, one row more than there are steps: the last row is the state at the end, all frames clean.
 * Frames whose turn has not come stand at the first of the `timesteps`.
 * @throws RangeError if the kind is unknown or an option is out of range
 * @see Chen et al., "Diffusion Forcing", NeurIPS 2024, for the matrix; Vid2World, section 4.1, for `independent` in
 * training and `autoregressive` in sampling
 */
export function noisePlan<K extends NoisePlanKind>(kind: K, options: NoisePlanOptions[K]): NoisePlan {
  requireChoice("noisePlan", "kind", kind, kinds);
  if (kind === "custom") return customPlan(options as NoisePlanOptions["custom"]);
  requireWhole("noisePlan", "frames", (options as Steps).frames, 1);
  if ("timesteps" in options) {
    const { frames, timesteps, given = 0, lag = 1 } = options as Given & { lag?: number };
    requireFalling(timesteps);
    requireWhole("noisePlan", "given", given, 0, frames);
    requireWhole("noisePlan", "lag", lag, 1);
    const between = { shared: 0, autoregressive: timesteps.length, pyramid: lag }[kind as string];
    if (between !== undefined)
      return { kind, rows: "steps", levels: staircase(frames, given, timesteps, between) };
  } else if (kind !== "autoregressive" && kind !== "pyramid") {
    const drawn = options as Draws;
    requireWhole("noisePlan", "draws", drawn.draws, 1);
    return { kind, rows: "draws", levels: drawRows(kind, drawn) };
  }
  throw new RangeError(
    `noisePlan: kind "${kind}" came ${"timesteps" in options ? "with" : "without"} timesteps; ` +
      "expected timesteps for a sampling plan, draws and a seed for a training plan.",
  );
}

/** Frame given + i begins i · lag steps after the first new one; a finished frame is clean. */
function staircase(frames: number, given: number, timesteps: readonly number[], lag: number): number[][] {
  const steps = timesteps.length;
  const made = frames - given;
  const rows = made === 0 ? 1 : steps + (made - 1) * lag + 1;
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: frames }, (_, frame) => {
      const done = frame < given ? steps : row - (frame - given) * lag;
      return done >= steps ? cleanLevel : timesteps[Math.max(done, 0)];
    }),
  );
}

function drawRows(kind: NoisePlanKind, options: Draws): number[][] {
  const { frames, draws, seed, levels = 1000, lift = 1 } = options;
  requireWhole("noisePlan", "levels", levels, 1);
  requireRange("noisePlan", "lift", lift, 1);
  return Array.from({ length: draws }, (_, draw) => {
    const chance = uniformValues(2 * frames + 2, deriveSeed(seed, draw));
    const lifted = (u: number) => (lift === 1 ? u : 1 - (1 - u) ** lift); // rounds to 1 where u is close to it
    const uniform = Array.from({ length: frames }, (_, frame) =>
      Math.min(levels - 1, Math.floor(lifted(chance[frame]) * levels)),
    );
    if (kind === "shared") return uniform.map(() => uniform[0]);
    if (kind === "teacherForced") {
      const { historyLevel = 0 } = options as NoisePlanOptions["teacherForced"];
      requireWhole("noisePlan", "historyLevel", historyLevel, 0, levels - 1);
      return uniform.map((level, frame) => (frame < frames - 1 ? historyLevel : level));
    }
    if (kind === "cleanHistory") {
      const { share = 0.75, history = 3, below = 300 } = options as NoisePlanOptions["cleanHistory"];
      requireRange("noisePlan", "share", share, 0, 1);
      requireWhole("noisePlan", "history", history, 1);
      requireWhole("noisePlan", "below", below, 1, levels);
      if (chance[2 * frames] >= share) return uniform;
      const low = Math.floor(chance[2 * frames + 1] ** 2 * below); // squared: skewed towards 0
      return uniform.map((level, frame) => (frame < history || chance[frames + frame] < 0.5 ? low : level));
    }
    return uniform;
  });
}

function customPlan({ rows, levels }: NoisePlanOptions["custom"]): NoisePlan {
  requireChoice("noisePlan", "rows", rows, ["steps", "draws"]);
  requireWhole("noisePlan", "number of rows", levels.length, 1);
  for (const [index, row] of levels.entries()) {
    requireWhole(
      "noisePlan",
      `number of frames in row ${index}`,
      row.length,
      levels[0].length,
      levels[0].length,
    );
    for (const [frame, level] of row.entries()) {
      requireWhole("noisePlan", `level of frame ${frame} in row ${index}`, level, cleanLevel);
      if (rows === "steps" && index > 0 && level > levels[index - 1][frame])
        throw new RangeError(
          `noisePlan: level of frame ${frame} rises from ${levels[index - 1][frame]} to ${level} in row ${index}; ` +
            "expected falling or equal levels along the steps.",
        );
    }
  }
  return { kind: "custom", rows, levels };
}

function requireFalling(timesteps: readonly number[]): void {
  requireWhole("noisePlan", "number of timesteps", timesteps.length, 1);
  for (const [i, level] of timesteps.entries())
    requireWhole("noisePlan", `timestep ${i}`, level, 0, i === 0 ? Infinity : timesteps[i - 1] - 1);
}
