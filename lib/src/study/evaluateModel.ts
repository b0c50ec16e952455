/** Scores of a trained model on held-out episodes, written beside its weights as `scores.json`. */
import { rename, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, resolve } from "node:path";
import { createFrameCodec } from "../sample/frameCodec.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import { createWorld } from "../sample/unetWorld.js";
import { loadWorldParts } from "../sample/worldFiles.js";
import type { RunOptions } from "../train/run.js";
import { type ClipSource, clipSources } from "../worlds/recordClip.js";
import { loadAutoencoder } from "./autoencoderFiles.js";
import { type ClipSet, type Clips, openClips } from "./clipSet.js";
import type { ClipEstimate } from "./estimate.js";
import { type ModelCard, readCard } from "./modelCard.js";
import type { PassiveRecipe, Recipe, ScratchRecipe, WorldRecipe } from "./recipe.js";
import { type PictureScore, scoreAutoencoder } from "./scoreAutoencoder.js";
import { compareRollouts, type RolloutScore, scoreRollouts } from "./scoreRollouts.js";

/** Decides which episodes are scored; no recipe trains with it. */
const heldOutSeed = 990_001;
const given = 4;
const predicted = 12;

export interface EvaluateModelOptions extends RunOptions {
  /** Episodes, of each source where there are several; 64 unless given. */
  readonly clips?: number;
  /** Folder for recorded clips. */
  readonly scratch: string;
  readonly onProgress?: (stage: string, done: number, of: number) => void;
}

/** What every score says of its making. */
interface Made {
  readonly name: string;
  /** Updates that the model has had. */
  readonly steps: number;
  readonly command: string;
  readonly heldOutSeed: number;
  readonly clips: number;
}

export interface AutoencoderScores extends Made {
  readonly kind: "autoencoder";
  readonly sources: Readonly<Partial<Record<ClipSource, PictureScore>>>;
}

/** Rollouts of one model on the held-out clips; the clips themselves are left out. */
export interface ChangedPixels extends Omit<RolloutScore, "clips"> {
  readonly steps: number;
  readonly sampling: RolloutConfig;
  readonly cache: "exact" | "none";
}

export interface WorldScores extends Made {
  readonly kind: "world" | "passive";
  /** SHA-256 of the clips. */
  readonly dataHash: string;
  readonly given: number;
  readonly predicted: number;
  readonly changedPixels: ChangedPixels;
  /**
   * Other models on the same clips with the same noise, and by how many decibels this one is closer to the truth: its
   * passive base rolled out as it is, and the same network from scratch.
   */
  readonly beside: Readonly<Record<string, ChangedPixels & { readonly behind: ClipEstimate }>>;
  /** Models and networks that were not there, so that some scores are not. */
  readonly missing: readonly string[];
}

export type ModelScores = AutoencoderScores | WorldScores;

/**
 * Scores the model in a folder and writes `scores.json` there. An autoencoder is scored on pictures of every source; a
 * world model on rollouts, 4 frames given and 12 predicted, with the sampling that it was saved with. Models to set it
 * beside are looked for in the folder's parent.
 *
 * @throws Error if the folder holds no card of a trained model
 */
export async function evaluateModel(dir: string, options: EvaluateModelOptions): Promise<ModelScores> {
  const card = await readCard(dir);
  if (!card)
    throw new Error(
      `evaluateModel: ${join(dir, "card.json")} cannot be read; expected a folder that npm run train wrote.`,
    );
  const { clips = 64 } = options;
  const made = {
    name: card.name,
    steps: card.steps,
    command: `npx vid2world evaluate-model ${dir}`,
    heldOutSeed,
    clips,
  };
  const scores =
    card.recipe.kind === "autoencoder"
      ? await autoencoderScores(dir, made, options)
      : await worldScores(dir, card.recipe, made, options);
  const path = join(dir, "scores.json");
  await writeFile(`${path}.part`, `${JSON.stringify(scores, null, 2)}\n`);
  await rename(`${path}.part`, path);
  return scores;
}

async function autoencoderScores(
  dir: string,
  made: Made,
  { onProgress, ...run }: EvaluateModelOptions,
): Promise<AutoencoderScores> {
  const codec = createFrameCodec({ kind: "autoencoder", autoencoder: await loadAutoencoder(dir) }, run);
  const sources: Partial<Record<ClipSource, PictureScore>> = {};
  for (const source of clipSources)
    sources[source] = await scoreAutoencoder(codec, source, {
      clips: made.clips,
      frames: 4,
      seed: heldOutSeed,
      onProgress: (done, of) => onProgress?.(source, done, of),
    });
  return { kind: "autoencoder", ...made, sources };
}

type VideoRecipe = PassiveRecipe | WorldRecipe | ScratchRecipe;

async function worldScores(
  dir: string,
  recipe: VideoRecipe,
  made: Made,
  options: EvaluateModelOptions,
): Promise<WorldScores> {
  const { scratch, onProgress } = options;
  const set: ClipSet = {
    sources: recipe.clips.sources,
    clips: made.clips,
    frames: given + predicted,
    seed: heldOutSeed,
  };
  const clips = await openClips(set, {
    folder: join(scratch, "clips"),
    onProgress: (done, of) => onProgress?.("clips", done, of),
  });
  const own = await scoreFolder(dir, made, set, clips, options);
  const beside: Record<string, ChangedPixels & { behind: ClipEstimate }> = {};
  const missing: string[] = [];
  for (const name of besides(made.name, recipe)) {
    const other = join(dirname(resolve(dir)), name);
    const card = await readCard(other);
    if (!card || !(await isThere(join(other, "world.json")))) {
      missing.push(name);
      continue;
    }
    const score = await scoreFolder(other, card, set, clips, options);
    beside[name] = { ...withoutClips(score), behind: compareRollouts(own, score, heldOutSeed) };
  }
  return {
    kind: recipe.kind,
    ...made,
    dataHash: clips.hash,
    given,
    predicted,
    changedPixels: withoutClips(own),
    beside,
    missing,
  };
}

/** Models worth setting beside one: where it came from, and what it would be without. */
function besides(name: string, recipe: Recipe): string[] {
  if (!("from" in recipe)) return [];
  return [recipe.from, name.replace(/-lab$/, "-scratch")].filter((other) => other !== name);
}

async function scoreFolder(
  dir: string,
  { steps }: Pick<ModelCard, "steps">,
  set: ClipSet,
  clips: Clips,
  { onProgress, engine, threads }: EvaluateModelOptions,
): Promise<RolloutScore & ChangedPixels> {
  const { network, codec, schedule, rollout } = await loadWorldParts(dir);
  const run = { engine, threads };
  const world = createWorld(network, { schedule, ...run });
  const score = await scoreRollouts(world, createFrameCodec(codec, run), set, clips, {
    given,
    predicted,
    sampling: rollout,
    seed: heldOutSeed,
    onProgress: (done, of) => onProgress?.(`rollouts of ${basename(dir)}`, done, of),
  });
  return { ...score, steps, sampling: rollout, cache: world.causal ? "exact" : "none" };
}

function withoutClips({ clips: _, ...rest }: RolloutScore & ChangedPixels): ChangedPixels {
  return rest;
}

const isThere = (path: string) =>
  stat(path).then(
    () => true,
    () => false,
  );
