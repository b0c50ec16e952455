/** Clips of real episodes as the full-size network takes them: fitted into its frame, latents, the first picture's tokens. */
import { dispose, type Tensor3D, type Tensor4D, type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import type { Clip } from "../data/clips.js";
import { sampleClips } from "../data/clips.js";
import type { Episode } from "../data/episode.js";
import type { EpisodeSet } from "../data/openEpisodes.js";
import { resizeFrames } from "../metric/resize.js";
import type { FrameCodec } from "../sample/frameCodec.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import type { VideoBatch } from "../train/objective.js";

/** Turns pictures into tokens, as `embedImages` does. */
export type LookAt = (images: Tensor4D) => Promise<Tensor3D>;

/**
 * The largest picture of the same proportions that fits into `size`, in the middle of black.
 *
 * @param video [batch, frame, height, width, 3]
 * @returns [batch, frame, ...size, 3]
 */
export function fitInto(video: Tensor5D, [height, width]: readonly [number, number]): Tensor5D {
  return tidy(() => {
    const scale = Math.min(height / video.shape[2], width / video.shape[3]);
    const inner = [Math.round(scale * video.shape[2]), Math.round(scale * video.shape[3])] as const;
    const resized = resizeFrames(video, inner, "bilinear");
    const [top, left] = [Math.floor((height - inner[0]) / 2), Math.floor((width - inner[1]) / 2)];
    return resized.pad([
      [0, 0],
      [0, 0],
      [top, height - inner[0] - top],
      [left, width - inner[1] - left],
      [0, 0],
    ]) as Tensor5D;
  });
}

export interface EpisodeClip {
  /** [1, frame, ...size, 3] in [0, 1] */
  readonly video: Tensor5D;
  /** action[t] is taken while frame t is seen [1, frame, action]. */
  readonly action: Tensor3D;
}

/** Frames of an episode with their actions. */
export async function readClip(
  episode: Episode,
  start: number,
  frames: number,
  size: readonly [number, number],
): Promise<EpisodeClip> {
  const { height, width, actions, actionSize, name } = episode;
  if (!actions) throw new Error(`study: episode ${name} has no actions; expected those of RT-1.`);
  const bytes = await episode.frames(start, frames);
  const video = tidy(() => {
    const values = tensor(Float32Array.from(bytes), [1, frames, height, width, 3]);
    return fitInto(values.div(255) as Tensor5D, size);
  });
  const taken = actions.slice(start * actionSize, (start + frames) * actionSize);
  return { video, action: tensor(taken, [1, frames, actionSize]) as Tensor3D };
}

/** Latents of all frames, one frame at a time: at full size a clip at once would not fit. */
export async function encodeEach(codec: FrameCodec, video: Tensor5D): Promise<Tensor5D> {
  return eachFrame(video, codec.encode);
}

/** Pictures of all frames, one frame at a time. */
export async function decodeEach(codec: FrameCodec, latents: Tensor5D): Promise<Tensor5D> {
  return eachFrame(latents, codec.decode);
}

async function eachFrame(video: Tensor5D, change: (frame: Tensor5D) => Promise<Tensor5D>): Promise<Tensor5D> {
  const parts: Tensor5D[] = [];
  for (let t = 0; t < video.shape[1]; t++) {
    const frame = video.slice([0, t], [-1, 1]) as Tensor5D;
    parts.push(await change(frame));
    frame.dispose();
  }
  const joined = tidy(() => parts[0].concat(parts.slice(1), 1) as Tensor5D);
  dispose(parts);
  return joined;
}

/** What a training run draws its windows from. */
export interface WindowSource {
  readonly episodes: EpisodeSet;
  /** Names of the episodes to learn from. */
  readonly train: readonly string[];
  readonly codec: FrameCodec;
  readonly lookAt: LookAt;
  readonly frames: number;
  readonly size: readonly [number, number];
}

/**
 * Windows at random places of random episodes, every long enough episode and every place in it equally likely; `context`
 * holds the tokens of each first picture. Equal seeds give equal windows.
 *
 * @throws Error if no episode is long enough
 */
export async function drawWindows(
  { episodes, train, codec, lookAt, frames, size }: WindowSource,
  count: number,
  seed: number,
): Promise<VideoBatch> {
  const parts: { x0: Tensor5D; action: Tensor3D; context: Tensor3D }[] = [];
  for (let i = 0; i < count; i++) {
    const episode = await drawEpisode(episodes, train, frames, deriveSeed(seed, i, 1));
    const [place] = uniformValues(1, deriveSeed(seed, i, 2));
    const start = Math.floor(place * (episode.frameCount - frames + 1));
    const { video, action } = await readClip(episode, start, frames, size);
    const first = firstPicture(video);
    parts.push({ x0: await encodeEach(codec, video), action, context: await lookAt(first) });
    dispose([video, first]);
  }
  const joined = tidy(() => ({
    x0: parts[0].x0.concat(parts.slice(1).map(({ x0 }) => x0)),
    action: parts[0].action.concat(parts.slice(1).map(({ action }) => action)),
    context: parts[0].context.concat(parts.slice(1).map(({ context }) => context)),
  }));
  dispose(parts as never);
  return joined as VideoBatch;
}

/** [1, height, width, 3] */
export function firstPicture(video: Tensor5D): Tensor4D {
  return tidy(() => video.slice([0, 0], [1, 1]).squeeze<Tensor4D>([1]));
}

async function drawEpisode(
  episodes: EpisodeSet,
  names: readonly string[],
  frames: number,
  seed: number,
): Promise<Episode> {
  for (let draw = 0; draw < 1000; draw++) {
    const [chance] = uniformValues(1, deriveSeed(seed, draw));
    const episode = await episodes.open(names[Math.floor(chance * names.length)]);
    if (episode.frameCount >= frames) return episode;
  }
  throw new Error(
    `study: of 1000 episodes drawn from ${episodes.path} none has ${frames} frames; expected RT-1's.`,
  );
}

/** The clips of held-out episodes that are scored. */
export async function heldOutClips(
  episodes: EpisodeSet,
  names: readonly string[],
  options: { readonly clips: number; readonly frames: number; readonly seed: number },
): Promise<readonly Clip[]> {
  const lengths: { name: string; frameCount: number }[] = [];
  for (const name of names) {
    const { frameCount } = await episodes.open(name);
    lengths.push({ name, frameCount });
  }
  return sampleClips(lengths, options).clips;
}
