/**
 * The second way to read and write video: the `ffmpeg` on PATH, for what the packaged codec library cannot do, such as
 * MPEG-4 part 2 (DivX, XviD) or 10-bit files.
 */
import { type ChildProcess, spawn } from "node:child_process";
import {
  CannotDecode,
  type FrameSpan,
  type RgbFrame,
  type VideoDecoder,
  type VideoEncoder,
} from "./codec.js";
import { ppmFrames } from "./ppm.js";

interface Running {
  child: ChildProcess;
  /** Resolves with what was written to standard error when the program ended well; rejects with it otherwise. */
  ended: Promise<string>;
}

function start(program: "ffmpeg" | "ffprobe", args: readonly string[]): Running {
  const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"] });
  let complaints = "";
  child.stderr!.on("data", (text: Buffer) => {
    complaints = (complaints + text).slice(0, 4000);
  });
  const ended = new Promise<string>((resolve, reject) => {
    child.on("error", (error: NodeJS.ErrnoException) =>
      reject(error.code === "ENOENT" ? new CannotDecode(`no ${program} was found on PATH`) : error),
    );
    child.on("close", (code) => {
      const said = complaints.trim().split("\n").at(-1) ?? "";
      if (code === 0) resolve(complaints);
      else reject(new Error(`${program} says: ${said || `exit code ${code}`}`));
    });
  });
  ended.catch(() => {}); // awaited later, or not at all when the caller stops early
  return { child, ended };
}

/** `-fps_mode` is ffmpeg 5.1 and later; before that the option was `-vsync`. */
const everyFrame = [
  ["-fps_mode", "passthrough"],
  ["-vsync", "passthrough"],
];

async function* frames(path: string, { start: first, count, stride }: FrameSpan): AsyncGenerator<RgbFrame> {
  for (const [attempt, passthrough] of everyFrame.entries()) {
    const filter =
      first > 0 || stride > 1 ? ["-vf", `select=gte(n\\,${first})*not(mod(n-${first}\\,${stride}))`] : [];
    const limit = Number.isFinite(count) ? ["-frames:v", String(count)] : [];
    const { child, ended } = start("ffmpeg", [
      ...["-v", "error", "-nostdin", "-i", `file:${path}`, "-map", "0:v:0"],
      ...[
        ...filter,
        ...limit,
        ...passthrough,
        "-f",
        "image2pipe",
        "-c:v",
        "ppm",
        "-pix_fmt",
        "rgb24",
        "pipe:1",
      ],
    ]);
    try {
      yield* ppmFrames(child.stdout!);
      await ended;
      return;
    } catch (error) {
      const optionUnknown = /fps_mode/.test((error as Error).message) && attempt === 0;
      if (!optionUnknown) throw error;
    } finally {
      child.kill("SIGKILL");
    }
  }
}

export const ffmpegDecoder: VideoDecoder = {
  frames,
  async info(path) {
    const { child, ended } = start("ffprobe", [
      ...["-v", "error", "-select_streams", "v:0", "-of", "json"],
      ...["-show_entries", "stream=width,height,avg_frame_rate,codec_name", `file:${path}`],
    ]);
    let json = "";
    for await (const text of child.stdout!) json += text;
    await ended;
    const [stream] = (JSON.parse(json).streams ?? []) as Record<string, unknown>[];
    if (!stream) throw new Error("it has no video track, so no frames");
    const [top, bottom] = String(stream.avg_frame_rate).split("/").map(Number);
    return {
      width: Number(stream.width),
      height: Number(stream.height),
      fps: bottom > 0 ? top / bottom : 0,
      codec: String(stream.codec_name),
      decoder: "ffmpeg",
    };
  },
};

export const ffmpegEncoder: VideoEncoder = async (path, format, frames, fps) => {
  const [{ width, height }] = frames;
  const codec =
    format === "mp4"
      ? ["-c:v", "libx264", "-crf", "14", "-movflags", "+faststart"]
      : ["-c:v", "libvpx", "-crf", "6", "-b:v", "8M"];
  const { child, ended } = start("ffmpeg", [
    ...[
      "-v",
      "error",
      "-y",
      "-f",
      "rawvideo",
      "-pix_fmt",
      "rgb24",
      "-s",
      `${width}x${height}`,
      "-r",
      String(fps),
    ],
    ...["-i", "pipe:0", "-vf", "scale=out_color_matrix=bt601:out_range=tv", "-pix_fmt", "yuv420p", ...codec],
    ...["-colorspace", "smpte170m", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"],
    ...["-f", format, `file:${path}`],
  ]);
  child.stdin!.on("error", () => {}); // a program that stopped early is reported by `ended`
  for (const { rgb } of frames)
    if (!child.stdin!.write(rgb))
      await Promise.race([new Promise((drained) => child.stdin!.once("drain", drained)), ended]);
  child.stdin!.end();
  await ended;
};
