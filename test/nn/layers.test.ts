import { memory, type Tensor, type Tensor3D, type Tensor4D, tensor, tensor1d } from "@tensorflow/tfjs";
import { normalNoise, type Weights } from "vid2world";
import { attend, joinHeads, splitHeads } from "vid2world/dist/nn/attention.js";
import { convolveDoubled, convolveFrames, convolveImage } from "vid2world/dist/nn/convolution.js";
import { cumulativeGroupNorm } from "vid2world/dist/nn/cumulativeNorm.js";
import { sinusoidEmbedding } from "vid2world/dist/nn/embedding.js";
import { gelu, linear } from "vid2world/dist/nn/linear.js";
import { groupNorm, layerNorm } from "vid2world/dist/nn/norm.js";
import { expect, test } from "vitest";
import { farthest, readTensors } from "../fixtures/fixtures.js";

const noise = <T extends Tensor>(shape: number[], seed: number) =>
  normalNoise<never>(shape as never, seed) as Tensor as T;
const affine = (channels: number): Weights => ({
  "n.weight": noise([channels], 1),
  "n.bias": noise([channels], 2),
});

/** One result, no other tensor left. */
function alone<T>(run: () => T, results = 1): T {
  const before = memory().numTensors;
  const value = run();
  expect(memory().numTensors).toBe(before + results);
  return value;
}

test("the level embedding is the official one, cosines first, also at an odd width", async () => {
  const io = await readTensors("dynamicrafter/ddim-schedule.safetensors");
  for (const width of [32, 33, 320]) {
    const embedding = alone(() => sinusoidEmbedding(io["timestep_embedding.t"], width));
    // at t = 999 one unit in the last place of a rate moves an angle by 6e-5
    expect(farthest(embedding, io[`timestep_embedding.dim${width}`])).toBeLessThan(1e-4);
  }
});

test("a linear layer multiplies by the transposed weight", () => {
  const weights = { "l.weight": tensor([1, 2, 3, 4, 5, 6], [3, 2]), "l.bias": tensor1d([0, 0, 10]) };
  const x = tensor([1, 10], [1, 1, 2]);
  expect(alone(() => linear(weights, "l", x)).arraySync()).toEqual([[[21, 43, 75]]]);
});

test("GELU is the exact one, not its tanh approximation", () => {
  // x Φ(x) from tables of the normal distribution
  const values = [...gelu(tensor1d([-1, 0, 0.5, 2])).dataSync()];
  for (const [i, expected] of [-0.1586553, 0, 0.3457312, 1.9544997].entries())
    expect(values[i]).toBeCloseTo(expected, 5);
});

test("a temporal convolution weighs frames by tap, earliest first", () => {
  const weights = { "c.weight": tensor([100, 10, 1], [1, 1, 3, 1, 1]), "c.bias": tensor1d([0.5]) };
  const x = tensor([1, 2, 3, 4], [1, 4, 1, 1]) as Tensor4D;
  const centred = alone(() => convolveFrames(weights, "c", x, 1, 1));
  expect([...centred.dataSync()]).toEqual([12.5, 123.5, 234.5, 340.5]);
  const causal = alone(() => convolveFrames(weights, "c", x, 2));
  expect([...causal.dataSync()]).toEqual([1.5, 12.5, 123.5, 234.5]);
});

test("an image convolution reads PyTorch's layout: rows, then columns", () => {
  const kernel = tensor([0, 1, 0, 0, 0, 2, 0, 0, 0], [1, 1, 3, 3]); // the pixel above, and twice the one to the right
  const weights = { "c.weight": kernel, "c.bias": tensor1d([0]) };
  const x = tensor([1, 2, 3, 4], [1, 2, 2, 1]) as Tensor4D;
  expect([...alone(() => convolveImage(weights, "c", x)).dataSync()]).toEqual([4, 0, 9, 2]);
});

test("a convolution of a doubled image is that of the image with every pixel repeated", () => {
  const weights = { "c.weight": noise([5, 4, 3, 3], 1), "c.bias": noise([5], 2) };
  const x = noise<Tensor4D>([2, 2, 3, 4], 3);
  const doubled = alone(() => convolveDoubled(weights, "c", x));
  expect(doubled.shape).toEqual([2, 4, 6, 5]);
  expect(farthest(doubled, convolveImage(weights, "c", x.resizeNearestNeighbor([4, 6])))).toBeLessThan(1e-5);
});

test("group norm gives every group mean 0 and variance 1 before scale and shift", () => {
  const weights = { "n.weight": tensor1d([1, 1, 1, 1]), "n.bias": tensor1d([0, 0, 0, 0]) };
  const x = noise<Tensor3D>([2, 5, 4], 3).mul(7).add(100) as Tensor3D;
  const normal = alone(() => groupNorm(weights, "n", x, 2, 1e-5));
  const grouped = normal.reshape([2, 5, 2, 2]);
  expect(grouped.mean([1, 3]).abs().max().dataSync()[0]).toBeLessThan(1e-5);
  for (const value of grouped.square().mean([1, 3]).dataSync()) expect(value).toBeCloseTo(1, 4);
});

test("norms do not see a shift or a scale of their input", () => {
  const x = noise<Tensor3D>([2, 6, 8], 4);
  const moved = x.mul(3).add(5) as Tensor3D;
  const weights = affine(8);
  const gap = farthest(groupNorm(weights, "n", x, 4, 1e-6), groupNorm(weights, "n", moved, 4, 1e-6));
  expect(gap).toBeLessThan(1e-4);
  expect(farthest(layerNorm(weights, "n", x), layerNorm(weights, "n", moved))).toBeLessThan(1e-4);
});

test("the cumulative norm is the frame norm at the first frame and the clip norm at the last", () => {
  const x = noise<Tensor4D>([2, 4, 6, 8], 5).add(noise<Tensor4D>([2, 4, 1, 8], 6).mul(3)) as Tensor4D;
  const weights = affine(8);
  const normal = alone(() => cumulativeGroupNorm(weights, "n", x, 4, 1e-5));
  const first = groupNorm(weights, "n", x.slice([0, 0], [2, 1]).reshape([2, 6, 8]), 4, 1e-5);
  expect(farthest(normal.slice([0, 0], [2, 1]).reshape([2, 6, 8]), first)).toBeLessThan(1e-5);
  const clip = groupNorm(weights, "n", x.reshape([2, 24, 8]), 4, 1e-5).reshape<Tensor4D>([2, 4, 6, 8]);
  expect(farthest(normal.slice([0, 3], [2, 1]), clip.slice([0, 3], [2, 1]))).toBeLessThan(1e-5);
});

test("the cumulative norm stays accurate where the mean is large", () => {
  const x = noise<Tensor4D>([2, 5, 6, 8], 7);
  const weights = affine(8);
  const normal = cumulativeGroupNorm(weights, "n", x, 4, 1e-5);
  const moved = cumulativeGroupNorm(weights, "n", x.add(1000), 4, 1e-5);
  expect(farthest(moved, normal)).toBeLessThan(2e-3); // a difference of squares would be off by a tenth and more
});

test("attention to one token is that token's value, and heads come back in order", () => {
  const value = noise<Tensor3D>([2, 1, 4], 8);
  const query = noise<Tensor3D>([2, 3, 4], 9);
  const seen = alone(() => attend(query, value, value));
  expect(farthest(seen, value.tile([1, 3, 1]))).toBeLessThan(1e-6);
  const x = noise<Tensor3D>([2, 3, 8], 10);
  expect(farthest(joinHeads(splitHeads(x, 4), 4), x)).toBe(0);
});
