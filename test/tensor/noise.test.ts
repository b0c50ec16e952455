import { memory } from "@tensorflow/tfjs";
import { deriveSeed, normalNoise, normalValues, uniformValues } from "vid2world";
import { expect, test } from "vitest";

test("equal seeds give equal bits, and a longer draw starts with the shorter one", () => {
  const long = normalValues(1001, 7);
  expect(normalValues(10, 7)).toEqual(long.slice(0, 10));
  expect(normalValues(10, 8)).not.toEqual(long.slice(0, 10));
});

test("Philox4x32-10 agrees with its definition in exact big integers", () => {
  const uniform = uniformValues(4, 1);
  const reference = philoxReference(1n);
  expect([...uniform]).toEqual(reference.map((word) => Number(word >> 8n) * 2 ** -24));
});

test("normal noise has mean 0, variance 1 and no correlation between neighbours", () => {
  const count = 100_000;
  const values = normalValues(count, 3);
  const mean = values.reduce((sum, v) => sum + v, 0) / count;
  const variance = values.reduce((sum, v) => sum + v * v, 0) / count;
  const neighbours = values.reduce((sum, v, i) => sum + v * (values[i + 1] ?? 0), 0) / count;
  expect(Math.abs(mean)).toBeLessThan(0.01);
  expect(Math.abs(variance - 1)).toBeLessThan(0.015);
  expect(Math.abs(neighbours)).toBeLessThan(0.01);
});

test("a noise tensor has the shape asked for and is the only tensor left", () => {
  const before = memory().numTensors;
  const noise = normalNoise([2, 3, 5], 1);
  expect(noise.shape).toEqual([2, 3, 5]);
  expect(memory().numTensors).toBe(before + 1);
  noise.dispose();
});

test("derived seeds differ along every path and repeat for the same one", () => {
  const seeds = Array.from({ length: 1000 }, (_, step) => deriveSeed(1, step));
  expect(new Set([...seeds, deriveSeed(1, 1, 2), deriveSeed(1, 2, 1)]).size).toBe(1002);
  expect(deriveSeed(1, 999)).toBe(seeds[999]);
});

test("seed 0 is refused by name", () => {
  expect(() => normalValues(1, 0)).toThrow("normalValues: seed is 0; expected a whole number from 1");
});

/** The generator once more in exact big integers, straight from the paper's definition, for counter 0. */
function philoxReference(seed: bigint): bigint[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = [0n, 0n, 0n, 0n];
  let [k0, k1] = [seed & mask, seed >> 32n];
  for (let round = 0; round < 10; round++) {
    const p0 = 0xd2511f53n * c0;
    const p1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [(p1 >> 32n) ^ c1 ^ k0, p1 & mask, (p0 >> 32n) ^ c3 ^ k1, p0 & mask];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3];
}
