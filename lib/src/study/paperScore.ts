/** Scores of a full-size world model by the paper's protocol: clips are drawn as video files, then read back and compared. */
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { dispose, type Tensor3D, type Tensor4D, type Tensor5D, tidy, variable } from "@tensorflow/tfjs";
import type { EpisodeSet } from "../data/openEpisodes.js";
import { writeVideo } from "../data/writeVideo.js";
import { type ClipScores, type Evaluation, evaluateFolders, type NetworkMetric } from "../metric/evaluate.js";
import { protocols } from "../metric/protocol.js";
import type { VideoUnet } from "../model/videoUnet.js";
import type { FrameCodec } from "../sample/frameCodec.js";
import { rollout } from "../sample/rollout.js";
import { createWorld } from "../sample/unetWorld.js";
import { deriveSeed } from "../tensor/noise.js";
import type { RunOptions } from "../train/run.js";
import type { UnitValues } from "./defineStudy.js";
import { decodeEach, encodeEach, firstPicture, heldOutClips, type LookAt, readClip } from "./paperClips.js";
import type { PaperSettings } from "./paperTask.js";
import type { Plain } from "./protocolCard.js";

const fps = 3; // RT-1's

export interface PaperScoreOptions {
  readonly network: VideoUnet;
  /** The network's context for a clip that begins with a picture. */
  readonly tokens: LookAt;
  readonly codec: FrameCodec;
  readonly episodes: EpisodeSet;
  /** Names of held-out episodes. */
  readonly test: readonly string[];
  readonly run: RunOptions;
  readonly signal?: AbortSignal;
  readonly onProgress: (share: number) => void;
}

/**
 * Draws clips that are not in `folder` yet, and scores all.
 *
 * While it draws, the network is called frame by frame, and every frame sees the picture tokens of all frames: the rule of
 * DynamiCrafter for calls of another length than its 16 frames, in which each frame sees its own.
 */
export async function scorePaper(
  folder: string,
  settings: PaperSettings,
  options: PaperScoreOptions,
): Promise<{ readonly values: UnitValues; readonly distances: Plain }> {
  const { clips: count, frames, dataSeed, metrics } = settings;
  const { episodes, test, signal, onProgress } = options;
  const clips = await heldOutClips(episodes, test, { clips: count, frames, seed: dataSeed });
  const draw = await openDrawing(settings, options);
  try {
    for (const [i, { episode, start }] of clips.entries()) {
      if (signal?.aborted) return { values: {}, distances: {} };
      const place = join(folder, String(i).padStart(5, "0"));
      const files = ["gt_video", "pred_video"].map((name) => join(place, `${name}.mp4`));
      if (files.every((file) => existsSync(file))) continue;
      await rm(place, { recursive: true, force: true }); // whatever a killed run left there
      const drawn = await draw(await episodes.open(episode), start, deriveSeed(dataSeed, 3, i));
      await writeVideo(files[0], drawn.truth, { fps, overwrite: true });
      await writeVideo(files[1], drawn.guess, { fps, overwrite: true });
      dispose([drawn.truth, drawn.guess]);
      onProgress((i + 1) / clips.length);
    }
  } finally {
    draw.dispose();
  }
  const networks = Object.keys(metrics) as NetworkMetric[];
  const protocol = { ...protocols.rt1, frames: { last: frames }, fvdFrames: frames };
  const evaluation = await evaluateFolders(folder, folder, { protocol, networks });
  return { values: valuesOf(evaluation), distances: distancesOf(evaluation) };
}

/** A function that draws one clip with its truth, frames as [frame, height, width, 3]. */
async function openDrawing(
  { schedule, frames, given, size, sampling, guidance }: PaperSettings,
  { network, tokens, codec, run, episodes, test }: PaperScoreOptions,
) {
  const sample = await readClip(await episodes.open(test[0]), 0, 1, size);
  const first = firstPicture(sample.video);
  const seen = await tokens(first);
  const context = variable(seen) as unknown as Tensor3D & { assign(value: Tensor3D): void };
  dispose([sample.video, sample.action, first, seen]);
  const world = createWorld(network, { schedule, context, ...run }); // one world for all clips: `context` is read anew
  const draw = async (episode: Parameters<typeof readClip>[0], start: number, seed: number) => {
    const { video, action } = await readClip(episode, start, frames, size);
    const picture = firstPicture(video);
    const about = await tokens(picture);
    context.assign(about);
    const latents = await encodeEach(codec, video);
    const history = tidy(() => latents.slice([0, 0], [-1, given]) as Tensor5D);
    const made = await rollout(world, {
      ...sampling,
      strength: guidance.strength,
      history,
      actions: action,
      frames: frames - given,
      seed,
      cache: world.causal ? "exact" : "none",
    });
    const whole = tidy(() => history.concat(made.frames, 1) as Tensor5D);
    const pictures = await decodeEach(codec, whole);
    const [truth, guess] = [video, pictures].map((clip) => clip.squeeze<Tensor4D>([0]));
    dispose([video, action, picture, about, latents, history, made.frames, whole, pictures]);
    return { truth, guess };
  };
  return Object.assign(draw, { dispose: () => context.dispose() });
}

/** Means over frames, by clip. */
function valuesOf({ clips }: Evaluation): UnitValues {
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const names = (["psnr", "ssim", "lpips", "dreamsim"] as const).filter((name) => clips[0][name]);
  return Object.fromEntries(
    names.map((name) => [name, clips.map((clip: ClipScores) => mean(clip[name] as number[]))]),
  );
}

function distancesOf({ fid, fvd }: Evaluation): Plain {
  return JSON.parse(JSON.stringify({ fid, fvd }));
}
