/**
 * The few words that every way of reading and writing video files shares: frames are 8-bit RGB, rows from the top,
 * and a decoder hands them over one by one, so that nothing holds a whole file in memory.
 */

/** One picture: 3 bytes (red, green, blue) for each pixel, row after row. */
export interface RgbFrame {
  readonly width: number;
  readonly height: number;
  readonly rgb: Uint8Array;
}

/** What a video file says about itself, and which decoder reads it here. */
export interface VideoInfo {
  readonly width: number;
  readonly height: number;
  /** Mean number of frames per second; 0 where the file does not say. */
  readonly fps: number;
  /** Short name of the codec, such as "avc", "vp9", "mpeg4" or "gif". */
  readonly codec: string;
  readonly decoder: "webcodecs" | "ffmpeg" | "sharp";
}

/** Which frames to take: `count` of them (all, if Infinity), `stride` apart, from frame `start`. */
export interface FrameSpan {
  readonly start: number;
  readonly count: number;
  readonly stride: number;
}

/** One way to read video files. Both functions throw `CannotDecode` for a file that another decoder might read. */
export interface VideoDecoder {
  info(path: string): Promise<VideoInfo>;
  frames(path: string, span: FrameSpan): AsyncGenerator<RgbFrame>;
}

/** One way to write video files. */
export type VideoEncoder = (
  path: string,
  format: VideoFormat,
  frames: readonly RgbFrame[],
  fps: number,
) => Promise<void>;

export type VideoFormat = "mp4" | "webm" | "gif";

/** A file that could not be read or written as video. The message names the function, the file and the cause. */
export class VideoFileError extends Error {
  override readonly name = "VideoFileError";
}

/** Thrown by one decoder or encoder to let the next one try; the message is the cause, without the file's name. */
export class CannotDecode extends Error {
  override readonly name = "CannotDecode";
}
