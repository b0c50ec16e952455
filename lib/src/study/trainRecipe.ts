/** Makes a shipped model from its recipe: clips, latents, updates, and the model's folder at the end. */
import { mkdir } from "node:fs/promises";
import { cpus } from "node:os";
import { basename, join } from "node:path";
import { dispose, type Tensor5D, zerosLike } from "@tensorflow/tfjs";
import { causalize } from "../causal/causalize.js";
import { loadLabNetwork, saveLabNetwork } from "../metric/labNetworkFile.js";
import { withActions } from "../model/actions.js";
import { type Autoencoder, type AutoencoderConfig, createAutoencoder } from "../model/autoencoder.js";
import { createVideoUnet, type VideoUnet } from "../model/videoUnet.js";
import { codecWeights, loadWorldParts, saveWorldModel } from "../sample/worldFiles.js";
import { labSchedule } from "../schedule/schedule.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import { autoencoderObjective } from "../train/autoencoderObjective.js";
import { hasCheckpoint } from "../train/checkpoint.js";
import { type TrainingProgress, train } from "../train/loop.js";
import { type Objective, type Trainable, type VideoBatch, videoObjective } from "../train/objective.js";
import type { RunOptions } from "../train/run.js";
import { createTrainer, resumeTrainer } from "../train/trainer.js";
import { loadAutoencoder, saveAutoencoder } from "./autoencoderFiles.js";
import { type Clips, openClips } from "./clipSet.js";
import { openTruth } from "./clipTruth.js";
import { framesAsTensor, latentDeviation, openLatents } from "./latents.js";
import { type ModelCard, readCard, writeCard } from "./modelCard.js";
import type {
  AutoencoderRecipe,
  PassiveRecipe,
  ReaderRecipe,
  Recipe,
  ScratchRecipe,
  WorldRecipe,
} from "./recipe.js";
import { type Reader, readerFile, readerTask } from "./trainReader.js";
import { clipWindows } from "./windows.js";

export interface TrainRecipeOptions extends RunOptions {
  /** Folder of models, by name; this one's folder is made in it. */
  readonly models: string;
  /** Folder for clips, latents and checkpoints. */
  readonly scratch: string;
  readonly onStage?: (stage: "clips" | "latents" | "truth", done: number, of: number) => void;
  readonly onProgress?: (progress: TrainingProgress) => void;
  readonly signal?: AbortSignal;
}

/**
 * Trains a model by its recipe and writes its folder with a card. An interrupted run goes on: bit for bit from its newest
 * checkpoint, or, where only the model's folder is left, from its weights. Equal recipes give equal weights on one
 * machine and engine if the run was not cut down to weights.
 *
 * @param name the model's folder in `options.models`; its checkpoints lie in `options.scratch/<name>`
 * @returns the card; `steps` is less than the recipe's if the signal ended the run
 * @throws Error if the folder holds all of the recipe's updates: a model that ships is not written over
 */
export async function trainRecipe(
  name: string,
  recipe: Recipe,
  options: TrainRecipeOptions,
): Promise<ModelCard> {
  const dir = join(options.models, name);
  const before = await readCard(dir);
  if (before && before.steps >= recipe.steps)
    throw new Error(
      `trainRecipe: ${dir} holds all ${recipe.steps} updates already; move it away, and ${join(options.scratch, name)} if it is there, to make the model from nothing.`,
    );
  const clips = await openClips(recipe.clips, {
    folder: join(options.scratch, "clips"),
    onProgress: (done, of) => options.onStage?.("clips", done, of),
  });
  const { steps, losses, seconds } = await trainKind(dir, recipe, clips, options);
  const last = losses.slice(-200);
  const card: ModelCard = {
    name,
    command: `npm run train -- ${name}`,
    recipe,
    dataHash: clips.hash,
    steps,
    coreHours: (before?.coreHours ?? 0) + seconds / 3600,
    machine: `${cpus()[0].model.trim()}, ${options.threads ?? cpus().length} thread(s), Node ${process.versions.node}`,
    loss: last.length > 0 ? last.reduce((sum, loss) => sum + loss, 0) / last.length : (before?.loss ?? 0),
  };
  await writeCard(dir, card);
  return card;
}

function trainKind(dir: string, recipe: Recipe, clips: Clips, options: TrainRecipeOptions) {
  switch (recipe.kind) {
    case "autoencoder":
      return trainAutoencoder(dir, recipe, clips, options);
    case "passive":
    case "world":
      return trainVideo(dir, recipe, clips, options);
    default:
      return trainReader(dir, recipe, clips, options);
  }
}

async function trainReader(dir: string, recipe: ReaderRecipe, clips: Clips, options: TrainRecipeOptions) {
  const truth = await openTruth(recipe.clips, {
    folder: join(options.scratch, "clips"),
    onProgress: (done, of) => options.onStage?.("truth", done, of),
  });
  const { model, ...made } = await run<object, Reader>(dir, recipe, options, {
    ...(readerTask(recipe, clips, truth) as Omit<Task<object, Reader>, "kept">),
    kept: () => loadLabNetwork(readerFile(dir), recipe.kind),
  });
  await mkdir(dir, { recursive: true });
  await saveLabNetwork(readerFile(dir), model, { precision: "F16" });
  return made;
}

async function trainAutoencoder(
  dir: string,
  recipe: AutoencoderRecipe,
  clips: Clips,
  options: TrainRecipeOptions,
) {
  const { network, batch, seed } = recipe;
  const frames = recipe.clips.clips * recipe.clips.frames;
  const { model, ...made } = await run<{ video: Tensor5D }, Autoencoder>(dir, recipe, options, {
    fresh: () => createAutoencoder(network, seed),
    kept: () => loadAutoencoder(dir),
    objective: (config) => autoencoderObjective(config as AutoencoderConfig),
    batch: (step) => {
      const drawn = uniformValues(batch, deriveSeed(seed, 1, step));
      return {
        video: framesAsTensor(
          clips.pictures,
          Array.from(drawn, (u) => Math.floor(u * frames)),
        ),
      };
    },
  });
  const unscaled = { ...model, config: network };
  const deviation = await latentDeviation(unscaled, clips.pictures, options);
  const scaled = { ...model, config: { ...network, latentScale: 1 / deviation } };
  await saveAutoencoder(dir, scaled);
  return made;
}

async function trainVideo(
  dir: string,
  recipe: PassiveRecipe | WorldRecipe | ScratchRecipe,
  clips: Clips,
  options: TrainRecipeOptions,
) {
  const { batch, seed, frames } = recipe;
  const autoencoder = await loadAutoencoder(join(options.models, recipe.autoencoder));
  const latents = await openLatents(recipe.clips, clips, autoencoder, {
    ...options,
    folder: join(options.scratch, "clips"),
    onProgress: (done, of) => options.onStage?.("latents", done, of),
  });
  const { model, ...made } = await run<VideoBatch, VideoUnet>(dir, recipe, options, {
    fresh: () =>
      recipe.kind === "passive"
        ? createVideoUnet(recipe.network, seed)
        : startWorld(recipe, clips, options.models),
    kept: async () => (await loadWorldParts(dir)).network,
    objective: (config) => videoObjective(config as VideoUnet["config"], recipe.diffusion),
    batch: (step) =>
      clipWindows(recipe.clips, clips, latents, {
        batch,
        frames,
        seed,
        step,
        actions: recipe.kind === "world",
        before: recipe.kind === "world",
      }),
  });
  const parts = {
    network: model,
    codec: { kind: "autoencoder", autoencoder },
    schedule: recipe.diffusion.schedule ?? labSchedule,
    rollout: recipe.rollout,
  } as const;
  await saveWorldModel(dir, parts, { precision: "F16" });
  return made;
}

/**
 * Of a latent, from one frame to the next: 0.16 in the table top, 0.42 in the arena on average, 0.05 and 0.31 in half of
 * the frames.
 */
const changeVariance = 0.2;

/** A causal network that is shown previous frames, with a fresh embedding for this world's actions. */
async function startWorld(
  recipe: WorldRecipe | ScratchRecipe,
  clips: Clips,
  models: string,
): Promise<VideoUnet> {
  const { actionKind, actionScale, seed } = recipe;
  const network =
    "network" in recipe ? createVideoUnet(recipe.network, seed) : await causalPassive(recipe, models);
  const config: VideoUnet["config"] = {
    ...network.config,
    shownFrame: "previous",
    expectedChange: { schedule: recipe.diffusion.schedule ?? labSchedule, variance: changeVariance },
  };
  const last = ["out.2.weight", "out.2.bias"]; // a passive model's says all of the velocity, where this one adds to it
  const weights = Object.fromEntries(
    Object.entries(network.weights).map(([name, each]) => [
      name,
      last.includes(name) ? zerosLike(each) : each,
    ]),
  );
  const told = withActions(
    { config, weights },
    { actionSize: clips.actionSize, actionKind, actionScale, seed },
  );
  dispose([network.weights as never, last.map((name) => weights[name]) as never]);
  return told;
}

async function causalPassive({ from, causal }: WorldRecipe, models: string): Promise<VideoUnet> {
  const { network, codec } = await loadWorldParts(join(models, from));
  const turned = causalize(network, causal);
  dispose([network.weights as never, codecWeights(codec) as never]);
  return turned;
}

interface Task<Batch, Model extends Trainable> {
  readonly fresh: () => Model | Promise<Model>;
  /** The model that an earlier, interrupted run left in its folder. */
  readonly kept: () => Promise<Model>;
  readonly objective: (config: object) => Objective<Batch>;
  readonly batch: (step: number) => Batch;
}

/** Updates from the beginning, from the newest checkpoint, or from the weights in the model's folder. */
async function run<Batch, Model extends Trainable>(
  dir: string,
  recipe: Recipe,
  options: TrainRecipeOptions,
  { fresh, kept, objective, batch }: Task<Batch, Model>,
) {
  const { steps, seed, optimizer } = recipe;
  const { engine, threads, onProgress, signal } = options;
  const scratch = join(options.scratch, basename(dir));
  const from = async (model: Model, made: number) =>
    createTrainer<Batch, Model>(model, {
      objective: objective(model.config),
      optimizer: { steps, ...optimizer },
      seed,
      made,
      engine,
      threads,
    });
  async function begin() {
    if (await hasCheckpoint(scratch))
      return resumeTrainer<Batch, Model>(scratch, {
        objective: ({ config }) => objective(config),
        engine,
        threads,
      });
    const card = await readCard(dir);
    return card ? from(await kept(), card.steps) : from(await fresh(), 0);
  }
  const trainer = await begin();
  const busy = process.cpuUsage();
  const { losses } = await train(trainer, {
    steps,
    batch,
    checkpoint: { dir: scratch, every: 500 },
    log: `${scratch}.jsonl`,
    onProgress,
    signal,
  });
  const { user, system } = process.cpuUsage(busy);
  const model = trainer.snapshot({ average: (optimizer.average ?? 0) > 0 });
  const made = trainer.steps;
  trainer.dispose();
  return { model, steps: made, losses, seconds: (user + system) / 1e6 };
}
