/** Clips as an autoencoder's latents, computed once and kept beside the clips. */
import { createHash } from "node:crypto";
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import type { Autoencoder } from "../model/autoencoder.js";
import { createFrameCodec } from "../sample/frameCodec.js";
import type { RunOptions } from "../train/run.js";
import { type ClipSet, type Clips, clipSetName, clipSize, frameBytes } from "./clipSet.js";
import { makeOnce } from "./makeOnce.js";

/** Latents of clips, all in one array. */
export interface ClipLatents {
  /** [clip, frame, height, width, channel] */
  readonly values: Float32Array;
  /** [height, width, channel] */
  readonly shape: readonly [number, number, number];
}

/** Frames `indices` of all clips, as if in one row [frame, 64, 64, 3], as a tensor [1, frame, 64, 64, 3] in [0, 1]. */
export function framesAsTensor(pictures: Uint8Array, indices: readonly number[]): Tensor5D {
  const values = new Float32Array(indices.length * frameBytes);
  for (const [i, frame] of indices.entries()) {
    const bytes = pictures.subarray(frame * frameBytes, (frame + 1) * frameBytes);
    for (let j = 0; j < frameBytes; j++) values[i * frameBytes + j] = bytes[j] / 255;
  }
  return tensor(values, [1, indices.length, clipSize, clipSize, 3]);
}

/**
 * Latents of all frames, from `folder` or freshly computed: by one process, while others that ask for them wait.
 *
 * @param options `onProgress` is called with the number of frames done
 */
export async function openLatents(
  set: ClipSet,
  clips: Clips,
  autoencoder: Autoencoder,
  options: RunOptions & {
    readonly folder: string;
    readonly onProgress?: (done: number, of: number) => void;
  },
): Promise<ClipLatents> {
  const { imageChannels, latentChannels, channelMultipliers } = autoencoder.config;
  const side = clipSize / 2 ** (channelMultipliers.length - 1);
  const shape = [side, side, latentChannels] as const;
  const path = join(options.folder, `${clipSetName(set)}-${weightsHash(autoencoder)}.latents`);
  if (imageChannels !== 3)
    throw new RangeError(`openLatents: imageChannels is ${imageChannels}; clips have 3.`);
  const size = side * side * latentChannels;
  await makeOnce(path, () => encode(path, set.clips * set.frames, size, clips, autoencoder, options));
  const kept = await readFile(path);
  return { values: new Float32Array(kept.buffer, kept.byteOffset, kept.length / 4), shape };
}

type LatentsOptions = Parameters<typeof openLatents>[3];

async function encode(
  path: string,
  frames: number,
  size: number,
  { pictures }: Clips,
  autoencoder: Autoencoder,
  options: LatentsOptions,
): Promise<void> {
  const values = new Float32Array(frames * size);
  const codec = createFrameCodec({ kind: "autoencoder", autoencoder }, options);
  const together = 16;
  for (let from = 0; from < frames; from += together) {
    const indices = Array.from({ length: Math.min(together, frames - from) }, (_, i) => from + i);
    const video = framesAsTensor(pictures, indices);
    const latents = await codec.encode(video);
    values.set((await latents.data()) as Float32Array, from * size);
    video.dispose();
    latents.dispose();
    options.onProgress?.(from + indices.length, frames);
  }
  await writeFile(`${path}.part`, new Uint8Array(values.buffer));
  await rename(`${path}.part`, path);
}

/** A short name for an autoencoder's weights. */
function weightsHash({ weights }: Autoencoder): string {
  const digest = createHash("sha256");
  for (const name of Object.keys(weights).sort())
    digest.update(new Uint8Array(Float32Array.from(weights[name].dataSync()).buffer));
  return digest.digest("hex").slice(0, 12);
}

/** The standard deviation of an autoencoder's latents, over a thousand frames or all there are. */
export async function latentDeviation(autoencoder: Autoencoder, pictures: Uint8Array, run: RunOptions) {
  const frames = pictures.length / frameBytes;
  const codec = createFrameCodec({ kind: "autoencoder", autoencoder }, run);
  const count = Math.min(1000, frames) - (Math.min(1000, frames) % 10);
  let [sum, squares, numbers] = [0, 0, 0];
  for (let from = 0; from < count; from += 10) {
    const indices = Array.from({ length: 10 }, (_, i) => Math.floor(((from + i) * frames) / count));
    const video = framesAsTensor(pictures, indices);
    const latents = await codec.encode(video);
    const [total, square] = tidy(() => [latents.sum().dataSync()[0], latents.square().sum().dataSync()[0]]);
    sum += total;
    squares += square;
    numbers += latents.size;
    video.dispose();
    latents.dispose();
  }
  return Math.sqrt(squares / numbers - (sum / numbers) ** 2);
}
