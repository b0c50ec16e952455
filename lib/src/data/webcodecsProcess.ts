/**
 * Runs in a child process of its own: decodes or encodes one file with Mediabunny (containers) and node-webcodecs
 * (codecs). A process apart keeps the codec library's messages off the user's terminal, its memory out of the caller's
 * heap, and a crash of native code from ending a notebook.
 *
 *   decode <path> <start> <count> <stride>      frames to standard output, as PPM pictures
 *   info <path>                                 no output
 *   encode <path> <format> <width> <height> <fps>   raw RGB frames from standard input to a file
 *
 * It sends the parent messages of the type `Report`.
 */
import { writeFile } from "node:fs/promises";
import type { VideoDecoderConfig, VideoFrame } from "node-webcodecs";
import type { RgbFrame } from "./codec.js";
import { ppmHeader } from "./ppm.js";
import { type PlaneFormat, planeBytes, rgbToI420, yuvToRgb } from "./yuv.js";

type InputVideoTrack = import("mediabunny", { with: { "resolution-mode": "import" }}).InputVideoTrack;

export interface Report {
  /** Set once the file is open. */
  info?: { width: number; height: number; fps: number; codec: string };
  /** The library cannot read this kind of file; another decoder may. */
  unsupported?: string;
  /** The file is broken. */
  failed?: string;
}

async function report(message: Report): Promise<void> {
  await new Promise<void>((sent) => process.send?.(message, undefined, undefined, () => sent()));
}

/** Resolves when the bytes have left the process, so that it may end at any time after. */
function put(bytes: string | Uint8Array): Promise<void> {
  return new Promise((written) => process.stdout.write(bytes, () => written()));
}

async function libraries() {
  await import("node-webcodecs/mediabunny"); // puts the WebCodecs classes where Mediabunny looks for them
  return await import("mediabunny");
}

async function openTrack(path: string): Promise<InputVideoTrack | undefined> {
  const { ALL_FORMATS, FilePathSource, Input } = await libraries();
  const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS });
  if (!(await input.canRead())) {
    await report({ unsupported: "its container is unknown" });
    return undefined;
  }
  const track = await input.getPrimaryVideoTrack();
  if (!track) {
    await report({ failed: "it has no video track, so no frames" });
    return undefined;
  }
  if (!track.codec || !(await track.canDecode())) {
    await report({ unsupported: `its codec ${track.codec ?? track.internalCodecId ?? ""} is unknown` });
    return undefined;
  }
  const { averagePacketRate, packetCount } = await track.computePacketStats(100);
  await report({
    info: {
      width: track.displayWidth,
      height: track.displayHeight,
      fps: packetCount > 1 ? averagePacketRate : 0,
      codec: track.codec,
    },
  });
  return track;
}

/**
 * All frames of a track in the order of presentation.
 *
 * The decoder is driven here, without its worker thread: with it, `flush` may resolve before the last frames have been
 * handed over. Without it a frame carries the time of another packet, so frames before time 0 (which a cut without
 * recoding leaves in a file, and which players hide) are left out by number: they are the first to come out.
 */
async function* decodedFrames(track: InputVideoTrack): AsyncGenerator<VideoFrame> {
  const { EncodedPacketSink } = await import("mediabunny");
  const { EncodedVideoChunk, VideoDecoder } = await import("node-webcodecs");
  const config = (await track.getDecoderConfig()) as VideoDecoderConfig;
  const decoded: VideoFrame[] = [];
  let failure: Error | undefined;
  const decoder = new VideoDecoder({
    output: (frame) => decoded.push(frame),
    error: (error) => {
      failure = error;
    },
  });
  decoder.configure({ ...config, useWorkerThread: false });
  let hidden = 0;
  async function* ready() {
    if (failure) throw failure;
    for (let frame = decoded.shift(); frame; frame = decoded.shift()) {
      if (hidden > 0) hidden--;
      else yield frame;
      frame.close();
    }
  }
  for await (const packet of new EncodedPacketSink(track).packets()) {
    const { type, microsecondTimestamp: timestamp, data } = packet;
    if (timestamp < 0) hidden++;
    decoder.decode(new EncodedVideoChunk({ type, timestamp, data }));
    yield* ready();
  }
  await decoder.flush();
  yield* ready();
}

async function toRgb(frame: VideoFrame, track: InputVideoTrack): Promise<RgbFrame> {
  const { format, codedWidth: width, codedHeight: height } = frame;
  if (!format || !["I420", "I422", "I444", "NV12"].includes(format))
    throw new Unsupported(`its pixels are ${format}`);
  const planes = new Uint8Array(planeBytes(width, height, format as PlaneFormat));
  await frame.copyTo(planes).catch(() => {
    throw new Unsupported("its pixels have more than 8 bits"); // which the library reports as 8-bit planes
  });
  const { matrix, fullRange } = await track.getColorSpace();
  const upright = yuvToRgb(
    { width, height, format: format as PlaneFormat, planes },
    matrix,
    fullRange ?? false,
  );
  return turn(upright, track.rotation);
}

/** The frame turned clockwise by 0, 90, 180 or 270 degrees. */
function turn({ width, height, rgb }: RgbFrame, degrees: number): RgbFrame {
  if (degrees === 0) return { width, height, rgb };
  const swapped = degrees !== 180;
  const turned = new Uint8Array(rgb.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const toX = degrees === 90 ? height - 1 - y : degrees === 180 ? width - 1 - x : y;
      const toY = degrees === 90 ? x : degrees === 180 ? height - 1 - y : width - 1 - x;
      const from = 3 * (y * width + x);
      const to = 3 * (toY * (swapped ? height : width) + toX);
      for (let c = 0; c < 3; c++) turned[to + c] = rgb[from + c];
    }
  return { width: swapped ? height : width, height: swapped ? width : height, rgb: turned };
}

class Unsupported extends Error {}

async function info(path: string): Promise<void> {
  const track = await openTrack(path);
  if (!track) return;
  for await (const frame of decodedFrames(track)) {
    await toRgb(frame, track); // throws for pixels that this decoder does not read
    break;
  }
}

async function decode(path: string, start: number, count: number, stride: number): Promise<void> {
  const track = await openTrack(path);
  if (!track) return;
  let index = 0;
  let taken = 0;
  for await (const frame of decodedFrames(track)) {
    if (index >= start && (index - start) % stride === 0) {
      const { width, height, rgb } = await toRgb(frame, track);
      await put(ppmHeader(width, height));
      await put(rgb);
      taken++;
    }
    if (taken === count) break;
    index++;
  }
}

async function encode(path: string, format: string, width: number, height: number, fps: number) {
  const library = await libraries();
  const target = new library.BufferTarget();
  const { now } = Date;
  Date.now = () => 0; // a file made of equal frames is equal: the time that mp4 stores is 1970
  const output = new library.Output({
    format:
      format === "mp4"
        ? new library.Mp4OutputFormat({ fastStart: "in-memory" })
        : new library.WebMOutputFormat(),
    target,
  });
  Date.now = now;
  const source = new library.VideoSampleSource({
    codec: format === "mp4" ? "avc" : "vp8",
    bitrate: Math.max(200_000, Math.round(0.6 * width * height * Math.max(fps, 4))), // bits per second: near lossless
    keyFrameInterval: 2,
    onEncoderConfig: (config) => {
      // The planes are BT.601 in limited range. Without this the library tags them as RGB.
      Object.assign(config, {
        colorSpace: { primaries: "bt709", transfer: "bt709", matrix: "smpte170m", fullRange: false },
        useWorkerThread: false,
      });
    },
  });
  output.addVideoTrack(source, { frameRate: fps });
  await output.start();
  let index = 0;
  for await (const rgb of chunksOf(process.stdin, width * height * 3)) {
    const sample = new library.VideoSample(rgbToI420({ width, height, rgb }), {
      format: "I420",
      codedWidth: width,
      codedHeight: height,
      timestamp: index / fps,
      duration: 1 / fps,
    });
    await source.add(sample);
    sample.close();
    index++;
  }
  await output.finalize();
  await writeFile(path, new Uint8Array(target.buffer!));
}

async function* chunksOf(stream: AsyncIterable<Buffer>, size: number): AsyncGenerator<Uint8Array> {
  let whole = new Uint8Array(size);
  let filled = 0;
  for await (const chunk of stream)
    for (let at = 0; at < chunk.length; ) {
      const take = Math.min(chunk.length - at, size - filled);
      whole.set(chunk.subarray(at, at + take), filled);
      at += take;
      filled += take;
      if (filled < size) continue;
      yield whole;
      whole = new Uint8Array(size);
      filled = 0;
    }
}

async function main(): Promise<void> {
  const [task, path, ...rest] = process.argv.slice(2);
  if (task === "info") await info(path);
  else if (task === "decode") await decode(path, Number(rest[0]), Number(rest[1]), Number(rest[2]));
  else await encode(path, rest[0], Number(rest[1]), Number(rest[2]), Number(rest[3]));
}

process.on("disconnect", () => process.exit(1)); // the parent is gone
process.stdout.on("error", () => process.exit(1));
main()
  .catch((error: Error) =>
    report(error instanceof Unsupported ? { unsupported: error.message } : { failed: error.message }),
  )
  .then(() => process.exit(0));
