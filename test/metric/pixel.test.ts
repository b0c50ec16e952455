/**
 * The recorded values are from scikit-image 0.19.3 with numpy 1.24.2 (float64) on the frames of `ripple` and
 * `speckle`: `peak_signal_noise_ratio(a, b, data_range=255)`, the same with 1e-8 added to the mean square, and
 * `structural_similarity` with gaussian_weights=True, sigma=1.5, use_sample_covariance=False, and with its defaults.
 */
import { concat, engine, memory, type Tensor5D, tensor5d, tidy } from "@tensorflow/tfjs";
import fc from "fast-check";
import { frameMse, framePsnr, frameSsim, luma601, uniformNoise } from "vid2world";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

beforeEach(() => engine().startScope()); // frees what a test makes
afterEach(() => engine().endScope());

/** Bytes / 255 of waves that move with the frame: [1, frames, 24, 31, 3]. */
function ripple(frames: number, phase: number): Tensor5D {
  const [height, width] = [24, 31];
  const values: number[] = [];
  for (let f = 0; f < frames; f++)
    for (let y = 0; y < height; y++)
      for (let x = 0; x < width; x++)
        for (let c = 0; c < 3; c++) {
          const across = 0.3 * Math.sin((x * (c + 1) + 3 * f) / 5 + phase);
          const down = 0.19 * Math.cos((y * (3 - c) - 2 * f) / 7) * (1 - 0.5 * phase);
          values.push(Math.round(255 * (0.5 + across + down)) / 255);
        }
  return tensor5d(values, [1, frames, height, width, 3]);
}

/** A bright, almost flat frame: 250 or 251 by one bit of a hash of the position. */
function speckle(bit: 0 | 1): Tensor5D {
  const values = Array.from({ length: 40 * 40 * 3 }, (_, i) => {
    const hash = Number((BigInt(i) * 2654435761n) % 4294967296n) >>> 30;
    return (250 + ((hash >> bit) & 1)) / 255;
  });
  return tensor5d(values, [1, 1, 40, 40, 3]);
}

/** Each pixel the mean of itself and the one above and left of it. */
function blurred(video: Tensor5D): Tensor5D {
  const [, , height, width] = video.shape;
  const rows = concat([video.slice([0, 0, 0], [1, -1, 1]), video.slice([0, 0, 0], [1, -1, height - 1])], 2);
  const smooth = video.add(rows).div(2) as Tensor5D;
  const columns = concat(
    [smooth.slice([0, 0, 0, 0], [1, -1, -1, 1]), smooth.slice([0, 0, 0, 0], [1, -1, -1, width - 1])],
    3,
  );
  return smooth.add(columns).div(2) as Tensor5D;
}

const read = (score: () => { dataSync(): ArrayLike<number> }) =>
  tidy(() => Array.from(score().dataSync() as Float32Array));
const uniform = { variant: "uniform7" } as const;
const exact = { variant: "exact" } as const;

describe("scikit-image's values", () => {
  test("PSNR within 1e-5 dB, SSIM within 5e-7", () => {
    const [truth, guess] = [ripple(2, 0), ripple(2, 0.1)];
    const near = (ours: number[], theirs: number[], tolerance: number) =>
      ours.forEach((value, i) => {
        expect(Math.abs(value - theirs[i])).toBeLessThan(tolerance);
      });
    near(
      read(() => framePsnr(truth, guess, exact)),
      [33.06212997795025, 33.040863202341534],
      1e-5,
    );
    near(
      read(() => framePsnr(truth, guess)),
      [33.06204207713277, 33.0407757309052],
      1e-5,
    );
    near(
      read(() => frameSsim(truth, guess)),
      [0.9935270340459649, 0.9934052500206315],
      5e-7,
    );
    near(
      read(() => frameSsim(truth, guess, uniform)),
      [0.9934527525277105, 0.993505273670916],
      5e-7,
    );
  });

  test("SSIM keeps its digits where frames are bright and flat", () => {
    const [truth, guess] = [speckle(0), speckle(1)];
    expect(Math.abs(read(() => frameSsim(truth, guess))[0] - 0.9916658435850518)).toBeLessThan(1e-6);
    expect(Math.abs(read(() => frameSsim(truth, guess, uniform))[0] - 0.9913601674362118)).toBeLessThan(1e-6);
  });
});

test("a constant error of d gives a mean square of d² and a PSNR of −20 log10 d", () => {
  const truth = uniformNoise([1, 2, 5, 7, 3], 3).mul(0.5) as Tensor5D;
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 0.5, noNaN: true }), (offset) => {
      const guess = truth.add(offset) as Tensor5D;
      for (const mse of read(() => frameMse(truth, guess))) expect(mse / offset ** 2).toBeCloseTo(1, 4);
      for (const psnr of read(() => framePsnr(truth, guess, exact)))
        expect(psnr).toBeCloseTo(-20 * Math.log10(offset), 3);
    }),
    { numRuns: 10 },
  );
});

test("equal frames: 80 dB by the paper's variant, Infinity by the exact one, SSIM 1", () => {
  const video = uniformNoise([2, 1, 12, 13, 3], 5) as Tensor5D;
  expect(read(() => framePsnr(video, video))).toEqual([80, 80].map((value) => expect.closeTo(value, 3)));
  expect(read(() => framePsnr(video, video, exact))).toEqual([Infinity, Infinity]);
  expect(read(() => frameSsim(video, video))).toEqual([expect.closeTo(1, 6), expect.closeTo(1, 6)]);
  expect(read(() => frameSsim(video, video, uniform))[0]).toBeCloseTo(1, 6);
});

for (const [name, metric] of [
  ["framePsnr", framePsnr],
  ["frameSsim", frameSsim],
] as const) {
  test(`${name} leaves one tensor, its result`, () => {
    const truth = ripple(2, 0);
    const before = memory().numTensors;
    expect(metric(truth, truth).shape).toEqual([1, 2]);
    expect(memory().numTensors).toBe(before + 1);
  });

  test(`${name} of a batch holds the values of its members, and keeps order`, () => {
    const truth = uniformNoise([3, 2, 14, 15, 3], 7) as Tensor5D;
    const guess = uniformNoise([3, 2, 14, 15, 3], 8) as Tensor5D;
    const whole = read(() => metric(truth, guess));
    const singles = [0, 1, 2].flatMap((i) =>
      read(() => metric(truth.slice(i, 1) as Tensor5D, guess.slice(i, 1) as Tensor5D)),
    );
    expect(whole).toEqual(singles.map((score) => expect.closeTo(score, 5)));
  });

  test(`${name} is symmetric, and the same for both videos flipped`, () => {
    const truth = uniformNoise([1, 2, 14, 15, 3], 9) as Tensor5D;
    const guess = uniformNoise([1, 2, 14, 15, 3], 10) as Tensor5D;
    const value = read(() => metric(truth, guess));
    const near = value.map((score) => expect.closeTo(score, 5));
    expect(read(() => metric(guess, truth))).toEqual(near);
    for (const axis of [2, 3, 4])
      expect(read(() => metric(truth.reverse(axis), guess.reverse(axis)))).toEqual(near);
  });

  test(`${name} falls as noise grows`, () => {
    const truth = ripple(1, 0);
    const noise = uniformNoise([1, 1, 24, 31, 3], 11).sub(0.5) as Tensor5D;
    const values = [0.02, 0.05, 0.1, 0.2].map(
      (strength) =>
        read(() => metric(truth, truth.add(noise.mul(strength)).clipByValue(0, 1) as Tensor5D))[0],
    );
    expect(values).toEqual([...values].sort((a, b) => b - a));
  });

  test(`${name} falls as frames are blurred`, () => {
    const truth = ripple(1, 0);
    let guess = truth;
    const values = [1, 2, 3].map(() => {
      guess = blurred(guess);
      return read(() => metric(truth, guess))[0];
    });
    expect(values).toEqual([...values].sort((a, b) => b - a));
    expect(values[2]).toBeLessThan(values[0]);
  });

  test(`${name} refuses values that are not finite or outside [0, 1], by name`, () => {
    const truth = ripple(1, 0);
    for (const [bad, said] of [
      [Number.NaN, "NaN"],
      [Infinity, "Infinity"],
      [-0.5, "-0.5"],
      [255, "255"],
    ] as const) {
      const guess = tensor5d([bad], [1, 1, 1, 1, 1]).tile([1, 1, 24, 31, 3]) as Tensor5D;
      const message = `${name}: guess holds ${said}; expected values in [0, 1]`;
      expect(() => metric(truth, guess)).toThrow(message);
    }
  });

  test(`${name} refuses videos of different shapes, and unknown variants, by name`, () => {
    const truth = ripple(2, 0);
    const guess = ripple(1, 0);
    expect(() => metric(truth, guess)).toThrow(`${name}: truth [1,2,24,31,3] and guess [1,1,24,31,3]`);
    expect(() => metric(truth, truth, { variant: "best" as never })).toThrow(/variant is "best"; expected/);
  });
}

test("frameMse takes any range, but finite numbers only", () => {
  const [truth, guess] = [ripple(1, 0).mul(255), ripple(1, 0).mul(255).add(2)] as Tensor5D[];
  expect(read(() => frameMse(truth, guess))[0]).toBeCloseTo(4, 3);
  expect(() => frameMse(truth.div(0) as Tensor5D, guess)).toThrow(
    /frameMse: truth holds (Infinity|NaN); expected finite/,
  );
});

test("frameSsim refuses frames smaller than its window", () => {
  const small = uniformNoise([1, 1, 10, 20, 3], 1) as Tensor5D;
  expect(() => frameSsim(small, small)).toThrow("frames are 10×20; expected at least 11×11");
  expect(read(() => frameSsim(small, small, uniform))[0]).toBeCloseTo(1, 6);
});

test("luma601 weighs red, green and blue by 0.299, 0.587 and 0.114", () => {
  const colours = concat([
    tensor5d([1, 0, 0], [1, 1, 1, 1, 3]),
    tensor5d([0, 1, 0], [1, 1, 1, 1, 3]),
    tensor5d([0, 0, 1], [1, 1, 1, 1, 3]),
    tensor5d([1, 1, 1], [1, 1, 1, 1, 3]),
  ]);
  const weights = [0.299, 0.587, 0.114, 1].map((weight) => expect.closeTo(weight, 6));
  expect(read(() => luma601(colours))).toEqual(weights);
  expect(() => luma601(colours.slice([0, 0, 0, 0, 0], [1, 1, 1, 1, 2]))).toThrow(/3 channels/);
});
