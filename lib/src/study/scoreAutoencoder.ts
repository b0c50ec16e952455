/**
 * How well an autoencoder gives held-out pictures back, source by source, overall and on object pixels: those that differ
 * from the same view drawn without what stands or moves in it.
 */
import { dispose, type Tensor5D } from "@tensorflow/tfjs";
import type { FrameCodec } from "../sample/frameCodec.js";
import { deriveSeed } from "../tensor/noise.js";
import type { ClipSource } from "../worlds/recordClip.js";
import { recordClip } from "../worlds/recordClip.js";
import { frameBytes } from "./clipSet.js";
import { type ClipEstimate, clipEstimate, pooledPsnr, type SquaredErrors } from "./estimate.js";
import { framesAsTensor } from "./latents.js";
import { changedBy } from "./scoreRollouts.js";
import { openWalker } from "./walkWorld.js";

export interface PictureScore {
  /** Peak signal-to-noise ratio in decibels, errors of all clips pooled, with its interval over clips. */
  readonly psnr: ClipEstimate;
  /** The same over object pixels alone, and which share of all pixels these are; absent for passive clips. */
  readonly objects?: ClipEstimate & { readonly share: number };
}

export interface PictureScoreOptions {
  readonly clips: number;
  /** Frames of each clip, one in four of a walk. */
  readonly frames: number;
  readonly seed: number;
  readonly onProgress?: (done: number, of: number) => void;
}

/** Scores a codec on pictures of one source that no recipe trains on, if the seed is none of theirs. */
export async function scoreAutoencoder(
  codec: FrameCodec,
  source: ClipSource,
  { clips, frames, seed, onProgress }: PictureScoreOptions,
): Promise<PictureScore> {
  const picturesOf = source === "passive" ? passivePictures : await worldPictures(source);
  const all: SquaredErrors[] = [];
  const objects: SquaredErrors[] = [];
  for (let clip = 0; clip < clips; clip++) {
    const { whole, scenery } = await picturesOf(deriveSeed(seed, clip), frames);
    const video = framesAsTensor(
      whole,
      Array.from({ length: frames }, (_, t) => t),
    );
    const latents = await codec.encode(video);
    const back = await codec.decode(latents);
    const [truth, guess] = [await video.data(), await back.data()];
    dispose([video, latents, back] as Tensor5D[]);
    all.push(squaredErrors(truth, guess));
    if (scenery) objects.push(squaredErrors(truth, guess, differing(whole, scenery)));
    onProgress?.(clip + 1, clips);
  }
  const share = (rows: readonly SquaredErrors[]) => rows.reduce((sum, { numbers }) => sum + numbers, 0);
  return {
    psnr: clipEstimate(all, pooledPsnr, seed),
    ...(objects.length > 0 && {
      objects: { ...clipEstimate(objects, pooledPsnr, seed), share: share(objects) / share(all) },
    }),
  };
}

interface Pictures {
  readonly whole: Uint8Array;
  /** The same without what stands or moves in the world. */
  readonly scenery?: Uint8Array;
}

async function passivePictures(seed: number, frames: number): Promise<Pictures> {
  return { whole: await (await recordClip("passive", seed, frames)).frames() };
}

async function worldPictures(world: Exclude<ClipSource, "passive">) {
  const { simulator, walk } = await openWalker(world);
  return async (seed: number, frames: number): Promise<Pictures> => {
    const whole = new Uint8Array(frames * frameBytes);
    const scenery = new Uint8Array(frames * frameBytes);
    walk(seed, { skipped: 8, frames: 4 * frames - 3 }, (frame) => {
      if (frame % 4 !== 0) return;
      whole.set(simulator.render(), (frame / 4) * frameBytes);
      scenery.set(simulator.render(64, "scenery"), (frame / 4) * frameBytes);
    });
    return { whole, scenery };
  };
}

/** For each pixel, whether one of its colours differs enough to be seen. */
function differing(a: Uint8Array, b: Uint8Array): boolean[] {
  const far = 255 * changedBy;
  return Array.from({ length: a.length / 3 }, (_, pixel) =>
    [0, 1, 2].some((c) => Math.abs(a[3 * pixel + c] - b[3 * pixel + c]) > far),
  );
}

function squaredErrors(
  truth: ArrayLike<number>,
  guess: ArrayLike<number>,
  counted?: readonly boolean[],
): SquaredErrors {
  let [numbers, error] = [0, 0];
  for (let i = 0; i < truth.length; i++) {
    if (counted && !counted[Math.floor(i / 3)]) continue;
    numbers++;
    error += (truth[i] - guess[i]) ** 2;
  }
  return { numbers, error };
}
