import { readFileSync } from "node:fs";
import { join } from "node:path";
import { memory, type Tensor5D, tensor5d } from "@tensorflow/tfjs";
import { pillowResize, type ResizeFilter, resizeFrames, uniformNoise } from "vid2world";
import { describe, expect, test } from "vitest";
import { image } from "./recipe.js";

interface Case {
  in: string;
  in_h: number;
  in_w: number;
  out_h: number;
  out_w: number;
  filter: "bilinear" | "bicubic";
  pil_uint8_HWC: number[];
  torch_interpolate_no_antialias_CHW_first24: number[];
  torch_interpolate_antialias_CHW_first24: number[];
}
const { cases } = JSON.parse(readFileSync(join(__dirname, "../fixtures/metric/resize.json"), "utf8"));

describe("the values of torch and the bytes of Pillow", () => {
  for (const one of cases as Case[])
    test(`${one.in} to ${one.out_h}×${one.out_w}, ${one.filter}`, () => {
      const bytes = image(one.in_h, one.in_w, Number(/,(\d+)\)/.exec(one.in)![1]));
      const shape = [one.in_h, one.in_w, 3] as const;
      const size = [one.out_h, one.out_w] as const;
      expect([...pillowResize(bytes, shape, size, one.filter)]).toEqual(one.pil_uint8_HWC);

      const input = tensor5d(
        Array.from(bytes, (value) => value / 255),
        [1, 1, ...shape],
      );
      for (const [filter, recorded] of [
        [one.filter, one.torch_interpolate_no_antialias_CHW_first24],
        [`${one.filter}Antialias` as ResizeFilter, one.torch_interpolate_antialias_CHW_first24],
      ] as const) {
        const before = memory().numTensors;
        const output = resizeFrames(input, size, filter);
        expect(memory().numTensors).toBe(before + 1);
        const values = output.dataSync(); // the recorded ones run along the rows of the first channel
        const worst = Math.max(...recorded.map((value, i) => Math.abs(values[3 * i] - value)));
        expect(worst).toBeLessThan(2e-6);
        output.dispose();
      }
      input.dispose();
    });
});

test("a flat frame stays flat, and enlarging needs no antialias", () => {
  const flat = tensor5d(new Float32Array(6 * 5 * 3).fill(0.25), [1, 1, 6, 5, 3]);
  for (const filter of ["bilinear", "bicubic", "bilinearAntialias", "bicubicAntialias"] as const) {
    const resized = resizeFrames(flat, [9, 3], filter);
    for (const value of resized.dataSync()) expect(value).toBeCloseTo(0.25, 6);
    resized.dispose();
  }
  const video = uniformNoise([1, 1, 6, 5, 3], 1) as Tensor5D;
  const [plain, smooth] = (["bilinear", "bilinearAntialias"] as const).map((filter) =>
    resizeFrames(video, [13, 10], filter),
  );
  const smoothValues = smooth.dataSync();
  plain.dataSync().forEach((value, i) => {
    expect(value).toBeCloseTo(smoothValues[i], 6);
  });
  for (const tensor of [flat, video, plain, smooth]) tensor.dispose();
});

test("an unknown filter and a size of nothing are refused by name", () => {
  const video = uniformNoise([1, 1, 4, 4, 3], 1) as Tensor5D;
  expect(() => resizeFrames(video, [2, 2], "nearest" as never)).toThrow(/resizeFrames: filter is "nearest"/);
  expect(() => resizeFrames(video, [0, 2], "bilinear")).toThrow(/each side in size is 0/);
  expect(() => pillowResize(new Uint8Array(5), [2, 2, 3], [1, 1], "bilinear")).toThrow(/bytes has 5 values/);
  video.dispose();
});
