/** Finds out what a video file is and which decoder reads it; says in one sentence what is wrong where none does. */
import { open } from "node:fs/promises";
import { imageDecoder } from "./animatedImage.js";
import { CannotDecode, type VideoDecoder, VideoFileError, type VideoInfo } from "./codec.js";
import { missingBytes, sniffContainer } from "./container.js";
import { ffmpegDecoder } from "./ffmpeg.js";
import { webcodecsDecoder } from "./webcodecs.js";

const kinds = "expected a video file (mp4, webm or gif)";

/** Decoders to try for a file, in order. Throws a VideoFileError for what is no whole video file. */
async function decodersFor(caller: string, path: string): Promise<readonly VideoDecoder[]> {
  const fail = (cause: string) => new VideoFileError(`${caller}: ${path} ${cause}`);
  const file = await open(path, "r").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") throw fail(`does not exist; ${kinds}.`);
    throw fail(`cannot be opened (${error.code}); ${kinds}.`);
  });
  try {
    const status = await file.stat();
    if (status.isDirectory()) throw fail(`is a folder; ${kinds}.`);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(512), 0, 512, 0);
    const container = sniffContainer(buffer.subarray(0, bytesRead));
    if (container === "empty") throw fail(`is empty; ${kinds}.`);
    if (container === "text") throw fail(`is a text file; ${kinds}.`);
    const missing = await missingBytes(file, status.size, container);
    if (missing > 0) throw fail(`is cut short: its end is missing; copy or download the file again.`);
    return container === "gif" || container === "webp" ? [imageDecoder] : [webcodecsDecoder, ffmpegDecoder];
  } finally {
    await file.close();
  }
}

/**
 * Runs `task` with the first decoder that can read the file.
 * @throws VideoFileError with the file's name and the cause
 */
export async function withDecoder<T>(
  caller: string,
  path: string,
  task: (decoder: VideoDecoder) => Promise<T>,
): Promise<T> {
  const causes: string[] = [];
  for (const decoder of await decodersFor(caller, path)) {
    try {
      return await task(decoder);
    } catch (error) {
      if (error instanceof VideoFileError || error instanceof RangeError) throw error;
      causes.push((error as Error).message);
      if (!(error instanceof CannotDecode)) break;
    }
  }
  const reason = causes.join("; ");
  const wayOut = reason.includes("no ffmpeg was found")
    ? "; install ffmpeg, or convert the file to H.264 mp4"
    : "";
  throw new VideoFileError(`${caller}: ${path} cannot be read as video: ${reason}${wayOut}.`);
}

/**
 * Size, frame rate and codec of a video file, and the decoder that reads it here.
 *
 * @throws VideoFileError if the file is missing, cut short, or no video
 */
export function videoInfo(path: string): Promise<VideoInfo> {
  return withDecoder("videoInfo", path, (decoder) => decoder.info(path));
}
