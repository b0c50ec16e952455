/**
 * From the brightness and colour planes that video codecs store to RGB, and back.
 *
 * The way to RGB repeats, bit for bit, what ffmpeg does on x86 for 8-bit 4:2:0 video when asked for rgb24 (16-bit
 * fixed-point products, each cut to its high half, and the nearest colour sample), so a frame decoded here has the
 * bytes of one decoded by ffmpeg. Files without colour tags are read as BT.601 in limited range (brightness 16 to 235),
 * as ffmpeg does.
 */
import type { RgbFrame } from "./codec.js";

/** How the planes lie in memory: I420, I422 and I444 as three planes, NV12 with U and V interleaved. */
export type PlaneFormat = "I420" | "I422" | "I444" | "NV12";

export interface YuvFrame {
  readonly width: number;
  readonly height: number;
  readonly format: PlaneFormat;
  /** Y plane, then U and V, without padding; odd sizes round the colour planes up. */
  readonly planes: Uint8Array;
}

/** Weights of red and blue in brightness, by the name of the matrix in WebCodecs. */
const brightnessWeights: Record<string, readonly [number, number]> = {
  smpte170m: [0.299, 0.114],
  bt470bg: [0.299, 0.114],
  bt709: [0.2126, 0.0722],
  "bt2020-ncl": [0.2627, 0.0593],
};

/** How many times smaller the colour planes are (as shifts), and the number of their columns and rows. */
function colourGrid(width: number, height: number, format: PlaneFormat) {
  const shiftX = format === "I444" ? 0 : 1;
  const shiftY = format === "I444" || format === "I422" ? 0 : 1;
  return { shiftX, shiftY, columns: (width + shiftX) >> shiftX, rows: (height + shiftY) >> shiftY };
}

/** Bytes that the planes of a frame take. */
export function planeBytes(width: number, height: number, format: PlaneFormat): number {
  const { columns, rows } = colourGrid(width, height, format);
  return width * height + 2 * columns * rows;
}

/** 8-bit RGB of a frame; `matrix` is a WebCodecs name (BT.601 where it is missing or unknown). */
export function yuvToRgb(frame: YuvFrame, matrix?: string | null, fullRange = false): RgbFrame {
  const { width, height, format, planes } = frame;
  const [red, blue] = brightnessWeights[matrix ?? "smpte170m"] ?? brightnessWeights.smpte170m;
  const green = 1 - red - blue;
  const spread = fullRange ? 1 : 255 / 224;
  const fixed = (factor: number) => Math.round(Math.round(factor * 65536) / 8); // times 2^13, rounded as ffmpeg rounds
  const ofY = fullRange ? 8192 : Math.round(Math.floor((65536 * 255) / 219) / 8);
  const vToRed = fixed(2 * (1 - red) * spread);
  const uToBlue = fixed(2 * (1 - blue) * spread);
  const uToGreen = fixed((-2 * (1 - blue) * blue * spread) / green);
  const vToGreen = fixed((-2 * (1 - red) * red * spread) / green);
  const black = fullRange ? 0 : 16;

  const { shiftX, shiftY, columns, rows } = colourGrid(width, height, format);
  const step = format === "NV12" ? 2 : 1;
  const uStart = width * height;
  const vStart = uStart + (format === "NV12" ? 1 : columns * rows);
  const rgb = new Uint8ClampedArray(width * height * 3);
  let out = 0;
  for (let y = 0; y < height; y++) {
    const row = (y >> shiftY) * columns * step;
    for (let x = 0; x < width; x++) {
      const colour = row + (x >> shiftX) * step;
      const bright = ((planes[y * width + x] - black) * 8 * ofY) >> 16;
      const u = (planes[uStart + colour] - 128) * 8;
      const v = (planes[vStart + colour] - 128) * 8;
      rgb[out++] = bright + ((v * vToRed) >> 16);
      rgb[out++] = bright + ((u * uToGreen) >> 16) + ((v * vToGreen) >> 16);
      rgb[out++] = bright + ((u * uToBlue) >> 16);
    }
  }
  return { width, height, rgb: new Uint8Array(rgb.buffer) };
}

/** I420 planes (BT.601, limited range) of an RGB frame; each colour sample is the mean over its four pixels. */
export function rgbToI420({ width, height, rgb }: RgbFrame): Uint8Array {
  const columns = (width + 1) >> 1;
  const rows = (height + 1) >> 1;
  const planes = new Uint8ClampedArray(planeBytes(width, height, "I420"));
  const [red, blue] = brightnessWeights.smpte170m;
  for (let i = 0; i < width * height; i++) {
    const bright = red * rgb[3 * i] + (1 - red - blue) * rgb[3 * i + 1] + blue * rgb[3 * i + 2];
    planes[i] = 16 + (219 / 255) * bright; // the clamped array rounds
  }
  const uStart = width * height;
  const vStart = uStart + columns * rows;
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++) {
      const sum = [0, 0, 0];
      for (const y of [2 * row, Math.min(2 * row + 1, height - 1)])
        for (const x of [2 * column, Math.min(2 * column + 1, width - 1)])
          for (let c = 0; c < 3; c++) sum[c] += rgb[3 * (y * width + x) + c] / 4;
      const bright = red * sum[0] + (1 - red - blue) * sum[1] + blue * sum[2];
      planes[uStart + row * columns + column] = 128 + (112 / 255) * ((sum[2] - bright) / (1 - blue));
      planes[vStart + row * columns + column] = 128 + (112 / 255) * ((sum[0] - bright) / (1 - red));
    }
  return new Uint8Array(planes.buffer);
}
