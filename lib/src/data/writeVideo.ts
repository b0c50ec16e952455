/** Tensors as video files: H.264 mp4, VP8 webm, or gif, by the file's extension. */
import { mkdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, extname, join } from "node:path";
import type { Tensor4D } from "@tensorflow/tfjs";
import { requireRange, requireShape } from "../tensor/check.js";
import { gifEncoder } from "./animatedImage.js";
import { type RgbFrame, type VideoEncoder, VideoFileError, type VideoFormat } from "./codec.js";
import { ffmpegEncoder } from "./ffmpeg.js";
import { webcodecsEncoder } from "./webcodecs.js";

export interface WriteVideoOptions {
  /** Frames per second. */
  readonly fps: number;
  /** Replace a file that is there already; without it that is an error. */
  readonly overwrite?: boolean;
}

const encoders: Record<VideoFormat, readonly VideoEncoder[]> = {
  mp4: [webcodecsEncoder, ffmpegEncoder],
  webm: [webcodecsEncoder, ffmpegEncoder],
  gif: [gifEncoder],
};

/**
 * Writes a video file; the extension chooses mp4 (H.264), webm (VP8) or gif. The file appears when it is complete.
 *
 * mp4 and webm store 4:2:0 colour with loss, gif 256 colours: take metrics from the tensor, not from the file.
 *
 * @param video [frame, height, width, 3], values in [0, 1]; values outside are clipped
 * @throws VideoFileError if the file exists (see `overwrite`), or nothing here can encode it
 * @throws RangeError if mp4 or webm is asked for with an odd width or height, or the video holds NaN
 */
export async function writeVideo(path: string, video: Tensor4D, options: WriteVideoOptions): Promise<void> {
  const format = extname(path).slice(1).toLowerCase() as VideoFormat;
  if (!(format in encoders))
    throw new RangeError(`writeVideo: ${path} has no known extension; expected .mp4, .webm or .gif.`);
  requireRange("writeVideo", "fps", options.fps, 0.01, 1000);
  const exists = await stat(path).catch(() => undefined);
  if (exists?.isDirectory())
    throw new VideoFileError(`writeVideo: ${path} is a folder; expected a file name.`);
  if (exists && !options.overwrite)
    throw new VideoFileError(`writeVideo: ${path} exists; pass { overwrite: true } to replace it.`);
  const frames = await toFrames("writeVideo", video);
  await mkdir(dirname(path), { recursive: true });
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.${format}`);
  try {
    await encodeFrames("writeVideo", temporary, format, frames, options.fps);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Encodes frames to a file with the first encoder that works here. */
export async function encodeFrames(
  caller: string,
  path: string,
  format: VideoFormat,
  frames: readonly RgbFrame[],
  fps: number,
): Promise<void> {
  const [{ width, height }] = frames;
  if (format !== "gif" && (width % 2 || height % 2))
    throw new RangeError(
      `${caller}: frames are ${height}×${width}; ${format} stores even sizes only. Pad or resize them, or write gif.`,
    );
  const causes: string[] = [];
  for (const encoder of encoders[format]) {
    try {
      return await encoder(path, format, frames, fps);
    } catch (error) {
      causes.push((error as Error).message);
    }
  }
  throw new VideoFileError(`${caller}: ${format} cannot be written here: ${causes.join("; ")}.`);
}

/** 8-bit frames of a video tensor [frame, height, width, 3] in [0, 1]: clipped, and rounded to the nearest level. */
export async function toFrames(caller: string, video: Tensor4D): Promise<RgbFrame[]> {
  requireShape(caller, "video", video, ["frame", "height", "width", 3]);
  const [count, height, width] = video.shape;
  if (count * height * width === 0)
    throw new RangeError(`${caller}: video is [${video.shape}]; expected at least one frame and one pixel.`);
  const values = await video.data();
  const frames: RgbFrame[] = [];
  for (let frame = 0; frame < count; frame++) {
    const rgb = new Uint8ClampedArray(height * width * 3);
    for (let i = 0, from = frame * rgb.length; i < rgb.length; i++, from++) {
      if (Number.isNaN(values[from])) throw new RangeError(`${caller}: video holds NaN in frame ${frame}.`);
      rgb[i] = values[from] * 255; // the clamped array rounds and clips
    }
    frames.push({ width, height, rgb: new Uint8Array(rgb.buffer) });
  }
  return frames;
}
