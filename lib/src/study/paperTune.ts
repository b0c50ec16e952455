/**
 * One arm of a study at the paper's size: the released passive model is made causal by the arm's rule, given actions,
 * trained with its image projector on RT-1, and scored by the paper's protocol. What stands in the scratch folder under the
 * card's hash lets a killed unit go on: from its newest checkpoint, and from the first clip that is not drawn yet.
 *
 * Left out of the published training: colour jitter and shifted crops, images that are dropped, half precision, and
 * sampling in the autoencoder (means are taken).
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { dispose, type Tensor3D, tidy } from "@tensorflow/tfjs";
import { causalize } from "../causal/causalize.js";
import { unetDenoise } from "../diffusion/unetDenoise.js";
import { withActions } from "../model/actions.js";
import { embedCaptions, embedImages, emptyCaption } from "../model/clip.js";
import { type LoadedCheckpoint, loadCheckpoint } from "../model/loadCheckpoint.js";
import { type Resampler, type ResamplerConfig, resample } from "../model/resampler.js";
import { createVideoUnet, type VideoUnet } from "../model/videoUnet.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import { createFrameCodec } from "../sample/frameCodec.js";
import { deriveSeed } from "../tensor/noise.js";
import { hasCheckpoint } from "../train/checkpoint.js";
import { train } from "../train/loop.js";
import { diffusionObjective, labDiffusion, type Objective, type VideoBatch } from "../train/objective.js";
import { type RunOptions, runner } from "../train/run.js";
import { createTrainer, resumeTrainer, type Trainer } from "../train/trainer.js";
import type { Weights } from "../weights/safetensors.js";
import type { UnitOptions, UnitValues } from "./defineStudy.js";
import { drawWindows } from "./paperClips.js";
import { fileHash, openSplit, requirePlace } from "./paperPlaces.js";
import { scorePaper } from "./paperScore.js";
import type { PaperSettings } from "./paperTask.js";
import { cardHash, type ProtocolCard } from "./protocolCard.js";

/** The networks that learn, as one. */
export interface Learner {
  readonly config: { readonly unet: VideoUnetConfig; readonly resampler: ResamplerConfig };
  readonly weights: Weights;
}

const saveEvery = 250;
const trainingShare = 0.8; // of a unit's time, for progress

/**
 * Computes a card of this task. Keeps `loss` (one for each update) and `distances` (FID and FVD, where their files were
 * there).
 *
 * @returns metrics of each held-out clip, means over its frames
 * @throws Error if episodes or checkpoint are missing or others than the card says
 */
export async function paperTune(card: ProtocolCard, options: UnitOptions): Promise<UnitValues> {
  const { signal, onProgress, keep, folders } = options;
  if (!folders) throw new Error("paperTune: folders are missing; give runStudy folders.");
  const settings = card as unknown as PaperSettings & { readonly seed: number };
  const { seed, optimizer, batch, accumulate, frames, size, provider } = settings;
  const { episodes, split } = await openSplit(folders, settings);
  if (split.sha256 !== settings.episodes)
    throw new Error(`paperTune: the episodes in ${episodes.path} are others than those of the card.`);
  const run: RunOptions = { provider };
  const place = join(folders.scratch, "paper", cardHash(card));
  const parts = await openCheckpoint(requirePlace(folders, "checkpoint"), settings);
  const text = emptyText(parts);
  const codec = createFrameCodec({ kind: "autoencoder", autoencoder: parts.autoencoder }, run);
  const { imageTower } = parts;
  const lookAt = runner(
    (images: Parameters<typeof embedImages>[1]) => embedImages(imageTower, images),
    run,
    imageTower.weights,
  );
  const action = await episodes.open(split.train[0]);
  const trainer = await beginTraining(place, parts, text, settings, action.actionSize, run);
  const log = `${place}.jsonl`;
  const { complete } = await train(trainer, {
    steps: optimizer.steps,
    batch: async (step) => {
      const all: VideoBatch[] = [];
      for (let i = 0; i < accumulate; i++)
        all.push(
          await drawWindows(
            { episodes, train: split.train, codec, lookAt, frames, size },
            batch,
            deriveSeed(seed, 1, step, i),
          ),
        );
      return all;
    },
    checkpoint: { dir: place, every: saveEvery },
    log,
    onProgress: ({ step, steps }) => onProgress((trainingShare * step) / steps),
    signal,
  });
  const learned = trainer.snapshot();
  trainer.dispose();
  try {
    if (!complete) return {};
    keep("loss", await lossesIn(log));
    const network = { config: learned.config.unet, weights: part(learned.weights, "unet/") };
    const projector = { config: learned.config.resampler, weights: part(learned.weights, "resampler/") };
    const scored = await scorePaper(`${place}.clips`, settings, {
      network,
      tokens: async (images) => {
        const seen = await lookAt(images);
        const tokens = tidy(() => text.concat(resample(projector, seen), 1) as Tensor3D);
        seen.dispose();
        return tokens;
      },
      codec,
      episodes,
      test: split.test,
      run,
      signal,
      onProgress: (share) => onProgress(trainingShare + (1 - trainingShare) * share),
    });
    keep("distances", scored.distances);
    return scored.values;
  } finally {
    dispose([text, learned.weights as never, ...Object.values(parts).map(({ weights }) => weights as never)]);
  }
}

type Parts = Required<Omit<LoadedCheckpoint, "reports">>;

async function openCheckpoint(path: string, { checkpoint, networks }: PaperSettings): Promise<Parts> {
  const found = await fileHash(path);
  if (found !== checkpoint)
    throw new Error(
      `paperTune: ${path} has SHA-256 ${found.slice(0, 12)}…, the card asks for ${checkpoint.slice(0, 12)}….`,
    );
  const { reports: _, ...parts } = await loadCheckpoint(path, networks);
  return parts as Parts;
}

/** Tokens of the empty caption [1, position, width]. */
function emptyText({ textTower }: Parts): Tensor3D {
  return tidy(() => embedCaptions(textTower, emptyCaption(textTower.config)));
}

async function beginTraining(
  place: string,
  parts: Parts,
  text: Tensor3D,
  settings: PaperSettings & { readonly seed: number },
  actionSize: number,
  run: RunOptions,
): Promise<Trainer<VideoBatch, Learner>> {
  const objective = ({ config }: Learner) => learning(config, text, settings);
  if (await hasCheckpoint(place)) return resumeTrainer<VideoBatch, Learner>(place, { objective, ...run });
  const model = startLearner(parts, settings, actionSize);
  const { optimizer, seed } = settings;
  const trainer = createTrainer<VideoBatch, Learner>(model, {
    objective: objective(model),
    optimizer,
    seed,
    ...run,
  });
  dispose(model.weights as never);
  return trainer;
}

/** The U-Net made causal and given actions, beside the projector; from scratch, the U-Net's weights are fresh. */
function startLearner(
  { unet, resampler }: Parts,
  { start, causal, seed, frames }: PaperSettings & { readonly seed: number },
  actionSize: number,
): Learner {
  const passive = start === "base" ? unet : createVideoUnet(unet.config, deriveSeed(seed, 2));
  const turned = causalize(passive, { ...causal, mask: { window: frames } });
  const network: VideoUnet = withActions(turned, {
    actionSize,
    actionKind: "continuous",
    seed: deriveSeed(seed, 3),
  });
  dispose(turned.weights as never);
  if (start === "scratch") dispose(passive.weights as never);
  const copies = Object.entries(resampler.weights).map(([name, weight]) => [
    `resampler/${name}`,
    weight.clone(),
  ]);
  const own = Object.entries(network.weights).map(([name, weight]) => [`unet/${name}`, weight]);
  return {
    config: { unet: network.config, resampler: resampler.config },
    weights: Object.fromEntries([...own, ...copies]),
  };
}

/** The paper's loss; a batch's `context` holds the picture's tokens, which the projector turns into the network's. */
function learning(
  config: Learner["config"],
  text: Tensor3D,
  { schedule, guidance }: PaperSettings,
): Objective<VideoBatch> {
  return diffusionObjective(
    (weights) => (inputs) =>
      tidy(() => {
        const projector: Resampler = { config: config.resampler, weights: part(weights, "resampler/") };
        const seen = resample(projector, inputs.context as Tensor3D);
        const context = text.tile([seen.shape[0], 1, 1]).concat(seen, 1) as Tensor3D;
        const network = { config: config.unet, weights: part(weights, "unet/") };
        return unetDenoise(network)({ ...inputs, context });
      }),
    { ...labDiffusion, schedule, actionDropout: guidance.dropout },
  );
}

/** Weights under a prefix, without it. */
function part(weights: Weights, prefix: string): Weights {
  const own = Object.entries(weights).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(own.map(([name, weight]) => [name.slice(prefix.length), weight]));
}

async function lossesIn(log: string): Promise<number[]> {
  const lines = (await readFile(log, "utf8")).trim().split("\n");
  return lines.map((line) => Number((JSON.parse(line) as { loss: number }).loss.toPrecision(6)));
}
