/** The video U-Net as a world: the only way by which a network comes to a rollout. */
import { availableParallelism } from "node:os";
import { isDeepStrictEqual } from "node:util";
import type { Tensor3D } from "@tensorflow/tfjs";
import type { Denoise } from "../diffusion/denoise.js";
import { unetDenoise } from "../diffusion/unetDenoise.js";
import type { VideoUnet } from "../model/videoUnet.js";
import { createSchedule, labSchedule, type ScheduleConfig } from "../schedule/schedule.js";
import { requireWhole } from "../tensor/check.js";
import { type RunOptions, runner } from "../train/run.js";
import { frameStreams } from "./frameStream.js";
import { forEveryVideo } from "./streamCalls.js";
import type { World } from "./world.js";

export interface WorldOptions extends RunOptions {
  /** `labSchedule` unless given. */
  readonly schedule?: ScheduleConfig;
  /**
   * See `World.lengths`. Only for a causal network: later frames, the padding among them, must not matter. Unless given,
   * a compiled causal network is padded to powers of two.
   */
  readonly lengths?: readonly number[];
  /** Text and image tokens that every video is given [1, token, width]; for a network with cross-attention. */
  readonly context?: Tensor3D;
  /**
   * 1 unless given. With 2, a second JavaScript thread with a copy of the network takes the unconditional branch of guided
   * frames in a cache, and remembers a frame while the first thread decodes it. `threads` is then, unless given, half the
   * cores. Frames differ from those of one worker by round-off.
   */
  readonly workers?: 1 | 2;
}

const powersOfTwo = [1, 2, 4, 8, 16, 32, 64, 128];

/**
 * A video U-Net as a world to roll out. Its weights become part of compiled graphs: to roll out a network in training,
 * take a snapshot of it.
 *
 * @throws RangeError if lengths are given for a network that is not causal, or another schedule than the network expects
 * changes by
 */
export function createWorld(model: VideoUnet, options: WorldOptions = {}): World {
  const { schedule = labSchedule, lengths, context, workers = 1, engine, threads, provider } = options;
  requireWhole("createWorld", "workers", workers, 1, 2);
  const run = { engine, provider, threads: operationThreads(workers, threads) };
  const { config } = model;
  const causal = config.convPadding === "causal" && config.mask !== "full" && config.norm !== "clip";
  if (lengths && !causal)
    throw new RangeError(
      "createWorld: lengths were given, but the model is not causal, so padding would change its frames; causalize it.",
    );
  const expected = config.expectedChange?.schedule;
  if (expected && !isDeepStrictEqual(expected, schedule))
    throw new RangeError(
      `createWorld: schedule is ${JSON.stringify(schedule)}, but the network adds velocities of ` +
        `${JSON.stringify(expected)}; give the schedule that it was trained with.`,
    );
  const padded = lengths ?? (causal && run.engine !== "eager" ? powersOfTwo : undefined);
  const denoise = givenContext(unetDenoise(model), context);
  const predict = runner(denoise, run, model.weights);
  const levels = createSchedule(schedule);
  return {
    schedule: levels,
    actionSize: config.actionSize,
    causal,
    ...(config.shownFrame && { shownFrame: config.shownFrame }),
    ...(padded && { lengths: padded }),
    predict,
    ...(causal && { openStream: frameStreams(model, levels, context, run, workers) }),
  };
}

/** Threads inside one operation, as `compile` takes them: workers share the cores unless somebody says otherwise. */
export function operationThreads(workers: 1 | 2 | undefined, threads?: number): number | undefined {
  return threads ?? (workers === 2 ? Math.max(1, Math.floor(availableParallelism() / 2)) : undefined);
}

/** The same network, told the same tokens for every video. */
function givenContext(denoise: Denoise, context?: Tensor3D): Denoise {
  if (!context) return denoise;
  return (inputs) => denoise({ ...inputs, context: forEveryVideo(context, inputs.x.shape[0]) });
}
