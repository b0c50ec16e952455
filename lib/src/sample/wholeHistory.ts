/** History without a cache: the frames themselves; the whole window runs through the network at every step. */
import {
  concat,
  dispose,
  ones,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor5D,
  tensor2d,
  tidy,
  zeros,
} from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import { type FramePrediction, stepFrom } from "./denoiseStep.js";
import { asHistory, type FrameHistory, type Snapshot } from "./history.js";
import type { RolloutConfig } from "./rolloutConfig.js";
import type { World } from "./world.js";

/** One frame of the history. */
export interface PastFrame {
  readonly clean: Tensor5D;
  /** As the network sees it. */
  readonly noisy: Tensor5D;
  /** The frame before it as the network saw that, zeros for the first of all; only where frames are shown it. */
  readonly before?: Tensor5D;
  /** The action that led to it [batch, action]. */
  readonly action?: Tensor2D;
}

/** The last frames of a video, no more than fit a window beside a new one. */
export class RecentFrames {
  readonly kept: PastFrame[] = [];
  /** All frames ever added. */
  frames = 0;

  constructor(
    private readonly world: World,
    private readonly config: RolloutConfig,
    private readonly seeds: readonly number[],
  ) {}

  add(frame: Tensor5D, action?: Tensor2D): PastFrame {
    const { historyLevel, window } = this.config;
    const noisy = asHistory(frame, this.frames, historyLevel, this.seeds, this.world.schedule);
    const before = this.world.shownFrame === "previous" ? this.shown(frame) : undefined;
    const past = { clean: frame.clone(), noisy, before, action: action?.clone() };
    this.kept.push(past);
    this.frames++;
    if (this.kept.length > window - 1) disposeFrame(this.kept.shift() as PastFrame);
    return past;
  }

  /** What is shown beside the frame after the last one, where that is the previous frame; a new tensor. */
  shown(next: Tensor5D): Tensor5D {
    return this.kept[this.kept.length - 1]?.noisy.clone() ?? next.zerosLike();
  }

  snapshot(): Snapshot & { readonly kept: readonly PastFrame[]; readonly frames: number } {
    const kept = this.kept.map(clonedFrame);
    return { kept, frames: this.frames, release: () => kept.forEach(disposeFrame) };
  }

  restore({ kept, frames }: ReturnType<RecentFrames["snapshot"]>): void {
    this.dispose();
    this.kept.push(...kept.map(clonedFrame));
    this.frames = frames;
  }

  dispose(): void {
    for (const frame of this.kept.splice(0)) disposeFrame(frame);
  }
}

function clonedFrame({ clean, noisy, before, action }: PastFrame): PastFrame {
  return { clean: clean.clone(), noisy: noisy.clone(), before: before?.clone(), action: action?.clone() };
}

function disposeFrame({ clean, noisy, before, action }: PastFrame): void {
  for (const tensor of [clean, noisy, before, action]) tensor?.dispose();
}

/** A history that is run through the network as a whole, at most `config.window` frames with the new one. */
export function wholeHistory(world: World, config: RolloutConfig, seeds: readonly number[]): FrameHistory {
  const recent = new RecentFrames(world, config, seeds);
  let frameEvaluations = 0;
  return {
    get frames() {
      return recent.frames;
    },
    get frameEvaluations() {
      return frameEvaluations;
    },
    async add(frame, action) {
      recent.add(frame, action);
    },
    async next(action) {
      const predict = predictWhole(world, recent, config, action);
      return stepFrom(async (x, level, guided) => {
        const prediction = await predict(x, level, guided);
        frameEvaluations += (recent.kept.length + 1) * (prediction.unconditional ? 2 : 1);
        return prediction;
      }, world.schedule);
    },
    snapshot: () => recent.snapshot(),
    restore: (snapshot) => recent.restore(snapshot as ReturnType<RecentFrames["snapshot"]>),
    dispose: () => recent.dispose(),
  };
}

function predictWhole(
  world: World,
  recent: RecentFrames,
  { historyLevel, nullAction }: RolloutConfig,
  newest?: Tensor2D,
): (x: Tensor5D, level: number, guided: boolean) => Promise<FramePrediction> {
  const past: readonly PastFrame[] = recent.kept;
  const frames = past.length + 1;
  const length = world.lengths?.find((padded) => padded >= frames) ?? frames;
  return async (x, level, guided) => {
    const batch = x.shape[0];
    const branches = guided && newest ? 2 : 1;
    const inputs = tidy(() => {
      const padding = (shape: number[]) =>
        length > frames ? [zeros([batch, length - frames, ...shape])] : [];
      const twice = <T extends Tensor>(tensor: T): T =>
        branches === 2 ? concat([tensor, tensor]) : tensor.clone();
      const levels = Array.from({ length }, (_, f) =>
        f === frames - 1 ? level : f < frames ? Math.max(historyLevel, 0) : 0,
      );
      return {
        x: twice(concat([...past.map(({ noisy }) => noisy), x, ...padding(x.shape.slice(2))], 1) as Tensor5D),
        level: twice(tensor2d(Array.from({ length: batch }, () => levels))),
        firstFrame: twice(
          world.shownFrame === "previous"
            ? (concat(
                [
                  ...past.map(({ before }) => before as Tensor5D),
                  recent.shown(x),
                  ...padding(x.shape.slice(2)),
                ],
                1,
              ) as Tensor5D)
            : ((past[0]?.clean ?? x.zerosLike()) as Tensor5D),
        ),
        ...(newest && {
          action: twice(
            concat([...windowActions(past, newest), ...padding([newest.shape[1]])], 1) as Tensor3D,
          ),
          actionMask:
            branches === 2
              ? branchMasks(batch, frames, length, nullAction)
              : (ones([batch, length]) as Tensor2D),
        }),
      } satisfies DenoiseInputs;
    });
    const prediction = await world.predict(inputs);
    dispose(inputs as never);
    const [, , height, width, channels] = prediction.shape;
    const newestOf = (row: number) =>
      prediction.slice([row, frames - 1, 0, 0, 0], [batch, 1, height, width, channels]) as Tensor5D;
    const result = { conditional: newestOf(0), ...(branches === 2 && { unconditional: newestOf(batch) }) };
    prediction.dispose();
    return result;
  };
}

/** The action that led to every frame of a window, each [batch, 1, action]; the window's first frame has none. */
function windowActions(past: readonly PastFrame[], newest: Tensor2D): Tensor[] {
  const all = [...past.map(({ action }) => action), newest];
  return all.map((action, f) => (f === 0 || !action ? newest.zerosLike() : action).expandDims(1));
}

/** All actions for the first half of the rows; for the second, all but the newest, or none. */
function branchMasks(batch: number, frames: number, length: number, nullAction: "last" | "all"): Tensor2D {
  const conditional = Array.from({ length }, () => 1);
  const unconditional = conditional.map((_, f) => (nullAction === "all" || f === frames - 1 ? 0 : 1));
  return tensor2d(Array.from({ length: 2 * batch }, (_, row) => (row < batch ? conditional : unconditional)));
}
