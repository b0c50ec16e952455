/**
 * World models small enough to be trained while a reader waits: linear latents of 8 × 8, one level, minutes at most. They
 * show that a mechanism works; how well it works at scale they cannot show.
 */
import { dispose, type Tensor5D, tensor } from "@tensorflow/tfjs";
import { type CausalizeOptions, causalize } from "../causal/causalize.js";
import { withActions } from "../model/actions.js";
import type { PatchCodec } from "../model/patchCodec.js";
import { presets } from "../model/presets.js";
import type { VideoUnet } from "../model/videoUnet.js";
import { labSchedule } from "../schedule/schedule.js";
import { requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import type { TrainingProgress } from "../train/loop.js";
import { type DiffusionConfig, videoObjective } from "../train/objective.js";
import type { RunOptions } from "../train/run.js";
import type { ClipSet, Clips } from "./clipSet.js";
import { learnTiny, trainPassive } from "./tinyPassive.js";
import { cutWindows } from "./windows.js";

const channels = 10;
const batch = 4;
const window = 8;
const rate = 2e-3;
const warmUp = (updates: number) => Math.min(20, updates);

/** A passive model with what it was trained on. */
export interface TinyPassive {
  readonly network: VideoUnet;
  readonly codec: PatchCodec;
  /** [clip, frame, 8, 8, 10] */
  readonly latents: Tensor5D;
  readonly clips: Clips;
  readonly losses: readonly number[];
}

export interface TinyOptions extends RunOptions {
  readonly updates: number;
  readonly seed: number;
  readonly onProgress?: (progress: TrainingProgress) => void;
}

export interface TinyWorldOptions extends TinyOptions {
  /** How the base becomes causal; extrapolative, and seeing no longer past than a training window, unless given. */
  readonly causal?: CausalizeOptions;
  /** Fields not given are those of `labDiffusion`. */
  readonly diffusion?: Partial<DiffusionConfig>;
  /** "multiHot" for the arena, "continuous" unless given; the world takes actions if the clips have any. */
  readonly actionKind?: "continuous" | "multiHot";
}

/**
 * A passive model of clips: a linear codec fitted to them, and a bidirectional network of 0.4 million parameters, all
 * frames of a window at one noise level.
 *
 * @throws RangeError if clips are shorter than a training window of 8 frames
 */
export async function trainTinyBase(
  set: ClipSet,
  clips: Clips,
  { updates, seed, onProgress, ...run }: TinyOptions,
): Promise<TinyPassive> {
  requireWhole("trainTinyBase", "frames of a clip", set.frames, window);
  const network = {
    ...presets.lab,
    channels: 32,
    channelMultipliers: [1],
    attentionAt: [1],
    inChannels: 2 * channels,
    outChannels: channels,
  };
  const tiny = { codec: { patch: 8, channels }, network, schedule: labSchedule, frames: window, batch, rate };
  const { latents, ...made } = await trainPassive(
    set,
    clips,
    { ...tiny, steps: updates, seed },
    { warmUp: warmUp(updates), firstFrameDropout: 0, onProgress, ...run },
  );
  const kept = tensor(latents.values, [set.clips, set.frames, ...latents.shape]) as Tensor5D;
  return { ...made, latents: kept, clips };
}

/**
 * The base made causal, given the clips' actions, and trained on with a noise level for each frame.
 *
 * @returns a causal network; its tensors belong to the caller
 */
export async function trainTinyWorld(
  { network, latents, clips }: TinyPassive,
  {
    causal = { transfer: "extrapolative", mask: { window } },
    diffusion,
    actionKind = "continuous",
    updates,
    seed,
    ...options
  }: TinyWorldOptions,
): Promise<{ readonly network: VideoUnet; readonly losses: readonly number[] }> {
  const { actionSize } = clips;
  const [count, frames, ...shape] = latents.shape;
  const place = { clips: count, frames };
  const values = { values: (await latents.data()) as Float32Array, shape } as const;
  const turned = causalize(network, causal);
  const start = actionSize > 0 ? withActions(turned, { actionSize, actionKind, seed }) : turned;
  const learning = { steps: updates, rate, warmUp: warmUp(updates), seed, ...options };
  const told = actionSize > 0 ? "actions" : "nothing";
  try {
    return await learnTiny(start, videoObjective(start.config, diffusion), learning, (step) =>
      cutWindows(place, clips, values, { batch, frames: window, told, seed: deriveSeed(seed, 2, step) }),
    );
  } finally {
    dispose(turned.weights as never);
    dispose(start.weights as never);
  }
}
