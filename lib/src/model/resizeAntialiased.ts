/**
 * The resize that comes before the picture encoder: bicubic with aligned corners, after a Gaussian blur where the picture
 * shrinks. Both are linear and separable, so a resize is one matrix for the rows and one for the columns.
 *
 * @see kornia.geometry.resize 0.6.4 and later, with antialias and align_corners
 */
import { type Tensor4D, tensor2d, tidy } from "@tensorflow/tfjs";
import { requireShape, requireWhole } from "../tensor/check.js";

/** Weights of the blur along one axis that goes from `from` to `to` pixels; they sum to 1. */
export function blurTaps(from: number, to: number): number[] {
  const sigma = Math.max((from / to - 1) / 2, 0.001);
  const rough = Math.trunc(Math.max(4 * sigma, 3));
  const taps = rough % 2 ? rough : rough + 1;
  const values = Array.from({ length: taps }, (_, i) =>
    Math.exp(-((i - (taps - 1) / 2) ** 2) / (2 * sigma ** 2)),
  );
  const sum = values.reduce((total, value) => total + value, 0);
  return values.map((value) => value / sum);
}

/** Cubic convolution with a = -0.75 at a distance of `s` pixels. */
function cubic(s: number): number {
  const a = -0.75;
  if (s <= 1) return (a + 2) * s ** 3 - (a + 3) * s ** 2 + 1;
  return s < 2 ? a * (s ** 3 - 5 * s ** 2 + 8 * s - 4) : 0;
}

/** Row i: how much each of `from` pixels counts in result pixel i of `to`. */
function resizeMatrix(from: number, to: number, blur: boolean): Float32Array {
  const taps = blur ? blurTaps(from, to) : [1];
  const reach = (taps.length - 1) / 2;
  if (reach >= from)
    throw new RangeError(
      `resizeAntialiased: ${from} pixels are too few to be blurred and shrunk to ${to}; at least ${reach + 1} are needed.`,
    );
  // the border is mirrored without repeating its pixel
  const mirror = (index: number) => (index < 0 ? -index : index >= from ? 2 * (from - 1) - index : index);
  const rows = new Float64Array(to * from);
  for (let i = 0; i < to; i++) {
    const position = to === 1 ? 0 : (i * (from - 1)) / (to - 1);
    const floor = Math.floor(position);
    for (let neighbour = floor - 1; neighbour <= floor + 2; neighbour++) {
      const share = cubic(Math.abs(position - neighbour));
      const pixel = Math.min(Math.max(neighbour, 0), from - 1);
      taps.forEach((tap, k) => {
        rows[i * from + mirror(pixel + k - reach)] += share * tap;
      });
    }
  }
  return Float32Array.from(rows);
}

/**
 * Resizes pictures; the aspect ratio is not kept, and overshoot of the cubic is not clipped. A picture of the target size
 * is returned as it is.
 *
 * @param x [image, height, width, channel]
 * @returns [image, ...size, channel]
 * @throws RangeError if the picture is too small for its blur
 */
export function resizeAntialiased(x: Tensor4D, size: readonly [number, number]): Tensor4D {
  requireShape("resizeAntialiased", "x", x, ["image", "height", "width", "channel"]);
  const [images, height, width, channels] = x.shape;
  const [rows, columns] = size;
  requireWhole("resizeAntialiased", "height", rows, 1);
  requireWhole("resizeAntialiased", "width", columns, 1);
  if (rows === height && columns === width) return x.clone();
  const shrinks = rows < height || columns < width;
  return tidy(() => {
    const down = tensor2d(resizeMatrix(height, rows, shrinks), [rows, height]);
    const across = tensor2d(resizeMatrix(width, columns, shrinks), [columns, width]);
    const byColumn = x
      .transpose([0, 3, 1, 2]) // [image, channel, height, width]
      .reshape([images * channels * height, width])
      .matMul(across, false, true)
      .reshape([images, channels, height, columns]);
    return byColumn
      .transpose([0, 1, 3, 2])
      .reshape([images * channels * columns, height])
      .matMul(down, false, true)
      .reshape([images, channels, columns, rows])
      .transpose([0, 3, 2, 1]) as Tensor4D;
  });
}
