/**
 * A folder of video files, for people's own recordings. Actions lie beside each video under its name: `.npz` with an array
 * `actions` [frame, number], or `.json` with `actions` as a list of lists and whatever else is known of the episode. One
 * row per frame; the last may be missing. Videos without either are episodes without actions.
 */
import { readFile, stat, writeFile } from "node:fs/promises";
import type { RgbFrame } from "./codec.js";
import { type Episode, EpisodeFileError, frameRange } from "./episode.js";
import type { EpisodeSource } from "./episodeSource.js";
import { readNpz } from "./npz.js";
import { videoInfo, withDecoder } from "./openVideo.js";
import { encodeFrames } from "./writeVideo.js";

export const videoExtensions = ["mp4", "webm", "mov", "mkv", "m4v", "avi", "gif", "webp"];

export function videoSource(name: string, file: string): EpisodeSource {
  return { name, file, open: () => openVideoEpisode(name, file) };
}

interface Annotation {
  actionSize: number;
  actions?: Float32Array;
  metadata: Record<string, unknown>;
}

async function openVideoEpisode(name: string, file: string): Promise<Episode> {
  const fault = (reason: string) => new EpisodeFileError(file, name, reason);
  const decoding = async <T>(task: () => Promise<T>) =>
    task().catch((error: Error) => {
      throw error instanceof RangeError || error instanceof EpisodeFileError
        ? error
        : fault(`cannot be decoded: ${error.message}`);
    });
  let frameCount = 0; // containers say how many frames they hold, but not reliably
  const [{ width, height, fps }] = await decoding(() =>
    Promise.all([videoInfo(file), eachFrame(file, 0, Infinity, () => void frameCount++)]),
  );
  const annotation = await readAnnotation(file, frameCount, fault);
  const episode = { name, frameCount };
  return {
    ...episode,
    height,
    width,
    fps,
    ...annotation,
    frames: async (from, length) => {
      const { start, count } = frameRange(episode, from, length);
      const size = height * width * 3;
      const frames = new Uint8Array(count * size);
      let taken = 0;
      if (count > 0)
        await decoding(() =>
          eachFrame(file, start, count, (frame) => {
            if (frame.width !== width || frame.height !== height)
              throw fault(`changes its size at frame ${start + taken}`);
            frames.set(frame.rgb, size * taken++);
          }),
        );
      if (taken < count) throw fault(`has only ${taken} of ${count} frames from frame ${start}`);
      return frames;
    },
  };
}

/** Decodes frames one by one; nothing keeps them. */
async function eachFrame(file: string, start: number, count: number, take: (frame: RgbFrame) => void) {
  await withDecoder("openEpisodes", file, async (decoder) => {
    for await (const frame of decoder.frames(file, { start, count, stride: 1 })) take(frame);
  });
}

async function readAnnotation(
  video: string,
  frames: number,
  fault: (reason: string) => Error,
): Promise<Annotation> {
  const stem = video.slice(0, video.lastIndexOf("."));
  const has = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() ?? false;
  const [npz, json] = [await has(`${stem}.npz`), await has(`${stem}.json`)];
  let metadata: Record<string, unknown> = {};
  let rows: unknown;
  if (json) {
    try {
      const value: unknown = JSON.parse(await readFile(`${stem}.json`, "utf8"));
      if (Array.isArray(value)) rows = value;
      else ({ actions: rows, ...metadata } = value as Record<string, unknown>);
    } catch (error) {
      throw fault(`has a .json beside it that cannot be read: ${(error as Error).message}`);
    }
  }
  if (npz && rows !== undefined) throw fault("has actions in a .npz and in a .json beside it; leave one");
  if (npz) {
    const tables = await readNpz(`${stem}.npz`).catch((error: Error) => {
      throw fault(`has a .npz beside it that cannot be read: ${error.message}`);
    });
    const table = tables.get("actions") ?? (tables.size === 1 ? [...tables.values()][0] : undefined);
    if (table?.shape.length !== 2)
      throw fault(
        `has a .npz beside it with ${[...tables.keys()].join(", ") || "no arrays"}; expected \`actions\` [frame, number]`,
      );
    const [count, size] = table.shape;
    rows = Array.from({ length: count }, (_, t) => table.values.subarray(t * size, (t + 1) * size));
  }
  if (rows === undefined) return { metadata, actionSize: 0 };
  return { metadata, ...toActions(rows, frames, fault) };
}

function toActions(rows: unknown, frames: number, fault: (reason: string) => Error) {
  const table = Array.isArray(rows) ? (rows as ArrayLike<unknown>[]) : [];
  const actionSize = table[0]?.length ?? 0;
  if (actionSize === 0 || (table.length !== frames && table.length !== frames - 1))
    throw fault(
      `has ${table.length} actions of ${actionSize} numbers; expected one for each of ${frames} frames`,
    );
  const actions = new Float32Array(frames * actionSize);
  table.forEach((row, t) => {
    const values = Array.from(row ?? []);
    if (values.length !== actionSize || !values.every(Number.isFinite))
      throw fault(`has an action at frame ${t} that is not ${actionSize} numbers`);
    actions.set(values as number[], t * actionSize);
  });
  return { actions, actionSize };
}

/** Writes one episode as H.264 mp4, which loses some, with actions and metadata, if any, in a .json beside it. */
export async function writeVideoEpisode(path: string, episode: Episode): Promise<void> {
  const { height, width, frameCount, actions, actionSize, metadata } = episode;
  const pictures = await episode.frames();
  const size = height * width * 3;
  const frames = Array.from({ length: frameCount }, (_, t) => ({
    width,
    height,
    rgb: pictures.subarray(t * size, (t + 1) * size),
  }));
  await encodeFrames("writeEpisodes", path, "mp4", frames, episode.fps || 10);
  if (!actions && Object.keys(metadata).length === 0) return;
  const rows =
    actions &&
    Array.from({ length: frameCount }, (_, t) => [...actions.subarray(t * actionSize, (t + 1) * actionSize)]);
  await writeFile(path.replace(/mp4$/, "json"), JSON.stringify({ ...metadata, actions: rows }));
}
