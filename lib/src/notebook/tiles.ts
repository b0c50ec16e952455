/** Frames set side by side as one picture, each enlarged by a whole factor so that pixels stay square and sharp. */
import type { RgbFrame } from "../data/codec.js";

export interface TileLayout {
  /** Factor by which each frame is enlarged. */
  readonly scale: number;
  /** Pixels between neighbours. */
  readonly gap: number;
  /** Brightness of the gap, 0 to 255. */
  readonly ground: number;
}

/** Rows of frames of one size; short rows are filled with ground. Width and height come out even. */
export function tile(rows: readonly (readonly RgbFrame[])[], { scale, gap, ground }: TileLayout): RgbFrame {
  const { width, height } = rows[0][0];
  const columns = Math.max(...rows.map((row) => row.length));
  const even = (size: number) => size + (size % 2);
  const wide = even(columns * width * scale + (columns - 1) * gap);
  const high = even(rows.length * height * scale + (rows.length - 1) * gap);
  const rgb = new Uint8Array(wide * high * 3).fill(ground);
  for (const [row, frames] of rows.entries())
    for (const [column, frame] of frames.entries()) {
      const left = column * (width * scale + gap);
      const top = row * (height * scale + gap);
      for (let y = 0; y < height * scale; y++) {
        const from = Math.floor(y / scale) * width;
        let to = 3 * ((top + y) * wide + left);
        for (let x = 0; x < width * scale; x++) {
          const pixel = 3 * (from + Math.floor(x / scale));
          rgb[to++] = frame.rgb[pixel];
          rgb[to++] = frame.rgb[pixel + 1];
          rgb[to++] = frame.rgb[pixel + 2];
        }
      }
    }
  return { width: wide, height: high, rgb };
}
