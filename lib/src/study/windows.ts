/** Latents of clips, and windows of them to train on. */
import { dispose, type Tensor3D, type Tensor5D, tensor, tensor1d } from "@tensorflow/tfjs";
import { type CodecModel, createFrameCodec, type FrameCodec } from "../sample/frameCodec.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import type { VideoBatch } from "../train/objective.js";
import type { ClipSet, Clips } from "./clipSet.js";
import { type ClipLatents, openLatents } from "./latents.js";
import { clipFrames } from "./scoreRollouts.js";

/** Latents of all frames; those of an autoencoder are kept in `folder`, since they take a while. */
export async function encodeClips(
  model: CodecModel,
  set: ClipSet,
  clips: Clips,
  folder: string,
): Promise<ClipLatents> {
  if (model.kind === "autoencoder") return openLatents(set, clips, model.autoencoder, { folder, threads: 1 });
  return encodeRows(createFrameCodec(model), set, clips);
}

/** Latents of all frames, clip by clip. */
export async function encodeRows(codec: FrameCodec, set: ClipSet, clips: Clips): Promise<ClipLatents> {
  const parts: Float32Array[] = [];
  let shape: ClipLatents["shape"] = [0, 0, 0];
  for (let row = 0; row < set.clips; row++) {
    const video = clipFrames(clips, set, [row], set.frames);
    const latents = await codec.encode(video);
    parts.push((await latents.data()) as Float32Array);
    const [, , height, width, channels] = latents.shape;
    shape = [height, width, channels];
    dispose([video, latents]);
  }
  const values = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  for (const [i, part] of parts.entries()) values.set(part, i * part.length);
  return { values, shape };
}

export interface WindowOptions {
  readonly batch: number;
  /** In each window. */
  readonly frames: number;
  readonly seed: number;
  /** The update that they are for; equal seeds and updates give equal windows. */
  readonly step: number;
  readonly actions: boolean;
  /** Give the frame before the window too; zeros where a clip begins with it. */
  readonly before?: boolean;
}

/** Windows for an update, with actions or with frames per second. */
export function clipWindows(
  set: ClipSet,
  clips: Clips,
  latents: ClipLatents,
  { batch, frames, seed, step, actions, before }: WindowOptions,
): VideoBatch {
  const told = actions ? "actions" : "fps";
  return cutWindows(set, clips, latents, { batch, frames, told, before, seed: deriveSeed(seed, 1, step) });
}

/** Windows cut from clips at random places, every clip and place equally likely; equal seeds give equal windows. */
export function cutWindows(
  set: Pick<ClipSet, "clips" | "frames">,
  { actions: taken, actionSize, fps }: Clips,
  { values, shape }: ClipLatents,
  {
    batch,
    frames,
    told,
    before = false,
    seed,
  }: Pick<WindowOptions, "batch" | "frames" | "seed" | "before"> & {
    readonly told: "actions" | "fps" | "nothing";
  },
): VideoBatch {
  const size = shape.reduce((a, b) => a * b);
  const drawn = uniformValues(2 * batch, seed);
  const last = new Float32Array(batch * size);
  const x0 = new Float32Array(batch * frames * size);
  const action = new Float32Array(batch * frames * actionSize);
  const rates: number[] = [];
  for (let i = 0; i < batch; i++) {
    const clip = Math.floor(drawn[2 * i] * set.clips);
    const start = Math.floor(drawn[2 * i + 1] * (set.frames - frames + 1));
    const first = clip * set.frames + start;
    if (start > 0) last.set(values.subarray((first - 1) * size, first * size), i * size);
    x0.set(values.subarray(first * size, (first + frames) * size), i * frames * size);
    action.set(taken.subarray(first * actionSize, (first + frames) * actionSize), i * frames * actionSize);
    rates.push(fps[clip]);
  }
  return {
    x0: tensor(x0, [batch, frames, ...shape]) as Tensor5D,
    ...(told === "actions" && { action: tensor(action, [batch, frames, actionSize]) as Tensor3D }),
    ...(before && { firstFrame: tensor(last, [batch, 1, ...shape]) as Tensor5D }),
    ...(told === "fps" && { fps: tensor1d(rates) }),
  };
}
