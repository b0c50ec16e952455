import { memory, type Tensor5D, tidy } from "@tensorflow/tfjs";
import {
  type ClipSet,
  type Clips,
  createSchedule,
  deriveSeed,
  type FrameCodec,
  labSchedule,
  scoreRollouts,
  uniformValues,
  useBackend,
  type World,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";

beforeAll(async () => {
  await useBackend("wasm");
});

const set: ClipSet = { sources: ["trail"], clips: 3, frames: 4, seed: 1 };
const frameBytes = 64 * 64 * 3;

/** Clips of one grey each that brightens evenly; the lower half never changes. */
const clips: Clips = {
  pictures: Uint8Array.from({ length: set.clips * set.frames * frameBytes }, (_, i) => {
    const frame = Math.floor(i / frameBytes);
    const upper = i % frameBytes < frameBytes / 2;
    const clip = Math.floor(frame / set.frames);
    const [start, pace] = uniformValues(2, deriveSeed(7, clip));
    return 20 + Math.floor(80 * start) + (upper ? (12 + Math.floor(10 * pace)) * (frame % set.frames) : 0);
  }),
  actions: new Float32Array(),
  actionSize: 0,
  fps: Array(set.clips).fill(4),
  hash: "",
};

/** Gives pictures back a little too bright. */
const codec: FrameCodec = {
  encode: async (video) => tidy(() => video.mul(2).sub(1) as Tensor5D),
  decode: async (latents) => tidy(() => latents.add(1).div(2).add(0.01) as Tensor5D),
};

/** A world whose newest clean frame is `guess` of the frames before it. */
function standIn(guess: (before: Tensor5D) => Tensor5D): World {
  return {
    schedule: createSchedule({ ...labSchedule, predicts: "x0" }),
    actionSize: 0,
    causal: false,
    predict: async ({ x }) =>
      tidy(() => {
        const before = x.slice([0, 0], [-1, x.shape[1] - 1]) as Tensor5D;
        return before.concat(guess(before), 1) as Tensor5D;
      }),
  };
}

const options = {
  given: 2,
  predicted: 2,
  sampling: { steps: 2, historyLevel: -1, strength: 1 },
  seed: 1,
};
const frame = (before: Tensor5D, back: number) =>
  before.slice([0, before.shape[1] - back], [-1, 1]) as Tensor5D;
const copying = standIn((before) => frame(before, 1).clone());
const knowing = standIn((before) => frame(before, 1).mul(2).sub(frame(before, 2)) as Tensor5D);

test("a world that copies the last frame closes nothing, one that knows the next all but the sampler's noise", async () => {
  const copied = await scoreRollouts(copying, codec, set, clips, options);
  expect(copied.closed.value).toBeGreaterThan(-0.1);
  expect(copied.closed.value).toBeLessThan(0.1);
  const known = await scoreRollouts(knowing, codec, set, clips, options);
  expect(known.closed.value).toBeGreaterThan(0.5); // the sampler's last level, 0, keeps √(1 − ᾱ₀) = 0.03 of the noise
  expect(known.closed.value).toBeLessThan(1);
  const [low, high] = known.closed.interval;
  expect(low).toBeLessThanOrEqual(known.closed.value);
  expect(high).toBeGreaterThanOrEqual(known.closed.value);
});

test("only changed pixels count: in these clips, the upper half", async () => {
  const { clips: errors, psnr } = await scoreRollouts(copying, codec, set, clips, options);
  expect(errors).toHaveLength(set.clips);
  for (const { numbers } of errors) expect(numbers).toBe((2 * frameBytes) / 2);
  const mean = errors.reduce((sum, { ceiling }) => sum + ceiling, 0) / (set.clips * errors[0].numbers);
  expect(mean).toBeCloseTo(0.01 ** 2, 6);
  expect(psnr.ceiling).toBeCloseTo(40, 2);
});

test("equal seeds give equal scores, and no tensor stays", async () => {
  const before = memory().numTensors;
  const first = await scoreRollouts(copying, codec, set, clips, options);
  expect(memory().numTensors).toBe(before);
  expect(await scoreRollouts(copying, codec, set, clips, options)).toEqual(first);
  await expect(scoreRollouts(copying, codec, set, clips, { ...options, predicted: 3 })).rejects.toThrow(
    /given \+ predicted/,
  );
});
