/** Rollouts of one small video, to be compared number by number. */
import type { Tensor3D, Tensor5D } from "@tensorflow/tfjs";
import {
  type CacheMode,
  createWorld,
  normalNoise,
  type RolloutOptions,
  rollout,
  type TemporalMask,
  type TransferRule,
  type VideoUnet,
  type World,
} from "vid2world";
import { expect } from "vitest";
import { smallConfig } from "./small.js";

export const transfers: readonly TransferRule[] = ["shift", "masked", "extrapolative"];
export const masks: readonly TemporalMask[] = ["causal", { window: 3 }, { window: 2, sinks: 1 }];

/** Every kind of causal network: each transfer with each mask. */
export const causalKinds = transfers.flatMap((transfer) => masks.map((mask) => ({ transfer, mask })));

/** As few layers as a video U-Net can have with every kind of layer that mixes time. */
export const leastConfig = { ...smallConfig, channelMultipliers: [1], attentionAt: [] };

const given = normalNoise([1, 1, 4, 4, 2], 3) as Tensor5D;
const smallGiven = normalNoise([1, 1, 2, 2, 2], 3) as Tensor5D;
const actions = normalNoise([1, 20, 3], 4) as Tensor3D;

/** Guided frames after one given frame, with a window as long as the video. */
export async function rolledOut(world: World, cache: CacheMode, changes: Partial<RolloutOptions>) {
  const made = await rollout(world, {
    history: given,
    ...(world.actionSize > 0 && { actions }),
    frames: 16,
    window: 20,
    strength: 2.5,
    rescale: 0.7,
    seed: 5,
    cache,
    ...changes,
  });
  expect(made.cache).toBe(cache);
  const values = made.frames.dataSync();
  made.frames.dispose();
  return { values, frameEvaluations: made.frameEvaluations };
}

/** Largest difference, relative to the largest value. */
export function gap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(a[i]));
  }
  return Number.isFinite(difference) ? difference / size : Infinity;
}

/**
 * The paper's setting, 16 frames of 50 guided steps with fresh noise: the cache gives what no cache gives. On a smaller
 * network than this the last bit of the given frame alone would move the frames by more.
 */
export async function expectExact(network: VideoUnet): Promise<void> {
  const world = createWorld(network, { lengths: [6, 17], threads: 1 });
  const small = { history: smallGiven, frames: 16, steps: 50, eta: 1 };
  const [exact, none] = [await rolledOut(world, "exact", small), await rolledOut(world, "none", small)];
  expect(gap(none.values, exact.values)).toBeLessThan(1e-4);
  expect(exact.frameEvaluations).toBe(16 * 2 * 50 + 16); // 2S + 1 for each frame
  expect(none.frameEvaluations).toBe(50 * 2 * (16 * 17 - (16 * 15) / 2));
}
