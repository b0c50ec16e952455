/**
 * Frame by frame into the future: each new frame starts as noise and is denoised given the frames before it, which stand
 * at one fixed, low noise level.
 */
import { concat, dispose, type Tensor2D, type Tensor3D, type Tensor5D, tidy, zeros } from "@tensorflow/tfjs";
import { requireChoice, requireShape, requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import { denoiseFrame } from "./denoiseFrame.js";
import type { FrameHistory } from "./history.js";
import { labRollout, type RolloutConfig, requireRollout } from "./rolloutConfig.js";
import { streamHistory } from "./streamHistory.js";
import { wholeHistory } from "./wholeHistory.js";
import type { World } from "./world.js";

const cacheModes = ["none", "exact", "rolling", "rebuild"] as const;
/**
 * How frames before the newest one are remembered.
 *
 * - `none`: they are not; the window runs through the network at every step.
 * - `exact`: every frame runs once and leaves keys, values and convolution tails behind; all frames stay. The same
 *   function as `none` with a window as long as the video, up to round-off.
 * - `rolling`: as `exact`, but only the last window's frames stay. Another function than `none`: what stays was computed
 *   when it saw frames that have gone.
 * - `rebuild`: the cache is made anew from the window's frames for every new frame; the same function as `none`.
 */
export type CacheMode = (typeof cacheModes)[number];

export interface RolloutOptions extends Partial<RolloutConfig> {
  /** Real frames or latents that are given [batch, frame, height, width, channel]. */
  readonly history: Tensor5D;
  /** action[t] is taken while frame t is seen [batch, history + frames − 1 or more, action]; for a world with actions. */
  readonly actions?: Tensor3D;
  /** Frames to generate. */
  readonly frames: number;
  /** One seed for all, from which each row gets its own, or one for each row of the batch. */
  readonly seed: number | readonly number[];
  /** `none` unless given. */
  readonly cache?: CacheMode;
  /** Called with every new frame [batch, 1, height, width, channel], which is lent, and its index in the video. */
  readonly onFrame?: (frame: Tensor5D, index: number) => void | Promise<void>;
  /** Ends the rollout after the frame at hand. */
  readonly signal?: AbortSignal;
}

export interface RolloutResult {
  /** The generated frames [batch, frame, height, width, channel], without the history. */
  readonly frames: Tensor5D;
  readonly cache: CacheMode;
  /** Frames that went through the network for each row: both branches of guidance counted, padding not. */
  readonly frameEvaluations: number;
}

/**
 * Generates frames one after another. Fields of the config that are not given are those of `labRollout`. A world without
 * actions is not guided, whatever the strength.
 *
 * @returns `frames` new frames, fewer if the signal asked for an end; they belong to the caller
 * @throws RangeError if shapes do not fit, an option is out of range, or the world cannot be cached
 * @see Vid2World, algorithm 2
 */
export async function rollout(world: World, options: RolloutOptions): Promise<RolloutResult> {
  const { history, actions, frames, seed, cache = "none", onFrame, signal, ...given } = options;
  const config: RolloutConfig = { ...labRollout, ...given };
  requireRollout("rollout", config, world.schedule.config.levels);
  requireShape("rollout", "history", history, ["batch", "frame", "height", "width", "channel"]);
  requireWhole("rollout", "frames", frames, 1);
  const [batch, known, height, width, channels] = history.shape;
  const shape: Tensor5D["shape"] = [batch, 1, height, width, channels];
  requireActions(world, actions, batch, known + frames - 1);
  const seeds = rowSeeds("rollout", seed, batch);
  const past = openHistory("rollout", world, config, seeds, cache, shape, known + frames - 1);
  const made: Tensor5D[] = [];
  try {
    for (let t = 0; t < known; t++)
      await withAction(actions, t, (action) => addKnown(past, history, t, action));
    for (let t = known; t < known + frames && !signal?.aborted; t++)
      await withAction(actions, t, async (action) => {
        const frame = await denoiseFrame(await past.next(action), world.schedule, config, shape, seeds, t);
        made.push(frame);
        await onFrame?.(frame, t);
        if (made.length < frames) await past.add(frame, action);
      });
    const joined = tidy(() =>
      made.length > 0 ? concat(made, 1) : zeros([batch, 0, height, width, channels]),
    );
    return { frames: joined as Tensor5D, cache, frameEvaluations: past.frameEvaluations };
  } finally {
    dispose(made);
    past.dispose();
  }
}

/** The history that a cache mode stands for; `expected` frames will be remembered, where that is known. */
export function openHistory(
  caller: string,
  world: World,
  config: RolloutConfig,
  seeds: readonly number[],
  cache: CacheMode,
  shape: Tensor5D["shape"],
  expected?: number,
): FrameHistory {
  requireChoice(caller, "cache", cache, cacheModes);
  return cache === "none"
    ? wholeHistory(world, config, seeds)
    : streamHistory(world, config, seeds, cache, shape, expected);
}

/** One seed for every row. */
export function rowSeeds(caller: string, seed: number | readonly number[], batch: number): readonly number[] {
  if (typeof seed === "number") return Array.from({ length: batch }, (_, row) => deriveSeed(seed, row));
  requireWhole(caller, "number of seeds", seed.length, batch, batch);
  return seed;
}

async function addKnown(past: FrameHistory, video: Tensor5D, t: number, action?: Tensor2D): Promise<void> {
  const [batch, , height, width, channels] = video.shape;
  const frame = video.slice([0, t, 0, 0, 0], [batch, 1, height, width, channels]);
  await past.add(frame, action);
  frame.dispose();
}

/** Lends `use` the action that led to frame t: the one before it; none led to frame 0. */
async function withAction(
  actions: Tensor3D | undefined,
  t: number,
  use: (action?: Tensor2D) => Promise<void>,
): Promise<void> {
  if (!actions || t === 0) return use();
  const [batch, , size] = actions.shape;
  const action = tidy(() =>
    actions.slice([0, t - 1, 0], [batch, 1, size]).reshape([batch, size]),
  ) as Tensor2D;
  try {
    await use(action);
  } finally {
    action.dispose();
  }
}

function requireActions(world: World, actions: Tensor3D | undefined, batch: number, needed: number): void {
  if (world.actionSize === 0) {
    if (actions) throw new RangeError("rollout: actions came, but the world takes none; leave them out.");
    return;
  }
  if (!actions)
    throw new RangeError(
      `rollout: actions are missing; expected [${batch}, ${needed}, ${world.actionSize}].`,
    );
  requireShape("rollout", "actions", actions, [batch, "frame", world.actionSize]);
  requireWhole("rollout", "number of actions", actions.shape[1], needed);
}
