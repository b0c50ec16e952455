/**
 * What worlds draw on: colour and depth of several samples per pixel, averaged at the end so that edges are smooth.
 * Samples lie column by column, since most drawing walks along columns.
 */
import { requireWhole } from "../../tensor/check.js";

export interface Canvas {
  /** Pixels per side of the picture. */
  readonly size: number;
  /** Samples per side: `size` times the samples per pixel's side. */
  readonly side: number;
  /** [column, row, 3], red, green, blue in 0 to 255; more is allowed and is cut at the end. */
  readonly colour: Float32Array;
  /** [column, row], distance along the view direction in metres. */
  readonly depth: Float32Array;
}

const samplesPerSide = 2; // four samples per pixel

/** An empty canvas for a picture of `size` × `size` pixels. */
export function createCanvas(caller: string, size: number): Canvas {
  requireWhole(caller, "size", size, 8, 1024);
  const side = size * samplesPerSide;
  return {
    size,
    side,
    colour: new Float32Array(side * side * 3),
    depth: new Float32Array(side * side),
  };
}

/** The picture [size, size, 3], 8-bit: the mean of each pixel's four samples. */
export function resolvePicture({ size, side, colour }: Canvas): Uint8Array {
  const picture = new Uint8Array(size * size * 3);
  for (let x = 0; x < size; x++)
    for (let y = 0; y < size; y++) {
      const left = (2 * x * side + 2 * y) * 3;
      const right = left + side * 3;
      const to = (y * size + x) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const a = colour[left + channel];
        const b = colour[left + 3 + channel];
        const c = colour[right + channel];
        const d = colour[right + 3 + channel];
        const sum = (a < 255 ? a : 255) + (b < 255 ? b : 255) + (c < 255 ? c : 255) + (d < 255 ? d : 255);
        picture[to + channel] = sum > 0 ? sum * 0.25 + 0.5 : 0;
      }
    }
  return picture;
}
