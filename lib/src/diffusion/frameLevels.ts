/**
 * Per-frame noise levels as tensors. A level tensor [batch, frame] is looked up in float32 tables by public ops, so
 * that one traced graph serves every level.
 */
import { gather, type Tensor, type Tensor2D, type Tensor5D, tensor1d, tidy } from "@tensorflow/tfjs";
import { alphaAt, cleanLevel, type Schedule } from "../schedule/schedule.js";
import { requireShape } from "../tensor/check.js";

/** What a frame at some level is made of: signal · (scale · clean frame) + noise · ε. */
export interface FrameCoefficients {
  /** √ᾱ, [batch, frame, 1, 1, 1]. */
  readonly signal: Tensor5D;
  /** √(1 − ᾱ), same shape. */
  readonly noise: Tensor5D;
  /** Dynamic-rescale factor, same shape. */
  readonly scale: Tensor5D;
}

/**
 * The coefficients of every frame, ready to multiply [batch, frame, height, width, channel].
 *
 * @param level [batch, frame], whole numbers from −1 (`cleanLevel`) to levels − 1, int32 or float32
 * @throws RangeError if `level` is not a matrix. Values outside the range are not checked: they may not be known yet
 * when a graph is traced.
 */
export function frameCoefficients(schedule: Schedule, level: Tensor2D): FrameCoefficients {
  requireShape("frameCoefficients", "level", level, ["batch", "frame"]);
  const [batch, frames] = level.shape;
  return tidy(() => {
    const row = level.cast("float32").sub(cleanLevel).cast("int32").reshape([-1]); // cleanLevel is row 0
    const look = (values: Float32Array) =>
      gather(tensor1d(values), row).reshape([batch, frames, 1, 1, 1]) as Tensor5D;
    const tables = levelTables(schedule);
    return { signal: look(tables.signal), noise: look(tables.noise), scale: look(tables.scale) };
  });
}

const known = new WeakMap<Schedule, Record<keyof FrameCoefficients, Float32Array>>();

/** Tables with one row per level from `cleanLevel` up; float32 roundings of exact values. */
function levelTables(schedule: Schedule): Record<keyof FrameCoefficients, Float32Array> {
  const made = known.get(schedule);
  if (made) return made;
  const levels = Array.from({ length: schedule.config.levels + 1 }, (_, row) => row + cleanLevel);
  const tables = {
    signal: Float32Array.from(levels, (level) => Math.sqrt(alphaAt(schedule, level))),
    noise: Float32Array.from(levels, (level) => Math.sqrt(1 - alphaAt(schedule, level))),
    scale: Float32Array.from(levels, (level) => schedule.scale[Math.max(level, 0)]),
  };
  known.set(schedule, tables);
  return tables;
}

/** Throws a RangeError unless `video` is five-dimensional and `level` has its batch and frames. */
export function requireLevels(caller: string, name: string, video: Tensor, level: Tensor): void {
  requireShape(caller, name, video, ["batch", "frame", "height", "width", "channel"]);
  requireShape(caller, "level", level, video.shape.slice(0, 2));
}
