/** Checks on the frames that metrics are given. */
import type { Tensor, Tensor5D } from "@tensorflow/tfjs";
import { activeRecorder } from "../engine/recordingBackend.js";
import { requireSameShape, requireShape } from "../tensor/check.js";

/** How far beyond its range a value may lie: what resizing and rounding add. */
const slack = 1e-4;

/** Throws a RangeError unless both are videos of one shape, with values in [0, 1]. */
export function requireVideos(caller: string, truth: Tensor5D, guess: Tensor5D): void {
  requireSameVideos(caller, truth, guess);
  requireUnitRange(caller, "truth", truth);
  requireUnitRange(caller, "guess", guess);
}

/** Throws a RangeError unless both are videos of one shape, [batch, frame, height, width, channel]. */
export function requireSameVideos(caller: string, truth: Tensor5D, guess: Tensor5D): void {
  requireShape(caller, "truth", truth, ["batch", "frame", "height", "width", "channel"]);
  requireSameShape(caller, { truth, guess });
}

/** Throws a RangeError unless all values lie in [0, 1]. In a function that is being compiled there are none to read. */
export function requireUnitRange(caller: string, name: string, video: Tensor): void {
  requireValues(
    caller,
    name,
    video,
    -slack,
    1 + slack,
    "values in [0, 1]; clip them, or divide bytes by 255",
  );
}

/** Throws a RangeError unless all values are finite. In a function that is being compiled there are none to read. */
export function requireFinite(caller: string, name: string, tensor: Tensor): void {
  requireValues(caller, name, tensor, -Number.MAX_VALUE, Number.MAX_VALUE, "finite numbers");
}

function requireValues(
  caller: string,
  name: string,
  tensor: Tensor,
  low: number,
  high: number,
  expected: string,
): void {
  if (activeRecorder()) return;
  const bad = tensor.dataSync().find((value) => !(value >= low && value <= high)); // NaN is neither
  if (bad !== undefined) throw new RangeError(`${caller}: ${name} holds ${bad}; expected ${expected}.`);
}
