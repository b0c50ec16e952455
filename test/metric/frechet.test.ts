import { readFileSync } from "node:fs";
import { join } from "node:path";
import { memory, tensor2d } from "@tensorflow/tfjs";
import { frechetDistance, kernelDistance, normalValues } from "vid2world";
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
    test(one.case, () => {
      const truth = features(one.n1, one.d, one.offset1, one.kind1);
      const guess = features(one.n2, one.d, one.offset2, one.kind2).map((row) =>
        row.map((value) => value + one.shift_added_to_set2),
      );
      const distance = frechetDistance(truth, guess);
      expect(Math.abs(distance - one.fid_lowrank_nuclear_norm)).toBeLessThan(1e-10 * (1 + distance));
      expect(Math.abs(distance - one.fid_pytorch_fid_sqrtm)).toBeLessThan(1e-4); // noisier by its own form
    });

  for (const { d, offset, values } of recorded.small_sample_bias.slice(0, 1))
    test(`falls with the number of samples, d = ${d}`, () => {
      const rows = features(4096, d, offset, "mix");
      for (const { n, fid_same_distribution } of values.filter(({ n }: { n: number }) => n <= 64))
        expect(frechetDistance(rows.slice(0, n), rows.slice(2048, 2048 + n))).toBeCloseTo(
          fid_same_distribution,
          4,
        );
    });
});

const rows = (count: number, size: number, seed: number) =>
  Array.from({ length: count }, (_, i) => normalValues(size, seed * 1000 + i));

test("symmetric, zero for equal sets, and |shift|² for a shifted copy", () => {
  const [a, b] = [rows(30, 12, 1), rows(20, 12, 2)];
  expect(frechetDistance(a, b)).toBeCloseTo(frechetDistance(b, a), 9);
  expect(Math.abs(frechetDistance(a, a))).toBeLessThan(1e-11);
  const shifted = a.map((row) => Array.from(row, (value) => value + 0.5));
  expect(frechetDistance(a, shifted)).toBeCloseTo(12 * 0.25, 9);
});

test("invariant under a common rotation of the features", () => {
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
    expect(frechetDistance(a.map(turn), b.map(turn))).toBeCloseTo(frechetDistance(a, b), 9);
    expect(kernelDistance(a.map(turn), b.map(turn))).toBeCloseTo(kernelDistance(a, b), 9);
  }
});

test("grows with added noise", () => {
  const clean = rows(60, 10, 5);
  const noise = rows(60, 10, 6);
  for (const distance of [frechetDistance, kernelDistance]) {
    const values = [0, 0.5, 1, 2].map((strength) =>
      distance(
        clean,
        clean.map((row, i) => Array.from(row, (value, j) => value + strength * noise[i][j])),
      ),
    );
    expect(values).toEqual([...values].sort((a, b) => a - b));
  }
});

test("kernelDistance of {0, 1} and {0, 2} is 1 + 1 − 2 · 30 / 4", () => {
  expect(kernelDistance([[0], [1]], [[0], [2]])).toBeCloseTo(-13, 12);
});

test("kernelDistance of two draws from one distribution is around zero", () => {
  const values = Array.from({ length: 20 }, (_, i) =>
    kernelDistance(rows(20, 6, 10 + i), rows(20, 6, 50 + i)),
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  expect(Math.min(...values)).toBeLessThan(0);
  expect(Math.abs(mean)).toBeLessThan(0.2);
});

test("a tensor gives what its rows give, and no tensor stays", () => {
  const [a, b] = [rows(9, 5, 7), rows(9, 5, 8)];
  const [x, y] = [a, b].map((set) => tensor2d(set.map((row) => Array.from(row))));
  const before = memory().numTensors;
  expect(frechetDistance(x, y)).toBe(frechetDistance(a, b));
  expect(memory().numTensors).toBe(before);
  x.dispose();
  y.dispose();
});

test("sets that have no covariance, or do not match, are refused by name", () => {
  const set = rows(4, 3, 1);
  expect(() => frechetDistance(set.slice(0, 1), set)).toThrow("truth has 1 samples; expected at least 2");
  expect(() => frechetDistance(set, rows(4, 2, 1))).toThrow("truth has 3 features and guess 2");
  expect(() => frechetDistance(set, [[1, 2, Number.NaN], ...set])).toThrow("guess holds NaN in sample 0");
  expect(() => kernelDistance(set, [[1, 2], ...set])).toThrow("guess has rows of 2 and of 3 features");
});
