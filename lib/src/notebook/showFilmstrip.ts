import type { Tensor4D } from "@tensorflow/tfjs";
import { toFrames } from "../data/writeVideo.js";
import { requireSameShape, requireWhole } from "../tensor/check.js";
import { drawFilmstrip } from "./filmstrip.js";
import { display } from "./kernel.js";

/** One video, or several by name. */
export type Videos = Tensor4D | Readonly<Record<string, Tensor4D>>;

export interface FilmstripOptions {
  /** Frames to show, by number; about eight, evenly spread, unless given. */
  readonly frames?: readonly number[];
  /** Number of the video's first frame in the words above the columns; 0 unless given. */
  readonly firstNumber?: number;
  /** Words above the columns in the place of frame numbers, one for each frame shown. */
  readonly headings?: readonly string[];
  /** Whole factor by which frames are enlarged; chosen by their size unless given. */
  readonly scale?: number;
}

/** Width of a page that the default scale keeps to, words at the left not counted. */
const widest = 640;

/**
 * Shows frames of one or several videos as rows of a picture below the cell.
 *
 * @param videos [frame, height, width, 3] in [0, 1]; several must have one shape
 * @throws RangeError if a frame is not there, or headings are not as many as the frames shown
 * @throws NotebookError outside a notebook kernel
 */
export async function showFilmstrip(videos: Videos, options: FilmstripOptions = {}): Promise<void> {
  const named = namedVideos("showFilmstrip", videos);
  const [[, { shape }]] = named;
  const chosen = options.frames ?? evenlySpread(shape[0], 8);
  for (const frame of chosen) requireWhole("showFilmstrip", "each of frames", frame, 0, shape[0] - 1);
  const scale = options.scale ?? Math.max(1, Math.floor(widest / (chosen.length * shape[2])));
  requireWhole("showFilmstrip", "scale", scale, 1, 64);
  const strips = [];
  for (const [label, video] of named) {
    const frames = await toFrames("showFilmstrip", video);
    strips.push({ label, frames: chosen.map((frame) => frames[frame]) });
  }
  const { firstNumber = 0 } = options;
  const headings = options.headings ?? chosen.map((frame) => `${frame + firstNumber}`);
  if (headings.length !== chosen.length)
    throw new RangeError(
      `showFilmstrip: headings has ${headings.length} words; expected ${chosen.length}, one for each frame shown.`,
    );
  const picture = await drawFilmstrip(strips, headings, scale);
  const labels = named.map(([label]) => label).filter(Boolean);
  display(
    "showFilmstrip",
    {
      "image/png": picture.png,
      "text/plain": `[film strip${labels.length ? `: ${labels.join(", ")}` : ""}; ${options.headings ? "columns" : "frames"} ${headings.join(", ")}]`,
    },
    { "image/png": { width: picture.width, height: picture.height } },
  );
}

/** Videos with their names; one alone has an empty name. Throws unless all have one shape. */
export function namedVideos(caller: string, videos: Videos): [string, Tensor4D][] {
  if ("shape" in videos && Array.isArray(videos.shape)) return [["", videos as Tensor4D]];
  const named = Object.entries(videos as Record<string, Tensor4D>);
  if (named.length === 0)
    throw new RangeError(`${caller}: videos is empty; expected a video, or several by name.`);
  requireSameShape(caller, Object.fromEntries(named));
  return named;
}

/** At most `most` whole numbers from 0 to `count` − 1, both ends included. */
export function evenlySpread(count: number, most: number): number[] {
  if (count <= most) return Array.from({ length: count }, (_, i) => i);
  return Array.from({ length: most }, (_, i) => Math.round((i * (count - 1)) / (most - 1)));
}
