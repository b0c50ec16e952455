/** The session's last frames as a video file, the true world and all panes side by side. */
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RgbFrame } from "../data/codec.js";
import { encodeFrames } from "../data/writeVideo.js";
import { tile } from "../notebook/tiles.js";
import { pictureSize } from "./actors.js";
import { packet } from "./protocol.js";
import type { Scene, Session } from "./session.js";

const layout = { scale: 4, gap: 8, ground: 128 };
const fps = 15;

/** Sends the file's bytes. */
export async function exportVideo(session: Session, scene: Scene, format: "mp4" | "gif"): Promise<void> {
  const tracks = [...scene.panes.map(({ track }) => track), scene.truth];
  const videos = tracks.map((track) => track.last(Infinity));
  const count = Math.min(...videos.map((moments) => moments.length));
  const frames = Array.from({ length: count }, (_, t) =>
    tile([videos.map((moments) => frameOf(moments[moments.length - count + t].picture))], layout),
  );
  const folder = await mkdtemp(join(tmpdir(), "vid2world-play-"));
  try {
    const path = join(folder, `play.${format}`);
    await encodeFrames("play", path, format, frames, fps);
    session.emit(packet({ kind: "file", pane: 0, branch: format === "mp4" ? 0 : 1 }, await readFile(path)));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function frameOf(picture: Uint8Array): RgbFrame {
  return { width: pictureSize, height: pictureSize, rgb: picture };
}
