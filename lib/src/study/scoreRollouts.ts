/**
 * How far a world model gets from copying the last frame to the best its autoencoder allows, on held-out clips. Squared
 * errors are pooled before the logarithm, over changed pixels only: what stands still is no achievement.
 */
import { dispose, type Tensor3D, type Tensor4D, type Tensor5D, tensor3d, tidy } from "@tensorflow/tfjs";
import type { FrameCodec } from "../sample/frameCodec.js";
import { rollout } from "../sample/rollout.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import type { World } from "../sample/world.js";
import { requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import type { ClipSet, Clips } from "./clipSet.js";
import { type ClipEstimate, clipEstimate, pooledPsnr } from "./estimate.js";
import { framesAsTensor } from "./latents.js";

/** Squared errors of one clip, summed over changed pixels, with their number. */
export interface ClipErrors {
  readonly numbers: number;
  readonly model: number;
  readonly copy: number;
  readonly ceiling: number;
}

export interface RolloutScore {
  /** Peak signal-to-noise ratio over changed pixels of all clips, in decibels. */
  readonly psnr: { readonly model: number; readonly copy: number; readonly ceiling: number };
  /** Share of the way from copying to the ceiling, in decibels, with its 95 % interval over clips. */
  readonly closed: ClipEstimate;
  readonly clips: readonly ClipErrors[];
}

export interface ScoreOptions {
  /** Frames given, and frames predicted. */
  readonly given: number;
  readonly predicted: number;
  readonly sampling: Partial<RolloutConfig>;
  readonly seed: number;
  readonly onProgress?: (done: number, of: number) => void;
  /** Called with the true frames of some clips, given ones included, and the generated frames; both are lent. */
  readonly onVideos?: (truth: Tensor5D, guess: Tensor5D) => Promise<void>;
}

/** A pixel has changed if one of its colours differs by more than this from the last given frame, in [0, 1]. */
export const changedBy = 10 / 255;
const together = 8;

/**
 * Rolls a world model out on the first `given + predicted` frames of each clip and scores what it predicts.
 *
 * @throws RangeError if the clips are shorter than that, or fewer than 2
 */
export async function scoreRollouts(
  world: World,
  codec: FrameCodec,
  set: ClipSet,
  clips: Clips,
  { given, predicted, sampling, seed, onProgress, onVideos }: ScoreOptions,
): Promise<RolloutScore> {
  requireWhole("scoreRollouts", "clips", set.clips, 2);
  requireWhole("scoreRollouts", "given + predicted", given + predicted, 2, set.frames);
  const errors: ClipErrors[] = [];
  for (let from = 0; from < set.clips; from += together) {
    const count = Math.min(together, set.clips - from);
    const rows = Array.from({ length: count }, (_, i) => from + i);
    const seeds = rows.map((row) => deriveSeed(seed, row));
    const video = clipFrames(clips, set, rows, given + predicted);
    const latents = await codec.encode(video);
    const history = tidy(() => latents.slice([0, 0], [-1, given]) as Tensor5D);
    const actions = world.actionSize > 0 ? clipActions(clips, set, rows, given + predicted) : undefined;
    const { frames } = await rollout(world, {
      ...sampling,
      history,
      ...(actions && { actions }),
      frames: predicted,
      seed: seeds,
      cache: world.causal ? "exact" : "none",
    });
    const [guess, ceiling] = [await codec.decode(frames), await codec.decode(latents)];
    errors.push(...clipErrors(video, guess, ceiling, given));
    await onVideos?.(video, guess);
    dispose([video, latents, history, frames, guess, ceiling]);
    actions?.dispose();
    onProgress?.(from + count, set.clips);
  }
  return summary(errors, seed);
}

/** Errors of every clip of a batch; `ceiling` covers all frames, `guess` only those after the given ones. */
function clipErrors(video: Tensor5D, guess: Tensor5D, ceiling: Tensor5D, given: number): ClipErrors[] {
  const columns = tidy(() => {
    const inRows = ([clips, frames]: readonly number[]) =>
      [clips, frames, -1, 3] as [number, number, number, number];
    const [real, drawn, kept] = [video, guess, ceiling].map((each) =>
      each.reshape<Tensor4D>(inRows(each.shape)),
    ); // 5-D slices are slow
    const truth = real.slice([0, given]);
    const last = real.slice([0, given - 1], [-1, 1]);
    const moved = truth.sub(last).abs().max(-1, true).greater(changedBy).toFloat();
    const over = (each: Tensor4D) =>
      each.squaredDifference(truth).mul(moved).sum([1, 2, 3]).dataSync() as Float32Array;
    const numbers = moved.sum([1, 2, 3]).mul(3).dataSync() as Float32Array;
    return { numbers, copy: over(last), model: over(drawn), ceiling: over(kept.slice([0, given])) };
  });
  return Array.from(columns.numbers, (numbers, i) => ({
    numbers,
    model: columns.model[i],
    copy: columns.copy[i],
    ceiling: columns.ceiling[i],
  }));
}

function psnrOf(rows: readonly ClipErrors[]): RolloutScore["psnr"] {
  const of = (name: "model" | "copy" | "ceiling") =>
    pooledPsnr(rows.map((row) => ({ numbers: row.numbers, error: row[name] })));
  return { model: of("model"), copy: of("copy"), ceiling: of("ceiling") };
}

function summary(errors: readonly ClipErrors[], seed: number): RolloutScore {
  const closedOf = (rows: readonly ClipErrors[]) => {
    const { model, copy, ceiling } = psnrOf(rows);
    return (model - copy) / (ceiling - copy);
  };
  return { psnr: psnrOf(errors), closed: clipEstimate(errors, closedOf, seed), clips: errors };
}

/**
 * By how many decibels one world model is closer to the truth than another, over changed pixels, with its interval.
 *
 * @param score of one model
 * @param other of another on the same clips, in order, so that clips are drawn anew in pairs
 * @throws RangeError if they were scored on other clips
 */
export function compareRollouts(score: RolloutScore, other: RolloutScore, seed: number): ClipEstimate {
  const same = score.clips.every((row, i) => row.numbers === other.clips[i]?.numbers);
  if (!same || score.clips.length !== other.clips.length)
    throw new RangeError("compareRollouts: the scores are of different clips; score both on one set.");
  const pairs = score.clips.map((row, i) => [row, other.clips[i]] as const);
  const of = (side: 0 | 1, rows: readonly (readonly [ClipErrors, ClipErrors])[]) =>
    psnrOf(rows.map((row) => row[side])).model;
  return clipEstimate(pairs, (rows) => of(0, rows) - of(1, rows), seed);
}

/** The first frames of some clips [clip, frame, 64, 64, 3]. */
export function clipFrames(clips: Clips, set: ClipSet, rows: readonly number[], frames: number): Tensor5D {
  const indices = rows.flatMap((row) => Array.from({ length: frames }, (_, t) => row * set.frames + t));
  return tidy(() => {
    const all = framesAsTensor(clips.pictures, indices);
    return all.reshape([rows.length, frames, ...all.shape.slice(2)]) as Tensor5D;
  });
}

/** Their actions [clip, frame, action]. */
export function clipActions(clips: Clips, set: ClipSet, rows: readonly number[], frames: number): Tensor3D {
  const { actions, actionSize } = clips;
  const values = new Float32Array(rows.length * frames * actionSize);
  for (const [i, row] of rows.entries()) {
    const first = row * set.frames * actionSize;
    values.set(actions.subarray(first, first + frames * actionSize), i * frames * actionSize);
  }
  return tensor3d(values, [rows.length, frames, actionSize]);
}
