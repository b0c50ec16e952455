/**
 * Passive models small enough to be trained while somebody waits: a linear codec fitted to the clips, and a bidirectional
 * network, all frames of a window at one noise level.
 */
import { dispose, type Tensor4D, tidy } from "@tensorflow/tfjs";
import { fitPatchCodec, type PatchCodec } from "../model/patchCodec.js";
import { createVideoUnet, type VideoUnet } from "../model/videoUnet.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import { createFrameCodec } from "../sample/frameCodec.js";
import type { ScheduleConfig } from "../schedule/schedule.js";
import { deriveSeed } from "../tensor/noise.js";
import { type TrainingProgress, train } from "../train/loop.js";
import { type Objective, type VideoBatch, videoObjective } from "../train/objective.js";
import type { RunOptions } from "../train/run.js";
import { createTrainer } from "../train/trainer.js";
import type { ClipSet, Clips } from "./clipSet.js";
import type { ClipLatents } from "./latents.js";
import { clipFrames } from "./scoreRollouts.js";
import { cutWindows, encodeRows } from "./windows.js";

export interface TinyNetwork {
  /** Linear codec, fitted to the clips. */
  readonly codec: { readonly patch: number; readonly channels: number };
  readonly network: VideoUnetConfig;
  readonly schedule: ScheduleConfig;
  readonly frames: number;
  readonly batch: number;
  readonly steps: number;
  readonly rate: number;
  readonly seed: number;
}

/** How a tiny network learns, beside what it is. */
export interface TinyLearning extends RunOptions {
  readonly steps: number;
  readonly rate: number;
  readonly warmUp: number;
  readonly seed: number;
  /** Updates in one call, 1 unless given: many save time on small networks. */
  readonly together?: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

/** Trains a network, which is copied, on windows that are drawn for each update. */
export async function learnTiny(
  model: VideoUnet,
  objective: Objective<VideoBatch>,
  { steps, rate, warmUp, seed, together, onProgress, ...run }: TinyLearning,
  draw: (step: number) => VideoBatch,
): Promise<{ readonly network: VideoUnet; readonly losses: readonly number[] }> {
  const optimizer = { rate, steps, warmUp };
  const trainer = createTrainer<VideoBatch, VideoUnet>(model, { objective, optimizer, seed, ...run });
  const { losses } = await train(trainer, { steps, together, batch: draw, onProgress });
  const network = trainer.snapshot();
  trainer.dispose();
  return { network, losses };
}

/**
 * A passive model of clips. A network that is told frames per second learns from them; all tensors belong to the caller.
 *
 * @param firstFrameDropout see `DiffusionConfig`
 */
export async function trainPassive(
  set: ClipSet,
  clips: Clips,
  { codec: size, network: config, schedule, frames, batch, steps, rate, seed }: TinyNetwork,
  {
    firstFrameDropout,
    ...learning
  }: Omit<TinyLearning, "steps" | "rate" | "seed"> & { readonly firstFrameDropout: number },
): Promise<{
  readonly network: VideoUnet;
  readonly codec: PatchCodec;
  readonly latents: ClipLatents;
  readonly losses: readonly number[];
}> {
  const every = Array.from({ length: set.clips }, (_, row) => row);
  const video = clipFrames(clips, set, every, set.frames);
  const pictures = tidy(() => video.reshape([-1, ...video.shape.slice(2)]) as Tensor4D);
  const codec = fitPatchCodec(pictures, size);
  dispose([video, pictures]);
  const latents = await encodeRows(createFrameCodec({ kind: "patch", codec }), set, clips);
  const fresh = createVideoUnet(config, seed);
  const objective = videoObjective(config, {
    schedule,
    levels: "shared",
    actionDropout: 0,
    firstFrameDropout,
  });
  const told = config.defaultFps > 0 ? "fps" : "nothing";
  const learned = await learnTiny(fresh, objective, { steps, rate, seed, ...learning }, (step) =>
    cutWindows(set, clips, latents, { batch, frames, told, seed: deriveSeed(seed, 1, step) }),
  );
  dispose(fresh.weights as never);
  return { ...learned, codec, latents };
}
