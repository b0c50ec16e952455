import { memory, type Rank, type Tensor2D, type Tensor5D, tensor, tensor2d } from "@tensorflow/tfjs";
import {
  addNoise,
  createSchedule,
  fromV,
  labSchedule,
  normalNoise,
  rescaleClean,
  toClean,
  toEpsilon,
  toV,
  trainingTarget,
  vid2worldSchedule,
} from "vid2world";
import { expect, test } from "vitest";
import { largestGap, readFixture } from "../schedule/readFixture.js";

const recorded = readFixture("dynamicrafter/ddim-schedule.safetensors");
const schedule = createSchedule(vid2worldSchedule);

/** A recorded [batch, channel, frame, height, width] in our order of axes. */
function video(name: string): Tensor5D {
  const { shape, values } = recorded[name];
  return (tensor(values, shape as Tensor5D["shape"], "float32") as Tensor5D).transpose([0, 2, 3, 4, 1]);
}

/** The recorded level of each video, for both of its frames. */
function levels(): Tensor2D {
  return tensor2d([...recorded["v.t"].values].map((t) => [t, t]));
}

test("noising, velocity and both ways back are the official ones to 1e-6", () => {
  const clean = video("v.x_start");
  const noise = video("v.noise");
  const v = video("v.v");
  // The recorded ways back take v.x_start as the noisy frames.
  const gap = (a: Tensor5D, name: string) => largestGap(a.dataSync(), video(name).dataSync());
  expect(gap(addNoise(clean, noise, levels(), schedule), "v.q_sample")).toBeLessThan(1e-6);
  expect(gap(toV(clean, noise, levels(), schedule), "v.target")).toBeLessThan(1e-6);
  expect(gap(fromV(clean, v, levels(), schedule), "v.pred_x0")).toBeLessThan(1e-6);
  expect(gap(toEpsilon(clean, v, levels(), schedule), "v.pred_eps")).toBeLessThan(1e-6);
  expect(gap(rescaleClean(clean, levels(), schedule), "v.x_start_rescaled")).toBeLessThan(1e-6);
});

test.each(["v", "x0", "epsilon"] as const)(
  "a perfect %s prediction gives back clean frames and noise, each frame at its own level",
  (predicts) => {
    const config = { ...labSchedule, predicts, zeroTerminalSnr: predicts !== "epsilon" };
    const own = createSchedule(config);
    const clean = normalNoise<Rank.R5>([2, 3, 2, 2, 4], 1);
    const noise = normalNoise<Rank.R5>([2, 3, 2, 2, 4], 2);
    const level = tensor2d([
      [0, 400, 900],
      [700, 10, 300],
    ]);
    const x = addNoise(clean, noise, level, own);
    const said = trainingTarget(clean, noise, level, own);
    expect(largestGap(toClean(x, said, level, own).dataSync(), clean.dataSync())).toBeLessThan(1e-4);
    expect(largestGap(toEpsilon(x, said, level, own).dataSync(), noise.dataSync())).toBeLessThan(1e-4);
  },
);

test("v survives a round trip at the level without signal, where x is all noise", () => {
  const clean = normalNoise<Rank.R5>([1, 1, 2, 2, 4], 1);
  const noise = normalNoise<Rank.R5>([1, 1, 2, 2, 4], 2);
  const level = tensor2d([[999]], undefined, "int32");
  const x = addNoise(clean, noise, level, schedule);
  expect([...x.dataSync()]).toEqual([...noise.dataSync()]);
  const v = toV(clean, noise, level, schedule);
  expect([...fromV(x, v, level, schedule).dataSync()]).toEqual([...clean.dataSync()]);
});

test("only the result stays, and shapes that do not fit are named", () => {
  const clean = normalNoise<Rank.R5>([1, 2, 2, 2, 1], 1);
  const level = tensor2d([[3, 4]]);
  const before = memory().numTensors;
  addNoise(clean, clean, level, schedule).dispose();
  toClean(clean, clean, level, schedule).dispose();
  expect(memory().numTensors).toBe(before);
  expect(() => addNoise(clean, clean, tensor2d([[3]]), schedule)).toThrow("addNoise: level is [1,1]");
});
