import { type Tensor5D, tidy } from "@tensorflow/tfjs";
import {
  createSchedule,
  createVideoEncoder,
  type FrameCodec,
  labSchedule,
  labVideoEncoder,
  scoreActions,
  scoreLongRollouts,
  useBackend,
  type World,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";

beforeAll(async () => {
  await useBackend("wasm");
});

const codec: FrameCodec = {
  encode: async (video) => tidy(() => video.mul(2).sub(1) as Tensor5D),
  decode: async (latents) => tidy(() => latents.add(1).div(2).clipByValue(0, 1) as Tensor5D),
};

/** A world in which nothing ever happens: its newest clean frame is the one before. */
const still: World = {
  schedule: createSchedule({ ...labSchedule, predicts: "x0" }),
  actionSize: 3,
  causal: false,
  predict: async ({ x }) =>
    tidy(() => {
      const before = x.slice([0, 0], [-1, x.shape[1] - 1]) as Tensor5D;
      return before.concat(before.slice([0, before.shape[1] - 1], [-1, 1]), 1) as Tensor5D;
    }),
};
const sampling = { steps: 2, historyLevel: -1, strength: 1 };

test("a world that ignores actions is right for one action in six, and each action is visible", async () => {
  const encoder = createVideoEncoder({ ...labVideoEncoder, state: 1, action: 1 }, 1);
  const options = { states: 2, given: 2, sampling, seed: 1 };
  const score = await scoreActions(still, codec, "trail", encoder, options);
  expect(score.nearestGenerated.value).toBeCloseTo(1 / 6, 10);
  expect(score.nearestTrue.value).toBeCloseTo(1 / 6, 10);
  expect(Object.keys(score.visibility)).toHaveLength(6);
  for (const change of Object.values(score.visibility)) expect(change).toBeGreaterThan(0.003);
});

test("a world that stands still is as far from the truth as copying, up to the sampler's noise, and keeps colours", async () => {
  const bytes = 64 * 64 * 3;
  const set = { sources: ["trail"], clips: 2, frames: 6, seed: 1 } as const;
  const pictures = Uint8Array.from({ length: 12 * bytes }, (_, i) => 60 + 10 * (Math.floor(i / bytes) % 6));
  const clips = { pictures, actions: new Float32Array(36), actionSize: 3, fps: [4, 4], hash: "" };
  const data = { set, clips, truth: [] };
  const options = { given: 2, frames: 4, sampling, seed: 1 };
  const score = await scoreLongRollouts(still, codec, "trail", {}, data, options);
  expect(score.lastPsnr.copy).toBeCloseTo(-10 * Math.log10((1 + 4 + 9 + 16) / 4 / 25.5 ** 2), 2); // sums in single precision
  expect(Math.abs(score.lastPsnr.ahead.value)).toBeLessThan(1);
  expect(score.colourError.at[1]).toBeCloseTo(10 / 255, 2);
  expect(score.colourError.all.value).toBeCloseTo((10 * 2.5) / 255, 2);
  expect(score.placeError ?? score.present ?? score.frechet).toBeUndefined();
});
