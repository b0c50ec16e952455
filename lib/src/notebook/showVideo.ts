import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { encodeFrames, toFrames } from "../data/writeVideo.js";
import { requireRange, requireWhole } from "../tensor/check.js";
import { drawFilmstrip, type Strip } from "./filmstrip.js";
import { escapeHtml, htmlFont } from "./html.js";
import { display, inNotebook } from "./kernel.js";
import { evenlySpread, namedVideos, type Videos } from "./showFilmstrip.js";
import { inFewColours } from "./staticPicture.js";
import { tile } from "./tiles.js";

export interface ShowVideoOptions {
  /** Frames per second; 8 unless given. */
  readonly fps?: number;
  /** Whole factor by which frames are enlarged; chosen by their size unless given. */
  readonly scale?: number;
}

const gap = 8;

/**
 * Shows one video, or several side by side and in step, below the cell: an inline mp4 that plays by itself, in a loop
 * and without sound. Where no video can be shown there is a film strip of some frames.
 *
 * @param videos [frame, height, width, 3] in [0, 1]; several, by name, must have one shape
 * @throws NotebookError outside a notebook kernel
 */
export async function showVideo(videos: Videos, options: ShowVideoOptions = {}): Promise<void> {
  if (!inNotebook()) display("showVideo", {}); // throws before any work is done
  const named = namedVideos("showVideo", videos);
  const [count, height, width] = named[0][1].shape;
  const { fps = 8, scale = Math.max(1, Math.round(224 / height)) } = options;
  requireRange("showVideo", "fps", fps, 0.1, 240);
  requireWhole("showVideo", "scale", scale, 1, 64);

  const strips: Strip[] = [];
  for (const [label, video] of named) strips.push({ label, frames: await toFrames("showVideo", video) });
  const joined = Array.from({ length: count }, (_, t) =>
    tile([strips.map(({ frames }) => frames[t])], { scale, gap, ground: 255 }),
  );
  const mp4 = await inMemory((path) => encodeFrames("showVideo", path, "mp4", joined, fps));

  const chosen = evenlySpread(count, 6);
  const still = await inFewColours(
    await drawFilmstrip(
      strips.map(({ label, frames }) => ({ label, frames: chosen.map((frame) => frames[frame]) })),
      chosen.map(String),
      Math.max(1, Math.round(64 / height)),
    ),
  );
  const labels = named.map(([label]) => label);
  const words = `${labels.filter(Boolean).join(" | ") || "video"}: ${count} frames of ${height}×${width}, ${fps} per second`;
  const shown = joined[0].width;
  const captions = labels
    .map((label) => `<span style="width:${width * scale}px;text-align:center">${escapeHtml(label)}</span>`)
    .join("");
  display(
    "showVideo",
    {
      "text/html":
        `<div style="${htmlFont};font-size:13px;display:inline-block;max-width:100%">` +
        (labels.some(Boolean)
          ? `<div style="display:flex;gap:${gap}px;margin-bottom:3px">${captions}</div>`
          : "") +
        `<video controls loop autoplay muted playsinline width="${shown}" ` +
        `style="max-width:100%;image-rendering:pixelated" title="${escapeHtml(words)}" ` +
        `src="data:video/mp4;base64,${mp4.toString("base64")}"></video></div>`,
      "image/png": still.png,
      "text/plain": `[${words}]`,
    },
    { "image/png": { width: still.width, height: still.height } },
  );
}

/** Bytes of a file that is written and removed again. */
async function inMemory(write: (path: string) => Promise<void>): Promise<Buffer> {
  const folder = await mkdtemp(join(tmpdir(), "vid2world-video-"));
  try {
    await write(join(folder, "video.mp4"));
    return await readFile(join(folder, "video.mp4"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
