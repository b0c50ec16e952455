import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, type Tensor4D, tensor4d, tidy } from "@tensorflow/tfjs";
import { readVideo, videoInfo, writeVideo } from "vid2world";
import { afterEach, beforeEach, expect, test } from "vitest";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "write-video-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Smooth colours that drift by one pixel a frame. */
function drift(frames: number, height: number, width: number): Tensor4D {
  const wave = (phase: number) => 0.5 + 0.4 * Math.sin(phase);
  return tensor4d(
    Array.from({ length: frames }, (_, t) =>
      Array.from({ length: height }, (_, y) =>
        Array.from({ length: width }, (_, x) => [wave((x + t) / 9), wave((y - t) / 7), wave((x + y) / 11)]),
      ),
    ),
  );
}

const psnr = (a: Tensor4D, b: Tensor4D) =>
  tidy(() => -10 * Math.log10(a.squaredDifference(b).mean().dataSync()[0]));

for (const [extension, decibels] of [
  ["mp4", 34], // colour at half the resolution alone costs so much: 35.3 dB without any compression
  ["webm", 34],
  ["gif", 24],
] as const)
  test(`${extension}: what is written comes back, frame for frame`, async () => {
    const video = drift(10, 48, 64);
    const path = join(folder, "new", `clip.${extension}`);
    const before = memory().numTensors;
    await writeVideo(path, video, { fps: 10 });
    expect(memory().numTensors).toBe(before);
    expect(readdirSync(join(folder, "new"))).toEqual([`clip.${extension}`]);
    const back = await readVideo(path);
    expect(back.shape).toEqual(video.shape);
    expect(psnr(video, back)).toBeGreaterThan(decibels);
    expect((await videoInfo(path)).fps).toBeCloseTo(10, 1);
    video.dispose();
    back.dispose();
  });

test("a still video keeps all its frames", async () => {
  const still = tensor4d(new Float32Array(5 * 32 * 32 * 3).fill(0.5), [5, 32, 32, 3]);
  for (const extension of ["mp4", "gif"]) {
    const path = join(folder, `still.${extension}`);
    await writeVideo(path, still, { fps: 5 });
    const back = await readVideo(path);
    expect(back.shape).toEqual([5, 32, 32, 3]);
    expect(psnr(still, back)).toBeGreaterThan(40);
    back.dispose();
  }
  still.dispose();
});

test("a file that exists is kept, unless told to overwrite", async () => {
  const path = join(folder, "mine.mp4");
  writeFileSync(path, "precious");
  const video = drift(2, 16, 16);
  await expect(writeVideo(path, video, { fps: 5 })).rejects.toThrow(
    /mine\.mp4 exists; pass \{ overwrite: true \}/,
  );
  expect(readFileSync(path, "utf8")).toBe("precious");
  await writeVideo(path, video, { fps: 5, overwrite: true });
  expect((await videoInfo(path)).codec).toBe("avc");
  video.dispose();
});

test("what cannot be written is refused by name, and leaves no file", async () => {
  const odd = drift(2, 15, 16);
  const nan = tensor4d([[[[Number.NaN, 0, 0]]]]);
  await expect(writeVideo(join(folder, "a.mp4"), odd, { fps: 5 })).rejects.toThrow(/15×16; mp4 stores even/);
  await expect(writeVideo(join(folder, "a.avi"), odd, { fps: 5 })).rejects.toThrow(
    /expected \.mp4, \.webm or/,
  );
  await expect(writeVideo(join(folder, "a.gif"), odd, { fps: 0 })).rejects.toThrow(/fps is 0/);
  await expect(writeVideo(join(folder, "a.gif"), nan, { fps: 5 })).rejects.toThrow(/NaN in frame 0/);
  expect(readdirSync(folder)).toEqual([]);
  await writeVideo(join(folder, "a.gif"), odd, { fps: 5 });
  expect((await videoInfo(join(folder, "a.gif"))).height).toBe(15);
});
