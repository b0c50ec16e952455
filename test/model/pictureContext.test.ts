import { fill, memory, type Tensor4D } from "@tensorflow/tfjs";
import {
  createImageTower,
  createResampler,
  createTextTower,
  createVideoUnet,
  normalNoise,
  pictureContext,
  presets,
  uniformNoise,
  videoUnet,
} from "vid2world";
import { expect, test } from "vitest";
import { farthest } from "../fixtures/fixtures.js";

const parts = {
  imageTower: createImageTower({ width: 16, layers: 1, heads: 2, patch: 14, imageSize: 28 }, 1),
  textTower: createTextTower({ width: 12, layers: 1, heads: 2, positions: 77, vocabulary: 600 }, 2),
  resampler: createResampler(
    { tokenWidth: 16, width: 8, outputWidth: 12, layers: 1, heads: 2, headWidth: 4, queries: 16, frames: 2 },
    3,
  ),
};

test("a picture becomes 77 caption tokens and 16 tokens for each frame, which the U-Net takes", () => {
  const pictures = uniformNoise<never>([2, 40, 50, 3] as never, 4) as Tensor4D;
  const before = memory().numTensors;
  const context = pictureContext(parts, pictures);
  expect(memory().numTensors).toBe(before + 1);
  expect(context.shape).toEqual([2, 77 + 32, 12]);
  const model = createVideoUnet(
    { ...presets.lab, channels: 8, headWidth: 8, normGroups: 4, contextWidth: 12, imageTokens: true },
    5,
  );
  const x = normalNoise<never>([2, 2, 4, 4, 4] as never, 6) as never;
  expect(videoUnet(model, { x, level: fill([2, 2], 500), context }).shape).toEqual([2, 2, 4, 4, 4]);
});

test("all pictures share the caption's tokens; only their own tokens differ", () => {
  const context = pictureContext(parts, uniformNoise<never>([2, 28, 28, 3] as never, 7) as Tensor4D);
  const [first, second] = context.split(2);
  expect(farthest(first.slice([0, 0], [1, 77]), second.slice([0, 0], [1, 77]))).toBe(0);
  expect(farthest(first.slice([0, 77], [1, 32]), second.slice([0, 77], [1, 32]))).toBeGreaterThan(0.01);
});
