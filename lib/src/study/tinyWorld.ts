/**
 * World models small enough to be trained while a reader waits: linear latents of 8 × 8, one level, minutes at most. They
 * show that a mechanism works; how well it works at scale they cannot show.
 */
import { dispose, type Tensor3D, type Tensor4D, type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import { type CausalizeOptions, causalize } from "../causal/causalize.js";
import { withActions } from "../model/actions.js";
import { encodePatches, fitPatchCodec, type PatchCodec } from "../model/patchCodec.js";
import { presets } from "../model/presets.js";
import { createVideoUnet, type VideoUnet } from "../model/videoUnet.js";
import { requireWhole } from "../tensor/check.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import { type TrainingProgress, train } from "../train/loop.js";
import { type DiffusionConfig, type VideoBatch, videoObjective } from "../train/objective.js";
import type { RunOptions } from "../train/run.js";
import { createTrainer } from "../train/trainer.js";
import { type ClipSet, type Clips, clipSize } from "./clipSet.js";
import { framesAsTensor } from "./latents.js";

const patch = 8;
const channels = 10;
const batch = 4;
const window = 8;

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
  const count = set.clips * set.frames;
  const every = Array.from({ length: count }, (_, i) => i);
  const video = tidy(() =>
    framesAsTensor(clips.pictures, every).reshape<Tensor4D>([count, clipSize, clipSize, 3]),
  );
  const codec = fitPatchCodec(video, { patch, channels });
  const side = clipSize / patch;
  const latents = tidy(() =>
    encodePatches(codec, video).reshape<Tensor5D>([set.clips, set.frames, side, side, channels]),
  );
  video.dispose();
  const config = {
    ...presets.lab,
    channels: 32,
    channelMultipliers: [1],
    attentionAt: [1],
    inChannels: 2 * channels,
    outChannels: channels,
  };
  const fresh = createVideoUnet(config, seed);
  const objective = videoObjective(config, { levels: "shared", actionDropout: 0 });
  const { network, losses } = await learn(fresh, objective, { updates, seed, onProgress, ...run }, (step) =>
    windows(latents, clips, false, deriveSeed(seed, 1, step)),
  );
  dispose(fresh.weights as never);
  return { network, codec, latents, clips, losses };
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
    ...options
  }: TinyWorldOptions,
): Promise<{ readonly network: VideoUnet; readonly losses: readonly number[] }> {
  const { actionSize } = clips;
  const turned = causalize(network, causal);
  const start = actionSize > 0 ? withActions(turned, { actionSize, actionKind, seed: options.seed }) : turned;
  try {
    return await learn(start, videoObjective(start.config, diffusion), options, (step) =>
      windows(latents, clips, actionSize > 0, deriveSeed(options.seed, 2, step)),
    );
  } finally {
    dispose(turned.weights as never);
    dispose(start.weights as never);
  }
}

async function learn(
  model: VideoUnet,
  objective: ReturnType<typeof videoObjective>,
  { updates, seed, onProgress, ...run }: TinyOptions,
  draw: (step: number) => VideoBatch,
) {
  const trainer = createTrainer<VideoBatch, VideoUnet>(model, {
    objective,
    optimizer: { rate: 2e-3, steps: updates, warmUp: Math.min(20, updates) },
    seed,
    ...run,
  });
  const { losses } = await train(trainer, { steps: updates, batch: draw, onProgress });
  const network = trainer.snapshot();
  trainer.dispose();
  return { network, losses };
}

/** Windows at random places of random clips, every place equally likely. */
function windows(
  latents: Tensor5D,
  { actions, actionSize }: Clips,
  acted: boolean,
  seed: number,
): VideoBatch {
  const [clips, frames, height, width, depth] = latents.shape;
  const chance = uniformValues(2 * batch, seed);
  const places = Array.from({ length: batch }, (_, i) => ({
    clip: Math.floor(chance[2 * i] * clips),
    first: Math.floor(chance[2 * i + 1] * (frames - window + 1)),
  }));
  const x0 = tidy(() => {
    const cut = places.map(({ clip, first }) =>
      latents.slice([clip, first, 0, 0, 0], [1, window, height, width, depth]),
    );
    return cut[0].concat(cut.slice(1), 0);
  }) as Tensor5D;
  if (!acted) return { x0 };
  const action = new Float32Array(batch * window * actionSize);
  for (const [i, { clip, first }] of places.entries()) {
    const from = (clip * frames + first) * actionSize;
    action.set(actions.subarray(from, from + window * actionSize), i * window * actionSize);
  }
  return { x0, action: tensor(action, [batch, window, actionSize]) as Tensor3D };
}
