import { memory, type Tensor4D, tensor, tensor4d } from "@tensorflow/tfjs";
import { poolPlaces } from "vid2world";
import { expect, test } from "vitest";

/** One heat map that looks at channel 0, and sees 1, 2, 3 and 4 times channel 1. */
const weights = {
  "pool.heat.weight": tensor([[100, 0]]),
  "pool.heat.bias": tensor([0]),
  "pool.seen.weight": tensor([
    [0, 1],
    [0, 2],
    [0, 3],
    [0, 4],
  ]),
  "pool.seen.bias": tensor([0, 0, 0, 0]),
};

/** A map of 2 × 4 positions: channel 0 marks a row and a column, channel 1 counts the positions. */
function marked(row: number, column: number): Tensor4D {
  const values = Array.from({ length: 8 }, (_, i) => [Number(i === 4 * row + column), i]);
  return tensor4d(values.flat(), [1, 2, 4, 2]);
}

test("a thing is found where it is, and what is seen is seen there; one tensor stays", () => {
  const map = marked(1, 2);
  const before = memory().numTensors;
  const pooled = poolPlaces(weights, "pool", map);
  expect(memory().numTensors).toBe(before + 1);
  expect([...pooled.dataSync()]).toEqual([0.25, 0.5, 6, 12, 18, 24].map((value) => expect.closeTo(value, 5)));
});

test("a thing that moves by one position is found one position on", () => {
  const [from, to] = [marked(0, 1), marked(0, 2)].map((map) => poolPlaces(weights, "pool", map).dataSync());
  expect(to[0] - from[0]).toBeCloseTo(2 / 4, 5);
  expect(to[1] - from[1]).toBeCloseTo(0, 5);
});

test("where nothing is hotter than the rest, the place is the middle and what is seen the mean", () => {
  const even = tensor4d(Array.from({ length: 8 }, (_, i) => [0, i]).flat(), [1, 2, 4, 2]);
  const [across, down, seen] = poolPlaces(weights, "pool", even).dataSync();
  expect([across, down, seen]).toEqual([0, 0, 3.5].map((value) => expect.closeTo(value, 5)));
});
