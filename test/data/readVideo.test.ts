import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, type Tensor4D } from "@tensorflow/tfjs";
import { readVideo, videoInfo } from "vid2world";
import { afterAll, describe, expect, test } from "vitest";

const clip = (name: string) => join(__dirname, "../fixtures/video", name);
const scratch = mkdtempSync(join(tmpdir(), "read-video-"));
afterAll(() => rmSync(scratch, { recursive: true }));

function scratchFile(name: string, content: Uint8Array | string): string {
  const path = join(scratch, name);
  writeFileSync(path, content);
  return path;
}

function bytesHash(video: Tensor4D): string {
  const bytes = Uint8Array.from(video.dataSync(), (value) => Math.round(value * 255));
  return createHash("sha256").update(bytes).digest("hex");
}

const hasFfmpeg = (() => {
  try {
    return execFileSync("ffmpeg", ["-version"]).length > 0;
  } catch {
    return false;
  }
})();

describe("the bytes are those of ffmpeg's rgb24", () => {
  for (const [name, frames, hash] of [
    ["h264-untagged.mp4", 24, "ed26b819f82f2852ebf3d04a511cb5734b2d5a2cab9ab724205d435a5bb25c4a"],
    ["h264-bt709.mp4", 24, "c2438928435e9eaeac455fcbd076972fa2bd4b8c0dd4786200d3a3c09c38116f"],
    ["h264-full-range.mp4", 24, "a4a991eb7924118d08c6355bef9cb5c3ece206f2a8d5db56bff1a03fa94acf85"],
    ["h264-cut.mp4", 33, "9c12c83702ca7f3a20755c3c7b3006272cfc23bcf733cb980a0ce1687fda6827"],
    ["vp9.webm", 24, "6560bb9fd5ec90f830116600df89d5ec482b3b3c51d0c8e980ded02ad9aa23aa"],
  ] as const)
    test(name, async () => {
      const before = memory().numTensors;
      const video = await readVideo(clip(name));
      expect(memory().numTensors).toBe(before + 1);
      expect(video.shape).toEqual([frames, 48, 64, 3]);
      expect(video.dtype).toBe("float32");
      expect(bytesHash(video)).toBe(hash);
      video.dispose();
    });

  test.skipIf(!hasFfmpeg)("mpeg4-part2.mp4, which needs ffmpeg on PATH", async () => {
    const video = await readVideo(clip("mpeg4-part2.mp4"));
    expect(bytesHash(video)).toBe("e5975ec0ea8631448825ee4f077959f62b5ef91a33489d68e0e65de9e1b75961");
    video.dispose();
  });
});

test("a span of frames equals the same frames cut from the whole video", async () => {
  const whole = await readVideo(clip("h264-untagged.mp4"));
  const span = await readVideo(clip("h264-untagged.mp4"), { frames: { start: 3, count: 4, stride: 5 } });
  const expected = whole.gather([3, 8, 13, 18]);
  expect(bytesHash(span)).toBe(bytesHash(expected));
  for (const tensor of [whole, span, expected]) tensor.dispose();
});

test("resizing keeps the mean colour, and flat regions stay in [0, 1]", async () => {
  const large = await readVideo(clip("h264-untagged.mp4"), { frames: 2 });
  const small = await readVideo(clip("h264-untagged.mp4"), { frames: 2, size: [12, 16] });
  expect(small.shape).toEqual([2, 12, 16, 3]);
  expect(small.mean().dataSync()[0]).toBeCloseTo(large.mean().dataSync()[0], 2);
  expect(small.min().dataSync()[0]).toBeGreaterThanOrEqual(0);
  expect(small.max().dataSync()[0]).toBeLessThanOrEqual(1);
});

test("videoInfo tells size, rate, codec and decoder", async () => {
  expect(await videoInfo(clip("h264-untagged.mp4"))).toEqual({
    width: 64,
    height: 48,
    fps: 12,
    codec: "avc",
    decoder: "webcodecs",
  });
  if (hasFfmpeg) expect((await videoInfo(clip("h264-10bit.mp4"))).decoder).toBe("ffmpeg");
});

describe("one sentence names the file and the cause", () => {
  const whole = readFileSync(clip("h264-untagged.mp4"));
  const webm = readFileSync(clip("vp9.webm"));
  for (const [cause, path, message] of [
    ["a missing file", join(scratch, "no.mp4"), /no\.mp4 does not exist/],
    ["a folder", scratch, /is a folder/],
    ["an empty file", scratchFile("empty.mp4", ""), /empty\.mp4 is empty/],
    ["a text file", scratchFile("text.mp4", "no film, only words\n"), /text\.mp4 is a text file/],
    ["a truncated mp4", scratchFile("cut.mp4", whole.subarray(0, 3000)), /cut\.mp4 is cut short/],
    ["a truncated webm", scratchFile("cut.webm", webm.subarray(0, 2000)), /cut\.webm is cut short/],
    ["zero frames", clip("zero-frames.mp4"), /zero-frames\.mp4 .*no frames/],
    ["sound only", clip("no-video.mp4"), /no-video\.mp4 .*no video track/],
  ] as const)
    test(cause, async () => {
      const before = memory().numTensors;
      const failure = await readVideo(path).catch((error) => error);
      expect(failure.name).toBe("VideoFileError");
      expect(failure.message).toMatch(/^readVideo: /);
      expect(failure.message).toMatch(message);
      expect(failure.message.trim().split("\n")).toHaveLength(1);
      expect(memory().numTensors).toBe(before);
    });

  test("fewer frames than asked for", async () => {
    await expect(readVideo(clip("h264-untagged.mp4"), { frames: 30 })).rejects.toThrow(
      /has 24 frames; `frames` asks for 30\.$/,
    );
    await expect(
      readVideo(clip("h264-untagged.mp4"), { frames: { start: 20, count: 5, stride: 2 } }),
    ).rejects.toThrow(/has 2 frames from frame 20, 2 apart; `frames` asks for 5\.$/);
    await expect(
      readVideo(clip("h264-untagged.mp4"), { frames: { count: 40, atLeast: 25 } }),
    ).rejects.toThrow(/has 24 frames; `frames` asks for at least 25\.$/);
    const short = await readVideo(clip("h264-untagged.mp4"), { frames: { count: 40, atLeast: 24 } });
    expect(short.shape[0]).toBe(24);
    short.dispose();
  });

  test("a codec that needs ffmpeg, where there is none", async () => {
    const path = process.env.PATH;
    process.env.PATH = scratch;
    try {
      await expect(readVideo(clip("mpeg4-part2.mp4"))).rejects.toThrow(
        /mpeg4-part2\.mp4 .*codec mp4v is unknown; no ffmpeg was found on PATH; install ffmpeg/,
      );
    } finally {
      process.env.PATH = path;
    }
  });

  test("frames that make no sense", async () => {
    await expect(readVideo(clip("vp9.webm"), { frames: 0 })).rejects.toThrow(RangeError);
    await expect(readVideo(clip("vp9.webm"), { frames: { stride: 1.5 } })).rejects.toThrow(/frames\.stride/);
    await expect(readVideo(clip("vp9.webm"), { size: [0, 4] })).rejects.toThrow(/size/);
  });
});
