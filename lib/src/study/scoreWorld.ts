/** Scores of a world model: changed pixels, actions, read-back and long rollouts, and other models on the same clips. */
import { existsSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { dispose, type Tensor3D, type Tensor5D, tensor } from "@tensorflow/tfjs";
import { type ActionFollowing, actionFollowing } from "../metric/actionFollowing.js";
import type { InverseDynamics } from "../metric/inverseDynamics.js";
import { createFrameCodec } from "../sample/frameCodec.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import { createWorld } from "../sample/unetWorld.js";
import { loadWorldParts } from "../sample/worldFiles.js";
import type { WorldName } from "../worlds/simulator.js";
import { type ClipSet, type Clips, clipSize, frameBytes, openClips } from "./clipSet.js";
import { type ClipTruth, openTruth } from "./clipTruth.js";
import type { ClipEstimate } from "./estimate.js";
import { type EvaluateModelOptions, heldOutSeed, type Made } from "./evaluation.js";
import { heldOutLoss } from "./heldOutLoss.js";
import { type Judges, openJudges } from "./judges.js";
import { type ModelCard, readCard } from "./modelCard.js";
import type { PassiveRecipe, ScratchRecipe, WorldRecipe } from "./recipe.js";
import { type ActionScore, scoreActions } from "./scoreActions.js";
import { type LongRolloutScore, scoreLongRollouts } from "./scoreLongRollouts.js";
import { compareRollouts, type RolloutScore, scoreRollouts } from "./scoreRollouts.js";
import { readableNames } from "./worldTruth.js";

const given = 4;
const predicted = 12;
/** Frames of a long rollout, and how many short ones there are for each. */
const longFrames = 120;
const shortForLong = 4;

/** Rollouts of one model on the held-out clips; the clips themselves are left out. */
export interface ChangedPixels extends Omit<RolloutScore, "clips"> {
  readonly steps: number;
  readonly sampling: RolloutConfig;
  readonly cache: "exact" | "none";
}

/** Slope of the read over the given action, on true and on generated frames. */
export interface ReadSlopes {
  readonly truth: number;
  readonly guess: number;
}

export interface WorldScores extends Made {
  readonly kind: "world" | "passive";
  /** SHA-256 of the clips. */
  readonly dataHash: string;
  readonly given: number;
  readonly predicted: number;
  /** The training loss on windows of these clips. */
  readonly heldOutLoss: ClipEstimate;
  readonly changedPixels: ChangedPixels;
  /**
   * Other models on the same clips with the same noise, and by how many decibels this one is closer to the truth: its
   * passive base rolled out as it is, and the same network from scratch.
   */
  readonly beside: Readonly<Record<string, ChangedPixels & { readonly behind: ClipEstimate }>>;
  readonly actions?: ActionScore;
  /** Actions read back from the rollouts' frames; slopes by the name of each number of the action. */
  readonly readBack?: Omit<ActionFollowing, "slope"> & {
    readonly slope: Readonly<Record<string, ReadSlopes>>;
  };
  readonly longRollouts?: LongRolloutScore;
  /** Models and networks that were not there, so that some scores are not. */
  readonly missing: readonly string[];
}

type VideoRecipe = PassiveRecipe | WorldRecipe | ScratchRecipe;

/** Scores the world model, or the passive base of one, in a folder. */
export async function scoreWorld(
  dir: string,
  recipe: VideoRecipe,
  made: Made,
  options: EvaluateModelOptions,
): Promise<WorldScores> {
  const { onProgress } = options;
  const models = dirname(resolve(dir));
  const { sources } = recipe.clips;
  const set: ClipSet = { sources, clips: made.clips, frames: given + predicted, seed: heldOutSeed };
  const clips = await openHeldOut(set, options);
  const name = recipe.kind === "world" ? (sources[0] as WorldName) : undefined;
  const { judges, missing } = name ? await openJudges(models, name) : { judges: {}, missing: [] };
  const { encoder, inverse }: Partial<Judges> = judges;
  const model = await openFolder(dir, made, options);
  const videos = collectVideos();
  const own = await scoreFolder(model, set, clips, options, inverse && videos.add);
  const beside: Record<string, ChangedPixels & { behind: ClipEstimate }> = {};
  for (const other of besides(made.name, recipe)) {
    const folder = join(models, other);
    const card = await readCard(folder);
    if (!card || !existsSync(join(folder, "world.json"))) {
      missing.push(other);
      continue;
    }
    const score = await scoreFolder(await openFolder(folder, card, options), set, clips, options);
    beside[other] = { ...withoutClips(score), behind: compareRollouts(own, score, heldOutSeed) };
  }
  const loss = await heldOutLoss(model.network, model.codecModel, recipe, set, clips, {
    ...options,
    folder: join(options.scratch, "clips"),
  });
  const scores: WorldScores = {
    kind: recipe.kind,
    ...made,
    dataHash: clips.hash,
    given,
    predicted,
    heldOutLoss: loss,
    changedPixels: withoutClips(own),
    beside,
    missing,
  };
  if (!name) return scores;
  return {
    ...scores,
    ...(inverse && {
      readBack: await readBack(name, inverse, videos.take(), await openStates(set, options)),
    }),
    ...(encoder && {
      actions: await scoreActions(model.world, model.codec, name, encoder, {
        states: made.clips,
        given,
        sampling: model.sampling,
        seed: heldOutSeed,
        onProgress: (done, of) => onProgress?.("actions", done, of),
      }),
    }),
    longRollouts: await longRollouts(model, name, judges, made, options),
  };
}

function openStates(set: ClipSet, { scratch, onProgress }: EvaluateModelOptions): Promise<ClipTruth[]> {
  return openTruth(set, {
    folder: join(scratch, "clips"),
    onProgress: (done, of) => onProgress?.("truth", done, of),
  });
}

function openHeldOut(set: ClipSet, { scratch, onProgress }: EvaluateModelOptions): Promise<Clips> {
  return openClips(set, {
    folder: join(scratch, "clips"),
    onProgress: (done, of) => onProgress?.("clips", done, of),
  });
}

/** Models worth setting beside one: where it came from, and what it would be without. */
function besides(name: string, recipe: VideoRecipe): string[] {
  if (!("from" in recipe)) return [];
  return [recipe.from, name.replace(/-lab$/, "-scratch")].filter((other) => other !== name);
}

type OpenModel = Awaited<ReturnType<typeof openFolder>>;

async function openFolder(
  dir: string,
  { steps }: Pick<ModelCard, "steps">,
  { engine, threads }: EvaluateModelOptions,
) {
  const { network, codec, schedule, rollout } = await loadWorldParts(dir);
  const run = { engine, threads };
  const world = createWorld(network, { schedule, ...run });
  const seen = createFrameCodec(codec, run);
  return { name: basename(dir), steps, network, codecModel: codec, world, codec: seen, sampling: rollout };
}

async function scoreFolder(
  { name, steps, world, codec, sampling }: OpenModel,
  set: ClipSet,
  clips: Clips,
  { onProgress }: EvaluateModelOptions,
  onVideos?: (truth: Tensor5D, guess: Tensor5D) => Promise<void>,
): Promise<RolloutScore & ChangedPixels> {
  const score = await scoreRollouts(world, codec, set, clips, {
    given,
    predicted,
    sampling,
    seed: heldOutSeed,
    onProgress: (done, of) => onProgress?.(`rollouts of ${name}`, done, of),
    onVideos,
  });
  return { ...score, steps, sampling, cache: world.causal ? "exact" : "none" };
}

function withoutClips({ clips: _, ...rest }: RolloutScore & ChangedPixels): ChangedPixels {
  return rest;
}

/** Keeps the videos that are lent to `add`, outside TensorFlow.js; `take` gives them as two tensors. */
function collectVideos() {
  const frame = frameBytes;
  const rows: { readonly truth: Float32Array; readonly guess: Float32Array }[] = [];
  return {
    async add(truth: Tensor5D, guess: Tensor5D) {
      const [real, made] = (await Promise.all([truth.data(), guess.data()])) as Float32Array[];
      const [clips, frames] = truth.shape;
      for (let clip = 0; clip < clips; clip++) {
        const whole = real.slice(clip * frames * frame, (clip + 1) * frames * frame);
        const generated = made.subarray(clip * predicted * frame, (clip + 1) * predicted * frame);
        const known = whole.slice();
        known.set(generated, given * frame);
        rows.push({ truth: whole, guess: known });
      }
    },
    take() {
      const joined = (side: "truth" | "guess") => {
        const length = rows[0][side].length;
        const values = new Float32Array(rows.length * length);
        for (const [i, row] of rows.entries()) values.set(row[side], i * length);
        return tensor(values, [rows.length, given + predicted, clipSize, clipSize, 3]) as Tensor5D;
      };
      return { truth: joined("truth"), guess: joined("guess") };
    },
  };
}

async function readBack(
  name: WorldName,
  inverse: InverseDynamics,
  videos: { readonly truth: Tensor5D; readonly guess: Tensor5D },
  truth: readonly ClipTruth[],
): Promise<WorldScores["readBack"]> {
  const action = tensor(truth.map(({ actions }) => actions as number[][])) as Tensor3D;
  const { slope, ...rest } = await actionFollowing(
    inverse,
    { ...videos, action },
    { contextFrames: given, resamples: 1000, seed: heldOutSeed },
  );
  dispose([videos.truth, videos.guess, action]);
  const named = readableNames(name).flatMap((each, j) => {
    const [truth, guess] = [slope.truth[j], slope.guess[j]];
    return truth && guess ? [[each, { truth: truth.value, guess: guess.value }] as const] : [];
  });
  return { ...rest, slope: Object.fromEntries(named) };
}

async function longRollouts(
  { world, codec, sampling }: OpenModel,
  name: WorldName,
  judges: Partial<Judges>,
  { clips: count }: Made,
  options: EvaluateModelOptions,
): Promise<LongRolloutScore> {
  const { engine, threads, onProgress } = options;
  const set: ClipSet = {
    sources: [name],
    clips: Math.max(2, Math.ceil(count / shortForLong)),
    frames: given + longFrames,
    seed: heldOutSeed + 1,
  };
  const clips = await openHeldOut(set, options);
  const data = { set, clips, truth: await openStates(set, options) };
  return scoreLongRollouts(world, codec, name, judges, data, {
    given,
    frames: longFrames,
    sampling,
    seed: heldOutSeed,
    engine,
    threads,
    onProgress: (done, of) => onProgress?.("long rollouts", done, of),
  });
}
