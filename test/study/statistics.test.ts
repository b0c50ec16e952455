import { type ClipSetFeatures, compareArms, compareDistances, normalValues } from "vid2world";
import { holm, quantile, signFlipChance } from "vid2world/dist/study/resample.js";
import { expect, test } from "vitest";

test("all flips of three equal differences: only the two that flip none or all lie as far out", () => {
  expect(signFlipChance([[1, 1, 1]], 1000, 1)).toBe(2 / 8);
  expect(signFlipChance([[1, -1]], 1000, 1)).toBe(1); // a mean of 0 is nowhere near far
});

test("random flips agree with the normal tail where there are too many to try all", () => {
  const values = [...normalValues(200, 3)].map((value) => value + 0.18);
  const average = values.reduce((a, b) => a + b) / 200;
  const spread = Math.sqrt(values.reduce((a, b) => a + b * b, 0)) / 200; // standard error under no difference
  const score = average / spread;
  expect(score).toBeGreaterThan(1.5);
  const tail = 2 * (1 - normalBelow(score));
  expect(signFlipChance([values], 20_000, 1)).toBeCloseTo(tail, 2);
});

/** Share of a standard normal distribution below x (Abramowitz and Stegun, 26.2.17). */
function normalBelow(x: number): number {
  const t = 1 / (1 + 0.2316419 * x);
  const series = [0.31938153, -0.356563782, 1.781477937, -1.821255978, 1.330274429];
  const sum = series.reduce((total, c, i) => total + c * t ** (i + 1), 0);
  return 1 - (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * sum;
}

test("Holm multiplies the smallest chance by the number of tests, and never lets a later one be smaller", () => {
  expect(holm([0.01, 0.04, 0.03])).toEqual([0.03, 0.06, 0.06]);
  expect(holm([0.5, 0.9])).toEqual([1, 1]);
});

test("a quantile between two values is their mixture", () => {
  expect(quantile([0, 10], 0.25)).toBe(2.5);
});

const noise = (seed: number, clips: number) => [...normalValues(clips, seed)];

test("a constant difference between arms is found exactly, however noisy the clips are", () => {
  const base = [noise(1, 30), noise(2, 30)];
  const better = base.map((each) => each.map((value) => value + 0.5));
  const [reference, row] = compareArms({ base, better }, { reference: "base", seed: 1 });
  expect(reference.difference).toBeUndefined();
  expect(row.difference?.value).toBeCloseTo(0.5, 10);
  expect(row.difference?.interval[0]).toBeCloseTo(0.5, 10);
  expect(row.difference?.chance).toBeLessThan(0.01);
});

test("of intervals for arms without a true difference, about one in twenty misses 0", () => {
  let missed = 0;
  for (let study = 0; study < 200; study++) {
    const arms = { a: [noise(1000 + study, 40)], b: [noise(5000 + study, 40)] };
    const [, { difference }] = compareArms(arms, { reference: "a", seed: study + 1, draws: 400 });
    const [low, high] = difference?.interval ?? [0, 0];
    if (low > 0 || high < 0) missed++;
  }
  expect(missed / 200).toBeGreaterThan(0.01);
  expect(missed / 200).toBeLessThan(0.11);
});

test("seeds that differ widen the interval, as another run would differ too", () => {
  const base = [0, 0, 0].map(() => Array<number>(20).fill(0));
  const arm = [-1, 0, 1].map((shift) => Array<number>(20).fill(shift));
  const [, { difference }] = compareArms({ base, arm }, { reference: "base", seed: 1 });
  const [low, high] = difference?.interval ?? [0, 0];
  expect(low).toBeLessThan(-0.5);
  expect(high).toBeGreaterThan(0.5);
});

test("swapping arm and reference turns the difference and its interval around", () => {
  const arms = { a: [noise(1, 25)], b: [noise(2, 25)] };
  const forward = compareArms(arms, { reference: "a", seed: 3 })[1].difference;
  const back = compareArms(arms, { reference: "b", seed: 3 })[0].difference;
  expect(back?.value).toBeCloseTo(-(forward?.value ?? 0), 12);
  expect(back?.interval[0]).toBeCloseTo(-(forward?.interval[1] ?? 0), 12);
  expect(back?.chance).toBe(forward?.chance);
});

test("arms scored on other clips are refused", () => {
  const arms = { a: [[1, 2]], b: [[1, 2, 3]] };
  expect(() => compareArms(arms, { reference: "a", seed: 1 })).toThrow(/b has clips per seed \[3\], a \[2\]/);
  expect(() => compareArms({ a: [[1, Number.NaN]] }, { reference: "a", seed: 1 })).toThrow(/not finite/);
  expect(() => compareArms(arms, { reference: "c", seed: 1 })).toThrow(/the arms are a, b/);
});

/** Features of 20 clips as they are, and as drawn with an error of a given size. */
function drawnFeatures(seed: number, error: number): ClipSetFeatures {
  const rows = (values: number[]) =>
    Array.from({ length: 20 }, (_, clip) => values.slice(3 * clip, 3 * clip + 3));
  const truth = noise(1, 60);
  const off = noise(seed, 60);
  return { truth: rows(truth), guess: rows(truth.map((value, i) => value + error * (1 + off[i]))) };
}

test("the arm farther from the truth has the larger distance; equal arms differ by exactly nothing", async () => {
  const near = [drawnFeatures(2, 0.1), drawnFeatures(3, 0.1)];
  const far = [drawnFeatures(2, 1), drawnFeatures(3, 1)];
  const rows = await compareDistances({ near, far, same: near }, { reference: "near", seed: 1, draws: 60 });
  const [, larger, same] = rows.map(({ difference }) => difference);
  expect(larger?.interval[0]).toBeGreaterThan(0);
  expect(larger?.chance).toBeLessThan(0.05);
  expect(same).toMatchObject({ value: 0, interval: [0, 0], chance: 1 });
  const [, other] = await compareDistances({ far, near }, { reference: "far", seed: 1, draws: 60 });
  expect(other.difference?.value).toBeCloseTo(-larger!.value, 12);
  await expect(compareDistances({ near, far: far.slice(1) }, { reference: "near", seed: 1 })).rejects.toThrow(
    /far has clips \[20,20\]/,
  );
});

test("where only seeds differ, the interval of a distance is that of a mean of so many seeds", async () => {
  const all = (value: number) => Array.from({ length: 4 }, () => [value, 0]);
  const arm = [0, 1, 2].map((off) => ({ truth: all(0), guess: all(off) })); // distances 0, 1 and 4
  const [{ mean, interval }] = await compareDistances({ arm }, { reference: "arm", seed: 1, draws: 4000 });
  expect(mean).toBeCloseTo(5 / 3, 9);
  const ofOne = (0 + 1 + 16) / 3 - mean ** 2;
  expect((interval[1] - mean) / (1.96 * Math.sqrt(ofOne / 3))).toBeCloseTo(1, 1);
});
