import { conv1d, memory, type Tensor3D, tensor3d, zeros } from "@tensorflow/tfjs";
import { normalNoise, type TransferRule, transferTemporalKernel } from "vid2world";
import { expect, test } from "vitest";
import { farthest, readTensors } from "../fixtures/fixtures.js";

const taps = (kernel: Tensor3D) => [...kernel.dataSync()];
const oneKernel = (values: number[]) => tensor3d([[values]]); // [out, in, tap]

/** The kernel's answers where it fits into the clip: `video` is [1, frame, in], the kernel [out, in, tap]. */
const answers = (video: Tensor3D, kernel: Tensor3D) =>
  conv1d(video, kernel.transpose([2, 1, 0]) as Tensor3D, 1, "valid") as Tensor3D;

test("three taps (a, b, c) become (a, b, c), (0, a, b) and (0, a − c, b + 2c), and no other tensor stays", () => {
  const kernel = oneKernel([5, 7, 1]);
  const before = memory().numTensors;
  expect(taps(transferTemporalKernel(kernel, "shift"))).toEqual([5, 7, 1]);
  expect(taps(transferTemporalKernel(kernel, "masked"))).toEqual([0, 5, 7]);
  expect(taps(transferTemporalKernel(kernel, "extrapolative"))).toEqual([0, 4, 9]);
  expect(memory().numTensors).toBe(before + 3);
});

test("five taps and a line through two frames: w₀ + 2w₁ + 3w₂, w₋₁ − w₁ − 2w₂, w₋₂, 0, 0", () => {
  const kernel = oneKernel([1, 10, 100, 1000, 10000]);
  expect(taps(transferTemporalKernel(kernel, "extrapolative"))).toEqual([0, 0, 1, 10 - 1000 - 20000, 32100]);
});

test("a line through three frames weighs them 4/3, 1/3, −2/3", () => {
  const kernel = transferTemporalKernel(oneKernel([0, 0, 3]), "extrapolative", { points: 3 });
  for (const [i, value] of taps(kernel).entries()) expect(value).toBeCloseTo([-2, 1, 4][i], 5);
});

const line = (frames: number) =>
  tensor3d([Array.from({ length: frames }, (_, t) => [0.3 * t - 1, 2 - 0.1 * t])]); // [1, frame, 2]

for (const size of [3, 5, 7, 9])
  for (const points of [2, 3, 4])
    test(`on anything linear in time, ${size} taps and ${points} points answer as the centred kernel`, () => {
      const kernel = normalNoise([3, 2, size] as never, size) as Tensor3D;
      const video = line(16);
      const centred = answers(video, kernel); // around frames m, m + 1, …
      const causal = transferTemporalKernel(kernel, "extrapolative", { points });
      const m = (size - 1) / 2;
      const first = causal.shape[2] - 1; // the first frame with enough past
      const frames = 16 - m - first;
      const expected = centred.slice([0, first - m, 0], [1, frames, 3]);
      const found = answers(video, causal).slice([0, 0, 0], [1, frames, 3]);
      expect(farthest(expected, found)).toBeLessThan(2e-5);
    });

test.each(["shift", "masked"] as const)("%s does not keep motion at constant speed", (rule) => {
  const kernel = normalNoise([3, 2, 3] as never, 3) as Tensor3D;
  const video = line(8);
  const centred = answers(video, kernel).slice([0, 1, 0], [1, 5, 3]);
  const causal = answers(video, transferTemporalKernel(kernel, rule)).slice([0, 0, 0], [1, 5, 3]);
  expect(farthest(centred, causal)).toBeGreaterThan(0.1);
});

test("shift answers an impulse as the centred kernel does, one frame later", () => {
  const kernel = oneKernel([2, 3, 5]);
  const impulse = zeros([1, 9, 1]).add(tensor3d([[0, 0, 0, 0, 1, 0, 0, 0, 0].map((value) => [value])]));
  const padded = (before: number, after: number) =>
    impulse.pad([
      [0, 0],
      [before, after],
      [0, 0],
    ]) as Tensor3D;
  const centred = [...answers(padded(1, 1), kernel).dataSync()];
  const shifted = [...answers(padded(2, 0), transferTemporalKernel(kernel, "shift")).dataSync()];
  expect(shifted).toEqual([0, ...centred.slice(0, -1)]);
});

test.each(["shift", "masked", "extrapolative"] as TransferRule[])("%s is linear in the kernel", (rule) => {
  const a = normalNoise([4, 3, 5] as never, 1) as Tensor3D;
  const b = normalNoise([4, 3, 5] as never, 2) as Tensor3D;
  const together = transferTemporalKernel(a.mul(2).sub(b) as Tensor3D, rule, { points: 3 });
  const apart = transferTemporalKernel(a, rule, { points: 3 })
    .mul(2)
    .sub(transferTemporalKernel(b, rule, { points: 3 }));
  expect(farthest(together, apart)).toBeLessThan(1e-5);
});

test.each(["shift", "masked", "extrapolative"] as TransferRule[])(
  "%s agrees with the recorded kernel of the official layout",
  async (rule) => {
    const weights = await readTensors("dynamicrafter/temporal-conv-block.safetensors");
    const io = await readTensors("dynamicrafter/temporal-conv-block.io.safetensors");
    const transferred = transferTemporalKernel(weights["conv1.2.weight"], rule);
    expect(farthest(transferred, io[`weight.${rule}.conv1`])).toBeLessThan(1e-6);
  },
);

test("an even kernel, one point and an unknown rule are refused", () => {
  const kernel = oneKernel([1, 2, 3, 4]);
  expect(() => transferTemporalKernel(kernel, "shift")).toThrow("[1,1,4] has 4 taps; only an odd number");
  expect(() => transferTemporalKernel(oneKernel([1, 2, 3]), "masked", { points: 1 })).toThrow("points is 1");
  expect(() => transferTemporalKernel(oneKernel([1, 2, 3]), "flip" as never)).toThrow('rule is "flip"');
});
