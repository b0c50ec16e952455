/**
 * History in a cache: every frame runs through the network once, at its own level, and leaves behind what later frames
 * need of it. A new frame then costs the same however many came before.
 */
import {
  concat,
  dispose,
  fill,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor5D,
  tensor2d,
  tidy,
  zeros,
} from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import type { FrameHistory, Snapshot } from "./history.js";
import type { RolloutConfig } from "./rolloutConfig.js";
import { type PastFrame, RecentFrames } from "./wholeHistory.js";
import type { StreamSnapshot, World } from "./world.js";

interface StreamHistorySnapshot extends Snapshot {
  readonly recent: ReturnType<RecentFrames["snapshot"]>;
  readonly stream: StreamSnapshot;
  readonly firstFrame?: Tensor5D;
  readonly start: number;
}

/**
 * A history in a cache.
 *
 * - `exact`: all frames; the same function as no cache with a window as long as the video.
 * - `rolling`: the last `config.window` − 1 frames are attended to, but what is remembered of them was computed when
 *   they saw older ones: another function than running the window anew.
 * - `rebuild`: the cache is made anew from the window's frames whenever the window moves; the same function as no cache.
 *
 * @param size of a frame: [batch, 1, height, width, channel]
 * @param expected frames to be remembered in all, where that is known: `exact` makes room for them at once, since growing
 * later opens another graph
 * @throws RangeError if the world cannot stream
 */
export function streamHistory(
  world: World,
  config: RolloutConfig,
  seeds: readonly number[],
  mode: "exact" | "rolling" | "rebuild",
  [batch, , height, width]: Tensor5D["shape"],
  expected = 0,
): FrameHistory {
  if (!world.openStream)
    throw new RangeError(
      `rollout: cache is "${mode}", but the world's frames depend on later ones, so nothing about them can be ` +
        'remembered; causalize the model, or take cache "none".',
    );
  // With all actions dropped, the unconditional branch has a past of its own: it is streamed as further videos.
  const apart = config.nullAction === "all" && config.strength !== 1 && world.actionSize > 0;
  const stream = world.openStream({
    batch: apart ? 2 * batch : batch,
    height,
    width,
    slots: mode === "exact" && expected > 0 ? 2 ** Math.ceil(Math.log2(expected)) : config.window - 1,
    full: mode === "exact" ? "grow" : "evict",
  });
  const recent = new RecentFrames(world, config, seeds);
  let firstFrame: Tensor5D | undefined; // what conditions every frame, unless each is shown the one before it
  let start = 0; // the first frame that the cache was made from
  let frameEvaluations = 0;

  const commit = async ({ noisy, before, action }: PastFrame, opening: boolean) => {
    const branches = apart ? 2 : 1;
    const rows = branches * batch;
    const inputs: DenoiseInputs = tidy(() => {
      const times = <T extends Tensor>(tensor: T): T => (apart ? concat([tensor, tensor]) : tensor.clone());
      return {
        x: times(noisy),
        level: fill([rows, 1], Math.max(config.historyLevel, 0)) as Tensor2D,
        firstFrame: times(before ?? firstFrame ?? noisy),
        ...(world.actionSize > 0 && {
          action: times(actionOrNone(opening ? undefined : action, batch, world.actionSize)),
          actionMask: tensor2d(Array.from({ length: rows }, (_, row) => [Number(row < batch)])),
        }),
      };
    });
    await stream.remember(inputs);
    dispose(inputs as never);
    frameEvaluations += branches;
  };

  /** Makes the cache anew if the window has moved since. */
  const rebuild = async () => {
    const wanted = recent.frames - recent.kept.length;
    if (wanted === start) return;
    stream.reset();
    start = wanted;
    firstFrame?.dispose();
    firstFrame = recent.kept[0].clean.clone();
    for (const [i, frame] of recent.kept.entries()) await commit(frame, i === 0);
  };

  return {
    get frames() {
      return recent.frames;
    },
    get frameEvaluations() {
      return frameEvaluations;
    },
    async add(frame, action) {
      const opening = recent.frames === 0;
      const past = recent.add(frame, action);
      if (opening) firstFrame = frame.clone();
      if (mode === "rebuild" && recent.frames - recent.kept.length !== start) return; // made anew when needed
      await commit(past, opening);
    },
    async next(action) {
      if (mode === "rebuild") await rebuild();
      return async (state, settings) => {
        const { guidance, ...unguided } = settings;
        const guided = guidance !== undefined && world.actionSize > 0;
        const given = tidy(() => ({
          firstFrame:
            world.shownFrame === "previous" ? recent.shown(state.x) : (firstFrame ?? state.x).clone(),
          ...(world.actionSize > 0 && { action: actionOrNone(action, batch, world.actionSize) }),
        }));
        const made = await stream.denoise(state, given, guided ? settings : unguided);
        dispose(given as never);
        frameEvaluations += apart || guided ? 2 : 1;
        return made;
      };
    },
    snapshot(): StreamHistorySnapshot {
      const taken = {
        recent: recent.snapshot(),
        stream: stream.snapshot(),
        firstFrame: firstFrame?.clone(),
        start,
      };
      return {
        ...taken,
        release() {
          taken.recent.release();
          taken.firstFrame?.dispose();
        },
      };
    },
    restore(snapshot) {
      const taken = snapshot as StreamHistorySnapshot;
      recent.restore(taken.recent);
      stream.restore(taken.stream);
      firstFrame?.dispose();
      firstFrame = taken.firstFrame?.clone();
      start = taken.start;
    },
    dispose() {
      recent.dispose();
      stream.dispose();
      firstFrame?.dispose();
    },
  };
}

/** [batch, 1, action]: zeros where no action led to a frame. */
function actionOrNone(action: Tensor2D | undefined, batch: number, size: number): Tensor3D {
  return (action ?? zeros([batch, size])).reshape([batch, 1, size]) as Tensor3D;
}
