/** Video files as tensors: [frame, height, width, 3], red, green, blue, values in [0, 1]. */
import { type Tensor4D, tensor4d } from "@tensorflow/tfjs";
import sharp from "sharp";
import { requireWhole } from "../tensor/check.js";
import { type FrameSpan, type RgbFrame, VideoFileError } from "./codec.js";
import { withDecoder } from "./openVideo.js";

/** Which frames to read. */
export interface VideoSpan {
  /** First frame, 0 unless given. */
  readonly start?: number;
  /** Frames to read, all unless given. */
  readonly count?: number;
  /** Distance from one to the next, 1 unless given. */
  readonly stride?: number;
  /** Fewest frames to be content with where the file is short: `count` unless given, or 1 without that. */
  readonly atLeast?: number;
}

export interface ReadVideoOptions {
  /** The first so many frames, or a span; all frames if left out. */
  readonly frames?: number | VideoSpan;
  /** [height, width] to resize each frame to, with antialiasing (Lanczos, 3 lobes); aspect ratio is not kept. */
  readonly size?: readonly [number, number];
}

/** Most values one call returns: 2 GiB as float32. */
const mostValues = 2 ** 29;

/**
 * Reads a video file (mp4, webm, mov, mkv, gif, webp; anything else that an `ffmpeg` on PATH reads).
 *
 * Colours follow the file's tags; files without tags count as BT.601 in limited range, as in ffmpeg, and the bytes of
 * 8-bit 4:2:0 files are those of ffmpeg's rgb24. Decoding stops after the last frame asked for.
 *
 * @returns [frame, height, width, 3], float32 in [0, 1]
 * @throws VideoFileError if the file is missing, cut short or no video, or has fewer frames than asked for
 * @throws RangeError if the frames would not fit in 2 GiB
 */
export async function readVideo(path: string, options: ReadVideoOptions = {}): Promise<Tensor4D> {
  const given = typeof options.frames === "number" ? { count: options.frames } : (options.frames ?? {});
  const span = frameSpan(given);
  const { size } = options;
  for (const side of size ?? []) requireWhole("readVideo", "each side in size", side, 1);
  const frames = await withDecoder("readVideo", path, async (decoder) => {
    const taken: RgbFrame[] = [];
    for await (const decoded of decoder.frames(path, span)) {
      const frame = size ? await resize(decoded, size) : decoded;
      taken.push(frame);
      if (frame.width !== taken[0].width || frame.height !== taken[0].height)
        throw new VideoFileError(
          `readVideo: ${path} changes its size at frame ${taken.length - 1}, from ` +
            `${taken[0].height}×${taken[0].width} to ${frame.height}×${frame.width}; give \`size\`.`,
        );
      if (taken.length * frame.rgb.length > mostValues)
        throw new RangeError(
          `readVideo: ${path} at ${frame.height}×${frame.width} fills 2 GiB after ${taken.length} frames; ` +
            "give `frames` or a smaller `size`.",
        );
    }
    return taken;
  });
  checkCount(path, span, given.atLeast, frames.length);
  const [{ width, height }] = frames;
  const values = new Float32Array(frames.length * height * width * 3);
  frames.forEach(({ rgb }, index) => {
    const offset = index * rgb.length;
    for (let i = 0; i < rgb.length; i++) values[offset + i] = rgb[i] / 255;
  });
  return tensor4d(values, [frames.length, height, width, 3]);
}

function frameSpan({ start = 0, count = Infinity, stride = 1, atLeast = 1 }: VideoSpan): FrameSpan {
  requireWhole("readVideo", "frames.start", start, 0);
  requireWhole("readVideo", "frames.stride", stride, 1);
  if (count !== Infinity) requireWhole("readVideo", "frames.count", count, 1);
  requireWhole("readVideo", "frames.atLeast", atLeast, 1, count);
  return { start, count, stride };
}

function checkCount(
  path: string,
  { start, count, stride }: FrameSpan,
  atLeast: number | undefined,
  got: number,
): void {
  const needed = atLeast ?? (count === Infinity ? 1 : count);
  if (got >= needed) return;
  if (got === 0 && start === 0) throw new VideoFileError(`readVideo: ${path} has no frames.`);
  const from = start > 0 ? ` from frame ${start}` : "";
  const apart = stride > 1 ? `, ${stride} apart` : "";
  const asked = needed === count ? String(count) : `at least ${needed}`;
  throw new VideoFileError(
    `readVideo: ${path} has ${got} frame${got === 1 ? "" : "s"}${from}${apart}; \`frames\` asks for ${asked}.`,
  );
}

async function resize({ width, height, rgb }: RgbFrame, [toHeight, toWidth]: readonly [number, number]) {
  if (width === toWidth && height === toHeight) return { width, height, rgb };
  const data = await sharp(rgb, { raw: { width, height, channels: 3 } })
    .resize(toWidth, toHeight, { fit: "fill", kernel: "lanczos3" })
    .raw()
    .toBuffer();
  return { width: toWidth, height: toHeight, rgb: new Uint8Array(data) };
}
