/** Scores of a trained model on held-out episodes, written beside its weights as `scores.json`. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { tidy } from "@tensorflow/tfjs";
import type { InverseDynamics } from "../metric/inverseDynamics.js";
import { loadLabNetwork } from "../metric/labNetworkFile.js";
import type { StateReader } from "../metric/stateReader.js";
import { createFrameCodec } from "../sample/frameCodec.js";
import { type ClipSource, clipSources } from "../worlds/recordClip.js";
import { loadAutoencoder } from "./autoencoderFiles.js";
import { type ClipSet, openClips } from "./clipSet.js";
import { openTruth } from "./clipTruth.js";
import { type EvaluateModelOptions, heldOutSeed, type Made } from "./evaluation.js";
import { readCard } from "./modelCard.js";
import type { ReaderRecipe, Recipe } from "./recipe.js";
import { type PictureScore, scoreAutoencoder } from "./scoreAutoencoder.js";
import { type NumberScore, scoreNumbers } from "./scoreReader.js";
import { scoreWorld, type WorldScores } from "./scoreWorld.js";
import { readerFile, readerTask } from "./trainReader.js";

export interface AutoencoderScores extends Made {
  readonly kind: "autoencoder";
  readonly sources: Readonly<Partial<Record<ClipSource, PictureScore>>>;
}

/** A network that judges world models, on clips that it has not learned from. */
export interface ReaderScores extends Made {
  readonly kind: ReaderRecipe["kind"];
  readonly dataHash: string;
  /** Mean squared error in squared deviations: means alone reach about 1, or 2 in an encoder's two tasks together. */
  readonly loss: number;
  /** How well each number is read; absent for an encoder. */
  readonly numbers?: Readonly<Record<string, NumberScore>>;
}

export type ModelScores = AutoencoderScores | ReaderScores | WorldScores;

/**
 * Scores the model in a folder and writes `scores.json` there. An autoencoder is scored on pictures of every source; a
 * world model on rollouts, 4 frames given and 12 predicted, with the sampling that it was saved with, then on actions and
 * long rollouts by the lab's own networks. Those, and models to set it beside, are looked for in the folder's parent.
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
  const command = `npx vid2world evaluate-model data/models/${card.name} --clips ${clips}`;
  const made = { name: card.name, steps: card.steps, command, heldOutSeed, clips };
  const scores = await scoresOf(dir, card.recipe, made, options);
  const path = join(dir, "scores.json");
  await writeFile(`${path}.part`, `${JSON.stringify(scores, null, 2)}\n`);
  await rename(`${path}.part`, path);
  return scores;
}

/** The scores in a model's folder; an error says how to make them where there are none. */
export async function readScores(dir: string): Promise<ModelScores> {
  const path = join(dir, "scores.json");
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(
      `evaluateModel: ${path} cannot be read; vid2world evaluate-model without --saved writes it.`,
    );
  });
  return JSON.parse(text) as ModelScores;
}

function scoresOf(
  dir: string,
  recipe: Recipe,
  made: Made,
  options: EvaluateModelOptions,
): Promise<ModelScores> {
  switch (recipe.kind) {
    case "autoencoder":
      return autoencoderScores(dir, made, options);
    case "passive":
    case "world":
      return scoreWorld(dir, recipe, made, options);
    default:
      return readerScores(dir, recipe, made, options);
  }
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

async function readerScores(
  dir: string,
  recipe: ReaderRecipe,
  made: Made,
  options: EvaluateModelOptions,
): Promise<ReaderScores> {
  const folder = join(options.scratch, "clips");
  const set: ClipSet = { ...recipe.clips, clips: made.clips, seed: heldOutSeed };
  const progress = (stage: string) => (done: number, of: number) => options.onProgress?.(stage, done, of);
  const clips = await openClips(set, { folder, onProgress: progress("clips") });
  const truth = await openTruth(set, { folder, onProgress: progress("truth") });
  const network = await loadLabNetwork(readerFile(dir), recipe.kind);
  const task = readerTask({ ...recipe, clips: set, shift: 0 }, clips, truth);
  const { inputs, loss } = task.objective(network.config);
  const losses = Array.from({ length: 8 }, (_, step) =>
    tidy(() => loss(network.weights, inputs(task.batch(step), step + 1)).dataSync()[0]),
  );
  const readsNumbers = network.config.kind !== "videoEncoder";
  return {
    kind: recipe.kind,
    ...made,
    dataHash: clips.hash,
    loss: losses.reduce((sum, each) => sum + each, 0) / losses.length,
    ...(readsNumbers && {
      numbers: await scoreNumbers(network as InverseDynamics | StateReader, set, clips, truth, options),
    }),
  };
}
