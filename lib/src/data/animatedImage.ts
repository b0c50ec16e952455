/** GIF and WebP, animated or not, through sharp. */
import sharp from "sharp";
import type { FrameSpan, RgbFrame, VideoDecoder, VideoEncoder } from "./codec.js";

async function* frames(path: string, { start, count, stride }: FrameSpan): AsyncGenerator<RgbFrame> {
  const { pages = 1 } = await sharp(path).metadata();
  for (let page = start, taken = 0; page < pages && taken < count; page += stride, taken++) {
    const { data, info } = await sharp(path, { page })
      .toColourspace("srgb")
      .removeAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true });
    yield { width: info.width, height: info.height, rgb: new Uint8Array(data) };
  }
}

export const imageDecoder: VideoDecoder = {
  frames,
  async info(path) {
    const { width, height, pageHeight, delay, format } = await sharp(path).metadata();
    const total = (delay ?? []).reduce((sum, milliseconds) => sum + milliseconds, 0);
    return {
      width: width ?? 0,
      height: pageHeight ?? height ?? 0,
      fps: total > 0 ? (1000 * delay!.length) / total : 0,
      codec: format ?? "image",
      decoder: "sharp",
    };
  },
};

export const gifEncoder: VideoEncoder = async (path, _format, frames, fps) => {
  const [{ width, height }] = frames;
  const pages = Buffer.concat(frames.map(({ rgb }) => rgb));
  await sharp(pages, {
    raw: { width, height: height * frames.length, channels: 3, pageHeight: height },
    limitInputPixels: false,
  })
    .gif({ delay: frames.map(() => Math.round(1000 / fps)), loop: 0, keepDuplicateFrames: true })
    .toFile(path);
};
