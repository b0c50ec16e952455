import { readFileSync } from "node:fs";
import { join } from "node:path";
import { memory, tensor2d } from "@tensorflow/tfjs";
import { frechetDistance, frechetLimit, kernelDistance, normalValues } from "vid2world";
import { describe, expect, test } from "vitest";
import { type FeatureKind, features } from "./recipe.js";

interface Case {
  case: string;
  n1: number;
  n2: number;
  d: number;
  kind1: FeatureKind;
  kind2: FeatureKind;
  offset1: number;
  offset2: number;
  shift_added_to_set2: number;
  fid_lowrank_nuclear_norm: number;
  fid_pytorch_fid_sqrtm: number;
}
const recorded = JSON.parse(readFileSync(join(__dirname, "../fixtures/metric/frechet.json"), "utf8"));

describe("the distance recorded with scipy", () => {
  for (const one of recorded.cases as Case[])
    test(one.case, async () => {
      const truth = features(one.n1, one.d, one.offset1, one.kind1);
      const guess = features(one.n2, one.d, one.offset2, one.kind2).map((row) =>
        row.map((value) => value + one.shift_added_to_set2),
      );
      const distance = await frechetDistance(truth, guess);
      expect(Math.abs(distance - one.fid_lowrank_nuclear_norm)).toBeLessThan(1e-10 * (1 + distance));
      expect(Math.abs(distance - one.fid_pytorch_fid_sqrtm)).toBeLessThan(1e-4); // noisier by its own form
    });

  for (const { d, offset, values } of recorded.small_sample_bias.slice(0, 1))
    test(`falls with the number of samples, d = ${d}`, async () => {
      const rows = features(4096, d, offset, "mix");
      for (const { n, fid_same_distribution } of values.filter(({ n }: { n: number }) => n <= 64))
        expect(await frechetDistance(rows.slice(0, n), rows.slice(2048, 2048 + n))).toBeCloseTo(
          fid_same_distribution,
          4,
        );
    });
});

const rows = (count: number, size: number, seed: number) =>
  Array.from({ length: count }, (_, i) => normalValues(size, seed * 1000 + i));

test("zero for equal sets, and |shift|² for a shifted copy", async () => {
  const [a, b] = [rows(30, 12, 1), rows(20, 12, 2)];
  expect(await frechetDistance(a, b)).toBeCloseTo(await frechetDistance(b, a), 9);
  expect(Math.abs(await frechetDistance(a, a))).toBeLessThan(1e-11);
  const shifted = a.map((row) => Array.from(row, (value) => value + 0.5));
  expect(await frechetDistance(a, shifted)).toBeCloseTo(12 * 0.25, 9);
});

test("symmetric, and invariant under a common rotation of the features", async () => {
  const turn = (row: ArrayLike<number>) => {
    const turned = Array.from(row);
    for (let j = 0; j + 1 < turned.length; j++) {
      const [x, y] = [turned[j], turned[j + 1]];
      turned[j] = Math.cos(j + 1) * x - Math.sin(j + 1) * y;
      turned[j + 1] = Math.sin(j + 1) * x + Math.cos(j + 1) * y;
    }
    return turned;
  };
  for (const count of [8, 40]) {
    const [a, b] = [rows(count, 12, 3), rows(count, 12, 4)];
    expect(await kernelDistance(a, b)).toBeCloseTo(await kernelDistance(b, a), 9);
    for (const distance of [frechetDistance, kernelDistance])
      expect(await distance(a.map(turn), b.map(turn))).toBeCloseTo(await distance(a, b), 9);
  }
});

test("grows with added noise", async () => {
  const clean = rows(60, 10, 5);
  const noise = rows(60, 10, 6);
  for (const distance of [frechetDistance, kernelDistance]) {
    const values: number[] = [];
    for (const strength of [0, 0.5, 1, 2]) {
      const noisy = clean.map((row, i) => Array.from(row, (value, j) => value + strength * noise[i][j]));
      values.push(await distance(clean, noisy));
    }
    expect(values).toEqual([...values].sort((a, b) => a - b));
  }
});

test("kernelDistance of {0, 1} and {0, 2} is 1 + 1 − 2 · 30 / 4", async () => {
  expect(await kernelDistance([[0], [1]], [[0], [2]])).toBeCloseTo(-13, 12);
});

test("kernelDistance of two draws from one distribution is around zero", async () => {
  const values: number[] = [];
  for (let i = 0; i < 20; i++) values.push(await kernelDistance(rows(20, 6, 10 + i), rows(20, 6, 50 + i)));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.min(...values)).toBeLessThan(0);
  expect(Math.abs(mean)).toBeLessThan(0.2);
});

test("a tensor gives what its rows give, and no tensor stays", async () => {
  const [a, b] = [rows(9, 5, 7), rows(9, 5, 8)];
  const [x, y] = [a, b].map((set) => tensor2d(set.map((row) => Array.from(row))));
  const before = memory().numTensors;
  expect(await frechetDistance(x, y)).toBe(await frechetDistance(a, b));
  expect(memory().numTensors).toBe(before);
  x.dispose();
  y.dispose();
});

test("kernelDistance of more rows than are multiplied at once is the mean of its definition", async () => {
  const [a, b] = [rows(1030, 2, 9), rows(3, 2, 10)];
  const kernel = (x: ArrayLike<number>, y: ArrayLike<number>) => ((x[0] * y[0] + x[1] * y[1]) / 2 + 1) ** 3;
  const mean = (x: ArrayLike<number>[], y: ArrayLike<number>[]) => {
    const pairs = x.flatMap((one, i) =>
      y.filter((_, k) => x !== y || i !== k).map((other) => kernel(one, other)),
    );
    return pairs.reduce((sum, value) => sum + value, 0) / pairs.length;
  };
  expect(await kernelDistance(a, b)).toBeCloseTo(mean(a, a) + mean(b, b) - 2 * mean(a, b), 9);
});

test("any sizes against each other, below, at and above the width of a block", async () => {
  // For sets with features of their own, nothing is shared: the distance is the squares' sum, each set for itself.
  for (const size of [1, 31, 32, 33, 70])
    for (const count of [2, 33, 65]) {
      const [a, b] = [rows(count, size, 11), rows(count + 3, size, 12)];
      const padded = [
        a.map((row) => [...row, ...row.map(() => 0)]),
        b.map((row) => [...row.map(() => 0), ...row]),
      ];
      const square = (set: ArrayLike<number>[]) => {
        const means = Array.from(
          { length: size },
          (_, j) => set.reduce((sum, row) => sum + row[j], 0) / set.length,
        );
        const spread = set.reduce(
          (sum, row) => sum + means.reduce((part, m, j) => part + (row[j] - m) ** 2, 0),
          0,
        );
        return means.reduce((sum, m) => sum + m * m, 0) + spread / (set.length - 1);
      };
      expect(await frechetDistance(padded[0], padded[1])).toBeCloseTo(square(a) + square(b), 8);
    }
});

test("sets with few different rows, as frames that stand still give, have a distance like any other", async () => {
  const rows = (count: number, different: number, d: number, seed: number) => {
    const values = normalValues(different * d, seed);
    return Array.from({ length: count }, (_, i) => [
      ...values.slice((i % different) * d, ((i % different) + 1) * d),
    ]);
  };
  for (const [n, different, d] of [
    [72, 6, 64],
    [288, 24, 100],
    [40, 2, 33],
  ]) {
    const [still, moving] = [rows(n, different, d, 1), rows(n, n, d, 2)];
    expect(Math.abs(await frechetDistance(still, still))).toBeLessThan(1e-9);
    const [there, back] = [await frechetDistance(still, moving), await frechetDistance(moving, still)];
    expect(there).toBeGreaterThan(1);
    expect(back).toBeCloseTo(there, 8);
  }
});

test("progress goes from 0 to 1 and never back", async () => {
  const heard: number[] = [];
  await frechetDistance(rows(200, 70, 13), rows(150, 70, 14), { onProgress: (share) => heard.push(share) });
  expect(heard.length).toBeGreaterThan(4);
  expect(heard).toEqual([...heard].sort((a, b) => a - b));
  expect(heard[0]).toBeGreaterThan(0);
  expect(heard.at(-1)).toBe(1);
});

test("sets that have no covariance, or do not match, are refused by name", async () => {
  const set = rows(4, 3, 1);
  const refused = (result: Promise<number>, message: string) => expect(result).rejects.toThrow(message);
  await refused(frechetDistance(set.slice(0, 1), set), "truth has 1 samples; expected at least 2");
  await refused(frechetDistance(set, rows(4, 2, 1)), "truth has 3 features and guess 2");
  for (const bad of [Number.NaN, Infinity])
    await refused(frechetDistance(set, [[1, 2, bad], ...set]), `guess holds ${bad} in sample 0`);
  await refused(kernelDistance(set, [[1, 2], ...set]), "guess has rows of 2 and of 3 features");
});

describe("frechetLimit", () => {
  const clips = (count: number, seed: number, shift: number) =>
    rows(count, 8, seed).map((row) => [Array.from(row, (value) => value + shift)]);

  test("takes off what few samples add: on average less than a third of it is left", async () => {
    const off = { limit: 0, all: 0 };
    for (let pair = 1; pair <= 12; pair++) {
      const [truth, guess] = [clips(60, 10 + pair, 0), clips(60, 30 + pair, 0.5)];
      off.limit += (await frechetLimit(truth, guess, { seed: pair })).value - 8 * 0.5 ** 2;
      off.all += (await frechetDistance(truth.flat(), guess.flat())) - 8 * 0.5 ** 2;
    }
    expect(off.all).toBeGreaterThan(0);
    expect(Math.abs(off.limit)).toBeLessThan(off.all / 3);
  });

  test("tells the points of its line, evenly spaced in 1/n, and an interval", async () => {
    const [truth, guess] = [clips(100, 21, 0), clips(100, 22, 0.5)];
    const { value, interval, points, dimension } = await frechetLimit(truth, guess, { seed: 1 });
    const all = await frechetDistance(truth.flat(), guess.flat());
    expect(interval[0]).toBeLessThan(value);
    expect(interval[1]).toBeGreaterThan(value);
    expect(points.map(({ samples }) => samples)).toEqual([50, 54, 59, 64, 70, 78, 88, 100]);
    expect(points[7].value).toBeCloseTo(all, 9);
    expect(dimension).toBe(8);
  });

  test("refuses fewer samples than a line needs", async () => {
    await expect(frechetLimit(clips(16, 1, 0), clips(40, 2, 0), { seed: 1 })).rejects.toThrow(
      "half of the clips hold 8 samples of 8 features; expected more samples than features",
    );
  });
});
