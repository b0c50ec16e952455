/**
 * The main way to read and write video: Mediabunny and node-webcodecs, run in a child process (`webcodecsProcess.ts`
 * says why). Needs nothing on the machine besides the installed packages.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import {
  CannotDecode,
  type FrameSpan,
  type RgbFrame,
  type VideoDecoder,
  type VideoEncoder,
} from "./codec.js";
import { ppmFrames } from "./ppm.js";
import type { Report } from "./webcodecsProcess.js";

interface Codec {
  child: ChildProcess;
  /** Resolves when the process has ended well; rejects with the cause otherwise. */
  ended: Promise<NonNullable<Report["info"]> | undefined>;
}

function start(args: readonly (string | number)[]): Codec {
  const child = spawn(process.execPath, [join(__dirname, "webcodecsProcess.js"), ...args.map(String)], {
    stdio: ["pipe", "pipe", "ignore", "ipc"],
  });
  const ended = new Promise<Report["info"]>((resolve, reject) => {
    let told: Report = {};
    child.on("message", (message: Report) => {
      told = { ...told, ...message };
    });
    child.on("error", reject);
    child.on("close", (code, signal) => {
      if (told.unsupported) reject(new CannotDecode(told.unsupported));
      else if (told.failed) reject(new Error(told.failed));
      else if (code !== 0)
        reject(new CannotDecode(`the codec library stopped (${signal ?? `code ${code}`})`));
      else resolve(told.info);
    });
  });
  ended.catch(() => {}); // it is awaited later, or not at all when the caller stops early
  return { child, ended };
}

async function* frames(path: string, span: FrameSpan): AsyncGenerator<RgbFrame> {
  const { child, ended } = start(["decode", path, span.start, span.count, span.stride]);
  try {
    yield* ppmFrames(child.stdout!);
    await ended;
  } finally {
    child.kill("SIGKILL");
  }
}

export const webcodecsDecoder: VideoDecoder = {
  frames,
  async info(path) {
    const { child, ended } = start(["info", path]);
    child.stdout!.resume();
    const info = await ended;
    if (!info) throw new CannotDecode("the codec library gave no answer");
    return { ...info, decoder: "webcodecs" };
  },
};

export const webcodecsEncoder: VideoEncoder = async (path, format, frames, fps) => {
  const [{ width, height }] = frames;
  const { child, ended } = start(["encode", path, format, width, height, fps]);
  child.stdout!.resume();
  child.stdin!.on("error", () => {}); // a process that stopped early is reported by `ended`
  for (const { rgb } of frames)
    if (!child.stdin!.write(rgb))
      await Promise.race([new Promise((drained) => child.stdin!.once("drain", drained)), ended]);
  child.stdin!.end();
  await ended;
};
