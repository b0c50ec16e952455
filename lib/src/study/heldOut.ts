/**
 * What a world model draws on held-out clips, and how far that is from the truth: by clip, so that arms can be paired,
 * and as features of whole clips, for Fréchet distances. Frames that were given are not scored.
 */
import { concat, dispose, type Tensor3D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { labPerceptual } from "../metric/labMetrics.js";
import { framePsnr } from "../metric/psnr.js";
import { frameSsim } from "../metric/ssim.js";
import { clipFeatures, type VideoEncoder } from "../metric/videoEncoder.js";
import type { FrameCodec } from "../sample/frameCodec.js";
import { rollout } from "../sample/rollout.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import type { World } from "../sample/world.js";
import { deriveSeed } from "../tensor/noise.js";
import type { ClipSet, Clips } from "./clipSet.js";
import { changedBy, clipActions, clipFrames } from "./scoreRollouts.js";

const together = 8;

/** A held-out set with what is computed once for all rollouts on it. */
export interface HeldOut {
  readonly set: ClipSet;
  readonly clips: Clips;
  /** Clips in which something moves, by number: the others have no changed pixel to score. */
  readonly rows: readonly number[];
  readonly given: number;
  readonly predicted: number;
}

/** What was drawn on some clips. */
export interface Drawn {
  /** [clip, predicted frame, 64, 64, 3] in [0, 1]; they belong to the caller. */
  readonly truth: Tensor5D;
  readonly guess: Tensor5D;
}

/** Chooses the clips in which a predicted frame has a changed pixel. */
export function holdOut(set: ClipSet, clips: Clips, given: number, predicted: number): HeldOut {
  const rows = Array.from({ length: set.clips }, (_, row) => row).filter((row) =>
    tidy(() => {
      const video = clipFrames(clips, set, [row], given + predicted);
      return (
        changedPixels(video.slice([0, given]), video.slice([0, given - 1], [-1, 1]))
          .sum()
          .dataSync()[0] > 0
      );
    }),
  );
  return { set, clips, rows, given, predicted };
}

/** 1 where a pixel differs from the last given frame [clip, frame, height, width, 1]. */
function changedPixels(truth: Tensor5D, last: Tensor5D): Tensor5D {
  return truth.sub(last).abs().max(-1, true).greater(changedBy).toFloat() as Tensor5D;
}

/**
 * Rolls a world out on the first `count` held-out clips. Each clip has its own noise, the same whatever the world.
 *
 * @throws RangeError if actions are missing or frames too few
 */
export async function drawHeldOut(
  world: World,
  codec: FrameCodec,
  { set, clips, rows, given, predicted }: HeldOut,
  {
    count,
    sampling,
    onProgress,
  }: {
    readonly count: number;
    readonly sampling: Partial<RolloutConfig>;
    readonly onProgress: (share: number) => void;
  },
): Promise<Drawn> {
  const chosen = rows.slice(0, count);
  const parts: Drawn[] = [];
  for (let from = 0; from < chosen.length; from += together) {
    const some = chosen.slice(from, from + together);
    const video = clipFrames(clips, set, some, given + predicted);
    const latents = await codec.encode(video);
    const history = tidy(() => latents.slice([0, 0], [-1, given]) as Tensor5D);
    const actions: Tensor3D | undefined =
      world.actionSize > 0 ? clipActions(clips, set, some, given + predicted) : undefined;
    const { frames } = await rollout(world, {
      ...sampling,
      history,
      ...(actions && { actions }),
      frames: predicted,
      seed: some.map((row) => deriveSeed(set.seed, 1, row)),
      cache: world.causal ? "exact" : "none",
    });
    parts.push({ truth: tidy(() => video.slice([0, given]) as Tensor5D), guess: await codec.decode(frames) });
    dispose([video, latents, history, frames]);
    actions?.dispose();
    onProgress(Math.min(1, (from + together) / chosen.length));
  }
  const joined = {
    truth: concat(parts.map(({ truth }) => truth)),
    guess: concat(parts.map(({ guess }) => guess)),
  };
  dispose(parts as never);
  return joined;
}

/** Metrics by clip, means over its predicted frames. Decibels of changed pixels pool squared errors first. */
export async function clipMetrics(
  { truth, guess }: Drawn,
  { set, clips, rows, given }: HeldOut,
  encoder: VideoEncoder,
) {
  const byClip = (frames: number[][]) =>
    frames.map((each) => each.reduce((sum, x) => sum + x, 0) / each.length);
  const chosen = rows.slice(0, truth.shape[0]);
  const [psnr, ssim, changed] = tidy(() => {
    const last = clipFrames(clips, set, chosen, given).slice([0, given - 1]) as Tensor5D;
    const moved = changedPixels(truth, last);
    const errors = truth.squaredDifference(guess).mul(moved).sum([1, 2, 3, 4]);
    return [
      framePsnr(truth, guess).arraySync(),
      frameSsim(truth, guess).arraySync() as number[][],
      errors
        .div(moved.sum([1, 2, 3, 4]).mul(3))
        .log()
        .mul(-10 / Math.LN10)
        .arraySync() as number[],
    ];
  });
  const { distance } = await labPerceptual(encoder, truth, guess);
  return {
    psnr: byClip(psnr),
    "psnr of changed pixels": changed,
    ssim: byClip(ssim),
    "lab perceptual": byClip(distance as number[][]),
  };
}

/** Features of each clip, for Fréchet distances, to six digits. */
export function labFeatures(encoder: VideoEncoder, videos: Tensor5D): number[][] {
  const features = tidy(() => clipFeatures(encoder, videos).arraySync());
  return features.map((each) => each.map((value) => Number(value.toPrecision(6))));
}
