/**
 * The resizes that published evaluations use, each by its own rule: a metric taken after another resize is another
 * metric. All put pixel centres at halves (`align_corners=False`) and repeat nothing at borders. A resize is linear and
 * works on rows and columns apart, so it is one matrix for each.
 */
import { type Tensor5D, tensor2d, tidy } from "@tensorflow/tfjs";
import { requireChoice, requireShape, requireWhole } from "../tensor/check.js";

/**
 * `bilinear`, `bicubic`: torch's `interpolate` without antialias, which skips pixels where it shrinks (FID, FVD and
 * the paper's crops take the bilinear one). `bilinearAntialias`, `bicubicAntialias`: torch's with antialias, Pillow's
 * up to its rounding.
 */
export type ResizeFilter = "bilinear" | "bicubic" | "bilinearAntialias" | "bicubicAntialias";

/** Weights of the pixels from `first` on that make up one pixel of the result; they sum to 1. */
interface Taps {
  readonly first: number;
  readonly weights: readonly number[];
}

const triangle = (distance: number) => Math.max(0, 1 - Math.abs(distance));

/** Cubic convolution (Keys 1981); `a` is −0.75 in torch's plain resize, −0.5 in the antialiased ones. */
function cubic(distance: number, a: number): number {
  const d = Math.abs(distance);
  if (d < 1) return ((a + 2) * d - (a + 3)) * d * d + 1;
  return d < 2 ? a * (((d - 5) * d + 8) * d - 4) : 0;
}

/** The kernel stretched over all pixels that shrink into one, cut at the borders. */
function smoothTaps(from: number, to: number, kernel: (distance: number) => number, radius: number): Taps[] {
  const scale = from / to;
  const stretch = Math.max(scale, 1);
  return Array.from({ length: to }, (_, i) => {
    const centre = scale * (i + 0.5);
    const first = Math.max(0, Math.trunc(centre - radius * stretch + 0.5));
    const end = Math.min(from, Math.trunc(centre + radius * stretch + 0.5));
    const raw = Array.from({ length: end - first }, (_, k) => kernel((k + first - centre + 0.5) / stretch));
    const sum = raw.reduce((total, value) => total + value, 0);
    return { first, weights: raw.map((value) => value / sum) };
  });
}

/** The kernel at its own size around each centre; pixels beyond a border count as the border's. */
function pointTaps(from: number, to: number, kernel: (distance: number) => number, radius: number): Taps[] {
  return Array.from({ length: to }, (_, i) => {
    const exact = (from / to) * (i + 0.5) - 0.5;
    const centre = radius === 1 ? Math.max(0, exact) : exact; // as torch does for bilinear alone
    const base = Math.floor(centre) - radius + 1;
    const weights = new Array<number>(from).fill(0);
    for (let k = base; k < base + 2 * radius; k++)
      weights[Math.min(from - 1, Math.max(0, k))] += kernel(centre - k);
    return { first: 0, weights };
  });
}

/** How each pixel of one axis comes about. */
function tapsOf(filter: ResizeFilter, from: number, to: number): Taps[] {
  if (filter === "bilinear") return pointTaps(from, to, triangle, 1);
  if (filter === "bicubic") return pointTaps(from, to, (d) => cubic(d, -0.75), 2);
  if (filter === "bilinearAntialias") return smoothTaps(from, to, triangle, 1);
  return smoothTaps(from, to, (d) => cubic(d, -0.5), 2);
}

/** [to, from] as rows of float32. */
function matrixOf(filter: ResizeFilter, from: number, to: number): Float32Array {
  const matrix = new Float32Array(to * from);
  for (const [i, { first, weights }] of tapsOf(filter, from, to).entries())
    matrix.set(weights, i * from + first);
  return matrix;
}

/**
 * Resizes every frame; the aspect ratio is not kept, and what a cubic overshoots is not clipped.
 *
 * @param video [batch, frame, height, width, channel]
 * @param size [height, width]
 * @returns [batch, frame, ...size, channel]
 */
export function resizeFrames(
  video: Tensor5D,
  size: readonly [number, number],
  filter: ResizeFilter,
): Tensor5D {
  requireShape("resizeFrames", "video", video, ["batch", "frame", "height", "width", "channel"]);
  requireChoice("resizeFrames", "filter", filter, [
    "bilinear",
    "bicubic",
    "bilinearAntialias",
    "bicubicAntialias",
  ]);
  const [batch, frames, height, width, channels] = video.shape;
  const [toHeight, toWidth] = size;
  for (const side of size) requireWhole("resizeFrames", "each side in size", side, 1);
  if (toHeight === height && toWidth === width) return video.clone();
  return tidy(() => {
    const rows = tensor2d(matrixOf(filter, height, toHeight), [toHeight, height]);
    const columns = tensor2d(matrixOf(filter, width, toWidth), [toWidth, width]);
    const lines = batch * frames * channels;
    return video
      .transpose([0, 1, 4, 2, 3])
      .reshape([lines * height, width])
      .matMul(columns, false, true) // [line × height, toWidth]
      .reshape([lines, height, toWidth])
      .transpose([0, 2, 1])
      .reshape([lines * toWidth, height])
      .matMul(rows, false, true) // [line × toWidth, toHeight]
      .reshape([batch, frames, channels, toWidth, toHeight])
      .transpose([0, 1, 4, 3, 2]) as Tensor5D;
  });
}

/** Digits after the point of Pillow's weights, in bits. */
const pillowBits = 22;

/**
 * Resizes 8-bit images to the very bytes of Pillow's `Image.resize`: antialiased, weights in fixed point, columns first,
 * each pass rounded to 8 bits. DreamSim prepares its input this way.
 *
 * @param bytes [height, width, channel] in row-major order
 * @param shape of `bytes`
 * @param size [height, width]
 * @returns [...size, channel]
 */
export function pillowResize(
  bytes: Uint8Array,
  shape: readonly [number, number, number],
  size: readonly [number, number],
  filter: "bilinear" | "bicubic",
): Uint8Array {
  requireChoice("pillowResize", "filter", filter, ["bilinear", "bicubic"]);
  const [height, width, channels] = shape;
  if (bytes.length !== height * width * channels)
    throw new RangeError(`pillowResize: bytes has ${bytes.length} values; expected [${shape}].`);
  for (const side of size) requireWhole("pillowResize", "each side in size", side, 1);
  const [toHeight, toWidth] = size;
  const kind = filter === "bilinear" ? "bilinearAntialias" : "bicubicAntialias";
  const wide = toWidth === width ? bytes : pillowPass(bytes, height, width, toWidth, channels, kind);
  return toHeight === height ? wide : pillowPass(wide, 1, height, toHeight, toWidth * channels, kind);
}

/** Resizes the middle axis of [outer, from, inner]. */
function pillowPass(
  bytes: Uint8Array,
  outer: number,
  from: number,
  to: number,
  inner: number,
  filter: ResizeFilter,
): Uint8Array {
  const taps = tapsOf(filter, from, to).map(({ first, weights }) => ({
    first,
    weights: weights.map((value) => Math.trunc(value * 2 ** pillowBits + (value < 0 ? -0.5 : 0.5))),
  }));
  const result = new Uint8ClampedArray(outer * to * inner);
  for (let o = 0; o < outer; o++)
    for (let i = 0; i < to; i++)
      for (let c = 0; c < inner; c++) {
        const { first, weights } = taps[i];
        let sum = 2 ** (pillowBits - 1);
        for (let k = 0; k < weights.length; k++)
          sum += weights[k] * bytes[(o * from + first + k) * inner + c];
        result[(o * to + i) * inner + c] = sum >> pillowBits;
      }
  return new Uint8Array(result.buffer);
}
