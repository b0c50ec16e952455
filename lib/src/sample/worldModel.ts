/** A world model to live in: look, act, look again. */
import { type Tensor2D, type Tensor3D, type Tensor4D, type Tensor5D, tensor2d, tidy } from "@tensorflow/tfjs";
import { requireShape, requireWhole } from "../tensor/check.js";
import { denoiseFrame } from "./denoiseFrame.js";
import type { FrameCodec } from "./frameCodec.js";
import type { FrameHistory, Snapshot } from "./history.js";
import { type CacheMode, openHistory, rowSeeds } from "./rollout.js";
import { labRollout, type RolloutConfig, requireRollout } from "./rolloutConfig.js";
import type { World } from "./world.js";

/** What may change from frame to frame: what the history was made of stays. */
export type SamplingConfig = Omit<RolloutConfig, "historyLevel" | "window" | "nullAction">;

export interface WorldModelOptions extends Partial<RolloutConfig> {
  /** `rolling` unless given, so that a video may go on for ever. */
  readonly cache?: CacheMode;
  /** Decides every draw of noise: equal seeds, frames and actions give equal videos. */
  readonly seed: number;
}

export interface WorldModel {
  readonly world: World;
  readonly codec: FrameCodec;
  readonly cache: CacheMode;
  /** Frames so far, the given ones included. */
  readonly frames: number;
  /** Frames that went through the network since `reset`: both branches of guidance counted, padding not. */
  readonly frameEvaluations: number;
  readonly config: RolloutConfig;
  /**
   * Begins anew from real frames.
   *
   * @param video [frame, height, width, 3] in [0, 1]
   * @param actions action[t] is taken while frame t is seen [frame − 1 or more, action]; for a world with actions and
   * more than one frame
   */
  reset(video: Tensor4D, actions?: Tensor2D): Promise<void>;
  /**
   * Takes an action while the last frame is seen, and returns the frame that follows [height, width, 3] in [0, 1]. The
   * frame is remembered after it has been returned; the next call waits for that.
   *
   * @param signal gives the frame up while it is still denoised: the model stays where it was
   * @throws the signal's reason, if it came in time
   */
  step(action?: readonly number[], signal?: AbortSignal): Promise<Tensor3D>;
  /** Changes how frames are sampled from now on. */
  configure(changes: Partial<SamplingConfig>): void;
  /** A state to return to, for other actions under the same noise; it belongs to the caller, who releases it. */
  snapshot(): Promise<Snapshot>;
  restore(snapshot: Snapshot): Promise<void>;
  dispose(): Promise<void>;
}

/**
 * A world model on its own: a world, a way to see it, and a memory.
 *
 * @throws RangeError if an option is out of range
 */
export function createWorldModel(world: World, codec: FrameCodec, options: WorldModelOptions): WorldModel {
  const { cache = "rolling", seed, ...given } = options;
  let config: RolloutConfig = { ...labRollout, ...given };
  requireRollout("createWorldModel", config, world.schedule.config.levels);
  requireWhole("createWorldModel", "seed", seed, 1);
  const seeds = rowSeeds("createWorldModel", seed, 1);
  let history: FrameHistory | undefined;
  let shape: Tensor5D["shape"] = [1, 1, 0, 0, 0];
  let settled: Promise<void> = Promise.resolve(); // until the last frame is remembered

  const current = (caller: string): FrameHistory => {
    if (!history) throw new Error(`${caller}: there is no frame yet; call reset with at least one.`);
    return history;
  };
  const actionOf = (action: readonly number[] | undefined): Tensor2D | undefined => {
    if (world.actionSize === 0) return undefined;
    if (action?.length !== world.actionSize)
      throw new RangeError(
        `world.step: action has ${action?.length ?? 0} numbers; expected ${world.actionSize}.`,
      );
    return tensor2d([[...action]]);
  };

  return {
    world,
    codec,
    cache,
    get frames() {
      return history?.frames ?? 0;
    },
    get frameEvaluations() {
      return history?.frameEvaluations ?? 0;
    },
    get config() {
      return config;
    },
    async reset(video, actions) {
      settled = settled.catch(() => undefined); // what failed is over with the video it failed in
      await settled;
      requireShape("world.reset", "video", video, ["frame", "height", "width", 3]);
      const [frames] = video.shape;
      requireWhole("world.reset", "number of frames", frames, 1);
      if (world.actionSize > 0 && frames > 1) {
        if (!actions) throw new RangeError("world.reset: actions are missing; the world has actions.");
        requireShape("world.reset", "actions", actions, ["frame", world.actionSize]);
        requireWhole("world.reset", "number of actions", actions.shape[0], frames - 1);
      }
      const pictures = video.expandDims(0) as Tensor5D;
      const latents = await codec.encode(pictures);
      pictures.dispose();
      const [, , ...frameShape] = latents.shape;
      shape = [1, 1, ...frameShape];
      history?.dispose();
      history = openHistory("world.reset", world, config, seeds, cache, shape);
      for (let t = 0; t < frames; t++) {
        const frame = latents.slice([0, t, 0, 0, 0], shape) as Tensor5D;
        const action =
          actions && t > 0 && world.actionSize > 0
            ? actions.slice([t - 1, 0], [1, world.actionSize])
            : undefined;
        await history.add(frame, action);
        frame.dispose();
        action?.dispose();
      }
      latents.dispose();
    },
    async step(action, signal) {
      const past = current("world.step");
      const led = actionOf(action);
      let frame: Tensor5D;
      try {
        await settled;
        const next = await past.next(led);
        frame = await denoiseFrame(next, world.schedule, config, shape, seeds, past.frames, signal);
      } catch (error) {
        led?.dispose();
        throw error;
      }
      const decoding = codec.decode(frame); // in line before what follows, where both run in one thread
      settled = past.add(frame, led).finally(async () => {
        await decoding.catch(() => undefined);
        frame.dispose();
        led?.dispose();
      });
      settled.catch(() => undefined); // told by the next call
      const picture = await decoding;
      const [, , height, width, channels] = picture.shape;
      const seen = tidy(() => picture.reshape([height, width, channels])) as Tensor3D;
      picture.dispose();
      return seen;
    },
    configure(changes) {
      const next = { ...config, ...changes };
      requireRollout("world.configure", next, world.schedule.config.levels);
      config = next;
    },
    async snapshot() {
      await settled;
      return current("world.snapshot").snapshot();
    },
    async restore(snapshot) {
      await settled;
      current("world.restore").restore(snapshot);
    },
    async dispose() {
      await settled.catch(() => undefined);
      history?.dispose();
      history = undefined;
    },
  };
}
