/** Rows of frames under each other, with words at the left and above, as one PNG. */
import sharp from "sharp";
import type { RgbFrame } from "../data/codec.js";
import { escapeHtml } from "./html.js";
import { drawSvg, type Picture } from "./staticPicture.js";
import { tile } from "./tiles.js";

export interface Strip {
  readonly label: string;
  readonly frames: readonly RgbFrame[];
}

const gap = 3;
const fontSize = 12;

/** Draws strips of one frame size; `headings` stand above the columns. */
export async function drawFilmstrip(
  strips: readonly Strip[],
  headings: readonly string[],
  scale: number,
): Promise<Picture> {
  const { width, height } = strips[0].frames[0];
  const picture = tile(
    strips.map(({ frames }) => frames),
    { scale, gap, ground: 255 },
  );
  const png = await sharp(picture.rgb, { raw: { width: picture.width, height: picture.height, channels: 3 } })
    .png()
    .toBuffer();
  const longest = Math.max(...strips.map(({ label }) => label.length));
  const left = longest ? Math.ceil(longest * fontSize * 0.62) + 12 : 0;
  const top = fontSize + 8;
  const words = [
    ...strips.map(({ label }, row) =>
      text(left - 10, top + row * (height * scale + gap) + (height * scale) / 2 + 4, "end", label, "#1f2430"),
    ),
    ...headings.map((heading, column) =>
      text(
        left + column * (width * scale + gap) + (width * scale) / 2,
        fontSize,
        "middle",
        heading,
        "#5b6270",
      ),
    ),
  ];
  return drawSvg(
    `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" ` +
      `width="${left + picture.width}" height="${top + picture.height}">` +
      `<rect width="100%" height="100%" fill="white"/>` +
      `<image x="${left}" y="${top}" width="${picture.width}" height="${picture.height}" ` +
      `style="image-rendering:pixelated" xlink:href="data:image/png;base64,${png.toString("base64")}"/>` +
      `${words.join("")}</svg>`,
  );
}

function text(x: number, y: number, anchor: string, words: string, colour: string): string {
  return (
    `<text x="${x}" y="${y}" text-anchor="${anchor}" fill="${colour}" font-size="${fontSize}" ` +
    `font-family="DejaVu Sans, sans-serif">${escapeHtml(words)}</text>`
  );
}
