import { memory, range, type Tensor4D } from "@tensorflow/tfjs";
import { drawClips } from "vid2world";
import { expect, test } from "vitest";

const video = range(0, 10).reshape<Tensor4D>([10, 1, 1, 1]); // each frame holds its own number

test("a clip is a run of neighbouring frames, and every start is drawn", () => {
  const before = memory().numTensors;
  const clips = drawClips(video, { clips: 500, frames: 3, seed: 1 });
  const rows = clips.reshape([500, 3]).arraySync() as number[][];
  for (const [a, b, c] of rows) expect([b - a, c - b]).toEqual([1, 1]);
  expect(new Set(rows.map(([start]) => start))).toEqual(new Set([0, 1, 2, 3, 4, 5, 6, 7]));
  expect(memory().numTensors).toBe(before + 2); // the clips and their reshaped view
});

test("the same seed cuts at the same places", () => {
  const draw = (seed: number) => [...drawClips(video, { clips: 8, frames: 2, seed }).dataSync()];
  expect(draw(2)).toEqual(draw(2));
  expect(draw(2)).not.toEqual(draw(3));
});

test("a clip longer than the video is refused", () => {
  expect(() => drawClips(video, { clips: 1, frames: 11, seed: 1 })).toThrow(
    "drawClips: frames is 11; expected a whole number from 1 to 10.",
  );
});
