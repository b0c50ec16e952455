/**
 * One arm of a training study: a passive base is made causal by the arm's rule, given actions, trained for some updates
 * on clips of a world, and scored on held-out clips. Arms of one seed see the same batches, noise and held-out noise.
 */
import { join } from "node:path";
import { dispose } from "@tensorflow/tfjs";
import { type CausalizeOptions, causalize } from "../causal/causalize.js";
import { frechetDistance } from "../metric/frechet.js";
import { withActions } from "../model/actions.js";
import { createVideoUnet, type VideoUnet } from "../model/videoUnet.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import { createFrameCodec } from "../sample/frameCodec.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import { createWorld } from "../sample/unetWorld.js";
import { codecWeights, type WorldParts } from "../sample/worldFiles.js";
import { deriveSeed } from "../tensor/noise.js";
import { train } from "../train/loop.js";
import { type DiffusionConfig, type VideoBatch, videoObjective } from "../train/objective.js";
import { createTrainer } from "../train/trainer.js";
import { openBase, type StudyBase } from "./base.js";
import { type ClipSet, openClips } from "./clipSet.js";
import type { UnitOptions, UnitValues } from "./defineStudy.js";
import { clipMetrics, drawHeldOut, holdOut, labFeatures } from "./heldOut.js";
import type { ProtocolCard } from "./protocolCard.js";
import { drawStrip } from "./strip.js";
import { openStudyEncoder, type StudyEncoder } from "./studyEncoder.js";
import { clipWindows, encodeClips } from "./windows.js";

/** Names the computation in cards; raise its number when the same card would give other values. */
export const fineTuneTask = "fine-tune 2";

/** What a card of this task holds, besides the task and the training seed. */
export interface FineTuneSettings {
  readonly base: StudyBase;
  /** What perceptual and Fréchet distances are of. */
  readonly encoder: StudyEncoder;
  /** `scratch`: the same network, made causal in the same way, with fresh weights by the seed. */
  readonly start: "base" | "scratch";
  readonly causal: Omit<CausalizeOptions, "mask">;
  readonly actionKind: VideoUnetConfig["actionKind"];
  readonly levels: DiffusionConfig["levels"];
  /** Chance that an action is dropped in training, and the strength of guidance in drawing (1: none). */
  readonly guidance: { readonly dropout: number; readonly strength: number };
  readonly clips: ClipSet;
  readonly batch: number;
  /** Frames of a training window. */
  readonly frames: number;
  /** Updates in one call: saves copies of the weights, which small networks notice. */
  readonly together: number;
  readonly rate: number;
  /** Numbers of updates after which held-out clips are drawn, rising from 0; the last one ends the training. */
  readonly marks: readonly number[];
  /** Clips drawn at each mark but the last, where all are. */
  readonly clipsAtMarks: number;
  readonly heldOut: ClipSet;
  readonly given: number;
  readonly predicted: number;
  readonly sampling: Partial<Omit<RolloutConfig, "strength">>;
}

const threads = 1;

/**
 * Computes a card of this task. Keeps `loss` (one for each update), `race` (scores at each mark), `features` (of the
 * held-out clips, for Fréchet distances) and `strip` (a JPEG of one clip: truth above, drawn below).
 *
 * @returns metrics of each held-out clip
 */
export async function fineTune(card: ProtocolCard, options: UnitOptions): Promise<UnitValues> {
  const { folders, signal, onProgress, keep } = options;
  if (!folders) throw new Error("fineTune: folders are missing; give runStudy folders: { models, scratch }.");
  const settings = card as unknown as FineTuneSettings & { readonly seed: number };
  const { clips: set, marks, frames, batch, rate, seed, levels, guidance } = settings;
  const base = await openBase(settings.base, folders);
  const folder = join(folders.scratch, "clips");
  const clips = await openClips(set, { folder });
  const latents = await encodeClips(base.codec, set, clips, folder);
  const heldOut = holdOut(
    settings.heldOut,
    await openClips(settings.heldOut, { folder }),
    settings.given,
    settings.predicted,
  );
  const encoder = await openStudyEncoder(settings.encoder, folders.models);
  const codec = createFrameCodec(base.codec, { threads });
  const model = startModel(base, settings, clips.actionSize, seed);
  const steps = marks[marks.length - 1];
  const trainer = createTrainer<VideoBatch, VideoUnet>(model, {
    objective: videoObjective(model.config, {
      schedule: base.schedule,
      levels,
      actionDropout: guidance.dropout,
    }),
    optimizer: { steps, rate, warmUp: Math.ceil(steps / 10) },
    seed,
    threads,
  });
  const losses: number[] = [];
  const race: Record<string, number>[] = [];
  let values: UnitValues = {};
  const share = (made: number, drawing: number) =>
    onProgress((made + (drawing * steps) / (2 * marks.length)) / (1.5 * steps)); // drawing is about a third of it
  for (const [i, mark] of marks.entries()) {
    const drawn = (part: number) => share(trainer.steps, i + part);
    const part = await train(trainer, {
      steps: mark,
      together: settings.together,
      batch: (step) => clipWindows(set, clips, latents, { batch, frames, seed, step, actions: true }),
      onProgress: () => drawn(0),
      signal,
    });
    losses.push(...part.losses);
    if (signal?.aborted) break;
    const last = i === marks.length - 1;
    const network = trainer.snapshot();
    const drawing = await drawHeldOut(
      createWorld(network, { schedule: base.schedule, threads }),
      codec,
      heldOut,
      {
        count: last ? heldOut.rows.length : settings.clipsAtMarks,
        sampling: { ...settings.sampling, strength: guidance.strength },
        onProgress: drawn,
      },
    );
    const metrics = await clipMetrics(drawing, heldOut, encoder);
    const features = {
      truth: labFeatures(encoder, drawing.truth),
      guess: labFeatures(encoder, drawing.guess),
    };
    race.push(await markScores(mark, metrics, features, settings.clipsAtMarks));
    if (last) {
      values = metrics;
      keep("features", features);
      keep("strip", await drawStrip(drawing.truth, drawing.guess));
      keep("clips", heldOut.rows);
    }
    dispose([drawing.truth, drawing.guess, network.weights as never]);
  }
  keep(
    "loss",
    losses.map((loss) => Number(loss.toPrecision(6))),
  );
  keep("race", race);
  trainer.dispose();
  const held = [model, base.network, encoder].map(({ weights }) => weights);
  dispose([held as never, codecWeights(base.codec) as never]);
  return values;
}

/**
 * The causal network with actions, as training begins: shown the first frame as its base is, and with attention that
 * reaches as far back as a training window does. The embedding of actions is the same for every arm of a seed.
 */
function startModel(
  { network }: WorldParts,
  { start, causal, actionKind, frames }: FineTuneSettings,
  actionSize: number,
  seed: number,
): VideoUnet {
  const passive = start === "base" ? network : createVideoUnet(network.config, deriveSeed(seed, 2));
  const turned = causalize(passive, { ...causal, mask: { window: frames } });
  const model = withActions(turned, { actionSize, actionKind, seed: deriveSeed(seed, 3) });
  dispose(turned.weights as never);
  if (start === "scratch") dispose(passive.weights as never);
  return model;
}

/** Means over the clips that are drawn at every mark, so that marks compare. */
async function markScores(
  step: number,
  metrics: UnitValues,
  features: { readonly truth: number[][]; readonly guess: number[][] },
  clips: number,
): Promise<Record<string, number>> {
  const means = Object.entries(metrics).map(([name, values]) => {
    const some = values.slice(0, clips);
    return [name, some.reduce((sum, value) => sum + value, 0) / some.length];
  });
  const { truth, guess } = features;
  const distance = await frechetDistance(truth.slice(0, clips), guess.slice(0, clips));
  return { step, ...Object.fromEntries(means), "lab Fréchet": distance };
}
