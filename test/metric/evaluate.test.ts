import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fill, memory, type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import {
  applyProtocol,
  distributionDistance,
  evaluateFolders,
  framePsnr,
  frameSsim,
  frechetDistance,
  normalValues,
  protocols,
  readVideo,
  uniformNoise,
  useBackend,
  writeVideo,
} from "vid2world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const root = mkdtempSync(join(tmpdir(), "evaluate-"));
beforeAll(async () => {
  await useBackend("wasm");
});
afterAll(() => rmSync(root, { recursive: true }));

describe("applyProtocol", () => {
  const count = (video: Tensor5D) => video.reshape([video.shape[1], -1]).max(1).arraySync() as number[];

  test("takes the frames, the middle and the size that the paper's tables name", () => {
    const tall = uniformNoise([1, 20, 320, 512, 1], 1) as Tensor5D;
    for (const [name, shape] of [
      ["rt1", [1, 16, 320, 512, 1]],
      ["csgo", [1, 12, 150, 280, 1]],
      ["reconSingleStep", [1, 1, 224, 224, 1]],
      ["reconRollout", [1, 3, 224, 224, 1]],
    ] as const) {
      const before = memory().numTensors;
      const part = applyProtocol(tall, protocols[name]);
      expect(part.shape).toEqual(shape);
      expect(memory().numTensors).toBe(before + 1);
      part.dispose();
    }
    tall.dispose();
  });

  test("numbers frames from 0, counts last ones from the end, and crops rows 22 to 296 of CS:GO", () => {
    tidy(() => {
      const steps = uniformNoise([1, 20, 1, 1, 1], 2).tile([1, 1, 320, 512, 1]) as Tensor5D;
      const values = count(steps);
      const near = (numbers: number[]) => numbers.map((t) => expect.closeTo(values[t], 5));
      expect(count(applyProtocol(steps, protocols.reconRollout))).toEqual(near([7, 11, 19]));
      expect(count(applyProtocol(steps, protocols.reconSingleStep))).toEqual(near([19]));
      const last12 = near(Array.from({ length: 12 }, (_, i) => 8 + i));
      expect(count(applyProtocol(steps, protocols.csgo, "fvd"))).toEqual(last12);

      const rows = uniformNoise([1, 1, 320, 1, 1], 3).tile([1, 12, 1, 512, 1]) as Tensor5D;
      const kept = { ...protocols.csgo, size: undefined };
      const cropped = applyProtocol(rows, kept);
      const expected = rows.slice([0, 0, 22, 0, 0], [1, 12, 275, 512, 1]);
      expect(cropped.sub(expected).abs().max().dataSync()[0]).toBe(0);
    });
  });

  test("short videos, small frames and protocols without FVD are refused by name", () => {
    const video = uniformNoise([1, 10, 320, 320, 1], 1) as Tensor5D;
    expect(() => applyProtocol(video, protocols.rt1)).toThrow("video has 10 frames; rt1 needs at least 16");
    const nine = { ...protocols.csgo, frames: { last: 9 } } as const;
    expect(() => applyProtocol(video, nine)).toThrow(
      "frames are 320×320; expected at least the crop, 275×512",
    );
    expect(() => applyProtocol(video, protocols.reconRollout, "fvd")).toThrow(
      /reconRollout has no frames for FVD/,
    );
    video.dispose();
  });
});

describe("distributionDistance", () => {
  const clips = (count: number, seed: number, shift: number) =>
    Array.from({ length: count }, (_, i) => [
      Array.from(normalValues(6, seed * 1000 + i), (value) => value + shift),
    ]);

  test("is the Fréchet distance of all rows, inside an interval that narrows with more clips", async () => {
    const options = { network: "inception", resamples: 60, seed: 1 } as const;
    const widths: number[] = [];
    for (const count of [20, 160]) {
      const [truth, guess] = [clips(count, 1, 0), clips(count, 2, 1)];
      const result = await distributionDistance(truth, guess, options);
      expect(result.value).toBe(await frechetDistance(truth.flat(), guess.flat()));
      expect(result.samples).toEqual({ truth: count, guess: count });
      const [low, high] = result.interval!;
      expect(low).toBeLessThan(result.value);
      expect(high).toBeGreaterThan(result.value);
      expect((await distributionDistance(truth, guess, options)).interval).toEqual([low, high]);
      widths.push(high - low);
    }
    expect(widths[1]).toBeLessThan(0.7 * widths[0]);
  });

  test("warns where there are no more samples than features", async () => {
    const none = { network: "inception", resamples: 0, seed: 1 } as const;
    const few = await distributionDistance(clips(6, 1, 0), clips(9, 2, 0), none);
    expect(few.network).toBe("inception");
    expect(few.warning).toMatch(/^6 samples for 6 features/);
    expect(few.interval).toBeUndefined();
    const enough = await distributionDistance(clips(7, 1, 0), clips(9, 2, 0), none);
    expect(enough.warning).toBeUndefined();
  });
});

describe("evaluateFolders", () => {
  const protocol = {
    ...protocols.reconSingleStep,
    frames: { last: 3 },
    crop: [16, 16],
    size: undefined,
  } as const;
  const [truthFolder, guessFolder] = ["truth", "guess"].map((name) => join(root, name));

  beforeAll(async () => {
    for (const [clip, folder] of ["a", "b"].flatMap((name) => [
      [name, truthFolder],
      [name, guessFolder],
    ])) {
      const seed = clip.charCodeAt(0) + folder.length;
      const video = uniformNoise([5, 20, 16, 3], seed).mul(0.5).add(0.25) as Tensor4D;
      await writeVideo(join(folder, `${clip}.gif`), video, { fps: 5 });
      video.dispose();
    }
  });

  test("gives PSNR and SSIM of every frame by the protocol, and their means; no tensor stays", async () => {
    const steps: unknown[] = [];
    const before = memory().numTensors;
    const result = await evaluateFolders(truthFolder, guessFolder, {
      protocol,
      onProgress: (...step) => steps.push(step),
    });
    expect(memory().numTensors).toBe(before);
    expect(steps).toEqual([0, 1, 2].map((done) => ["clips", done, 2]));
    expect(result.clips.map(({ name }) => name)).toEqual(["a", "b"]);
    const [truth, guess] = [truthFolder, guessFolder].map((folder) => readVideo(join(folder, "b.gif")));
    const videos = [await truth, await guess];
    tidy(() => {
      const [x, y] = videos.map((video) => applyProtocol(video.expandDims<Tensor5D>(0), protocol));
      const near = (scores: Float32Array) => Array.from(scores, (value) => expect.closeTo(value, 4));
      expect(result.clips[1].psnr).toEqual(near(framePsnr(x, y).dataSync() as Float32Array));
      expect(result.clips[1].ssim).toEqual(near(frameSsim(x, y).dataSync() as Float32Array));
    });
    for (const video of videos) video.dispose();
    const all = result.clips.flatMap(({ psnr }) => psnr);
    expect(result.mean.psnr).toBeCloseTo(all.reduce((sum, value) => sum + value, 0) / 6, 6);
  });

  test("a video without partner, an empty folder and missing weights are errors at once, by name", async () => {
    const empty = join(root, "empty");
    mkdirSync(empty);
    await expect(evaluateFolders(truthFolder, empty, { protocol })).rejects.toThrow(/a\.gif has no partner/);
    await expect(evaluateFolders(empty, empty, { protocol })).rejects.toThrow(
      /holds no videos named gt_video/,
    );
    process.env.VID2WORLD_WEIGHTS = empty;
    await expect(
      evaluateFolders(truthFolder, guessFolder, { protocol, networks: ["lpips"] }),
    ).rejects.toThrow(/needs lpips-alex\.pth: get it from .* put it into data\/weights/);
    const wrong = { ...protocols.reconRollout };
    await expect(
      evaluateFolders(truthFolder, guessFolder, { protocol: wrong, networks: ["fvd"] }),
    ).rejects.toThrow(/reconRollout has no FVD/);
  });

  test("a prediction that has the protocol's final size already is scored as it is", async () => {
    for (const [folder, side] of [
      ["large", 24],
      ["final", 12],
    ] as const) {
      const video = fill([20, side, side, 3], 0.5) as Tensor4D;
      await writeVideo(join(root, folder, "d.gif"), video, { fps: 5 });
      video.dispose();
    }
    const resizing = { ...protocol, crop: [24, 24], size: [12, 12] } as const;
    const result = await evaluateFolders(join(root, "large"), join(root, "final"), { protocol: resizing });
    expect(result.mean.psnr).toBeCloseTo(80, 1);
  });

  test("one clip for FVD, videos of two sizes and a file that is no video are refused by name", async () => {
    const put = async (folder: string, frames: number) => {
      const video = uniformNoise([frames, 16, 16, 3], 1) as Tensor4D;
      await writeVideo(join(root, folder, "c.gif"), video, { fps: 5 });
      video.dispose();
      return join(root, folder);
    };
    const [short, shorter] = [await put("short", 20), await put("shorter", 19)];
    const wanted = { protocol: { ...protocol, fvdFrames: 16 }, networks: ["fvd"] as const };
    await expect(evaluateFolders(short, short, { protocol })).rejects.toThrow(/no videos named gt_video/);
    await expect(evaluateFolders(short, shorter, wanted)).rejects.toThrow(
      "there is 1 sample for fvd; expected at least 2, for a covariance",
    );
    const before = memory().numTensors;
    await expect(evaluateFolders(short, shorter, { protocol })).rejects.toThrow(
      "the true video of c has 20 frames, scored at 16×16; its prediction 19 frames, scored at 16×16; expected one size",
    );
    expect(memory().numTensors).toBe(before);
    writeFileSync(join(shorter, "c.gif"), "GIF of nothing");
    await expect(evaluateFolders(short, shorter, { protocol })).rejects.toThrow(/shorter\/c\.gif/);
  });

  test("the command prints the rows and writes the scores to a new file only", async () => {
    const command = join(__dirname, "../../lib/bin/vid2world.cjs");
    const run = (...args: string[]) =>
      execFileSync(process.execPath, [command, ...args], {
        encoding: "utf8",
        stdio: ["ignore", "pipe", "pipe"],
      });
    const [gt, pred] = ["gt", "pred"].map((name) => join(root, name));
    for (const [folder, seed] of [
      [gt, 1],
      [pred, 2],
    ] as const) {
      const video = uniformNoise([16, 12, 14, 3], seed) as Tensor4D;
      await writeVideo(join(folder, "clip.gif"), video, { fps: 5 });
      video.dispose();
    }
    const json = join(root, "scores.json");
    const printed = run("evaluate", "--protocol", "rt1", "--json", json, gt, pred);
    const scores = JSON.parse(readFileSync(json, "utf8"));
    expect(scores.clips[0].psnr).toHaveLength(16);
    expect(printed).toContain(`clip      ${scores.mean.psnr.toFixed(4).padStart(9)}`);
    expect(printed).toContain("not taken: lpips, dreamsim, fid, fvd");
    expect(() => run("evaluate", "--protocol", "rt1", "--json", json, gt, pred)).toThrow(
      /scores\.json exists/,
    );
    expect(run("weights")).toContain("pt_inception-2015-12-05-6726825d.pth: not found");
  });
});
