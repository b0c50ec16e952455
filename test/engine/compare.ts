import type { Tensor } from "@tensorflow/tfjs";
import { expect } from "vitest";

/**
 * Largest difference of two tensors, relative to the largest finite magnitude in `expected`, or to `least` (0.01 fits
 * inputs of order 1) where that is larger; NaN must meet NaN.
 */
export function relativeError(actual: Tensor, expected: Tensor, least = 0.01): number {
  const a = actual.dataSync();
  const b = expected.dataSync();
  let scale = least;
  let worst = 0;
  for (const value of b) if (Number.isFinite(value)) scale = Math.max(scale, Math.abs(value));
  for (let i = 0; i < b.length; i++) {
    if (Object.is(a[i], b[i]) || a[i] === b[i]) continue;
    const difference = Math.abs(a[i] - b[i]);
    worst = Math.max(worst, Number.isNaN(difference) ? Infinity : difference);
  }
  return worst / scale;
}

/** Same shape, same type, relative error at most 1e-5. */
export function expectClose(actual: Tensor, expected: Tensor, limit = 1e-5): void {
  expect(actual.shape).toEqual(expected.shape);
  expect(actual.dtype).toBe(expected.dtype);
  expect(relativeError(actual, expected)).toBeLessThanOrEqual(limit);
}
