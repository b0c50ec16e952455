/** Networks with weights made by a recipe, against the reference implementations with the same weights. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  concat,
  dispose,
  engine,
  memory,
  ones,
  type Tensor,
  type Tensor4D,
  type Tensor5D,
  tensor5d,
  tidy,
} from "@tensorflow/tfjs";
import {
  compile,
  dreamsim,
  dreamsimEmbedding,
  dreamsimInput,
  i3dFeatures,
  inceptionFeatures,
  type LpipsNetwork,
  lpips,
  pillowResize,
  uniformNoise,
  useBackend,
} from "vid2world";
import { afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { image, perturb, recipeWeights } from "./recipe.js";

const recorded = JSON.parse(readFileSync(join(__dirname, "../fixtures/metric/networks.json"), "utf8"));

beforeAll(() => useBackend("wasm"));
beforeEach(() => engine().startScope()); // frees what a test makes
afterEach(() => engine().endScope());

function video(frames: Uint8Array[], height: number, width: number): Tensor5D {
  const bytes = frames.flatMap((frame) => [...frame]);
  return tensor5d(
    Float32Array.from(bytes, (value) => value / 255),
    [1, frames.length, height, width, 3],
  );
}

/** Length of the difference, in lengths of the recorded vector. */
function gap(ours: ArrayLike<number>, theirs: number[]): number {
  const square = (values: number[]) => values.reduce((sum, value) => sum + value * value, 0);
  return Math.sqrt(square(theirs.map((value, i) => ours[i] - value)) / square(theirs));
}

/** Each square of so many pixels replaced by its mean. */
function coarse(frames: Tensor5D, pixels: number): Tensor5D {
  const [, , height, width] = frames.shape;
  const tiles = frames.reshape([height / pixels, pixels, width / pixels, pixels, 3]);
  return tiles.mean([1, 3], true).tile([1, pixels, 1, pixels, 1]).reshape(frames.shape) as Tensor5D;
}

/** Weights whose linear layers are all one: LPIPS without what it learned. */
function lpipsWeights(network: LpipsNetwork): Record<string, Tensor> {
  const channels = {
    alex: [64, 192, 384, 256, 256],
    vgg: [64, 128, 256, 512, 512],
    squeeze: [64, 128, 256, 384, 384, 512, 512],
  };
  const linear = channels[network].map((count, i) => [`lin${i}.model.1.weight`, ones([1, count, 1, 1])]);
  return { ...recipeWeights(recorded.lpips[network].shapes), ...Object.fromEntries(linear) };
}

describe("LPIPS", () => {
  const first = image(64, 64, 1001);
  for (const network of ["alex", "vgg", "squeeze"] as const)
    test(`${network}: the recorded distances, zero for equal frames, one tensor left`, () => {
      const weights = lpipsWeights(network);
      const [a, b] = [video([first], 64, 64), video([perturb(first, 1002)], 64, 64)];
      const [c, d] = [1003, 1004].map((offset) => video([image(75, 96, offset)], 75, 96));
      const before = memory().numTensors;
      const distance = lpips(weights, a, b, { network });
      expect(memory().numTensors).toBe(before + 1);
      const [small, large] = recorded.lpips[network].withoutLinear;
      expect(Math.abs(distance.dataSync()[0] / small - 1)).toBeLessThan(1e-5);
      expect(Math.abs(lpips(weights, c, d, { network }).dataSync()[0] / large - 1)).toBeLessThan(1e-5);
      expect(lpips(weights, a, a, { network }).dataSync()[0]).toBe(0);
    });

  test("a batch holds the values of its frames, in order", () => {
    const weights = lpipsWeights("alex");
    const [truth, guess] = [1, 2].map((seed) => uniformNoise([2, 2, 40, 33, 3], seed) as Tensor5D);
    const whole = lpips(weights, truth, guess, { network: "alex" });
    expect(whole.shape).toEqual([2, 2]);
    const single = (x: Tensor5D) => x.slice([1, 0, 0, 0, 0], [1, 1, 40, 33, 3]) as Tensor5D;
    const alone = lpips(weights, single(truth), single(guess), { network: "alex" }).dataSync()[0];
    expect(whole.dataSync()[2]).toBeCloseTo(alone, 6);
  });

  test("symmetric, and more with more noise and more blur", () => {
    const weights = lpipsWeights("alex");
    const truth = video([image(40, 48, 1005)], 40, 48);
    const noise = uniformNoise([1, 1, 40, 48, 3], 3).sub(0.5) as Tensor5D;
    const read = (a: Tensor5D, b: Tensor5D) => lpips(weights, a, b, { network: "alex" }).dataSync()[0];
    const noisy = [0.1, 0.3, 0.8].map((s) => truth.add(noise.mul(s)).clipByValue(0, 1) as Tensor5D);
    const blurred = [2, 4, 8].map((pixels) => coarse(truth, pixels));
    for (const guesses of [noisy, blurred]) {
      const distances = guesses.map((guess) => read(truth, guess));
      expect(distances).toEqual([...distances].sort((a, b) => a - b));
      expect(distances[0]).toBeGreaterThan(0);
      expect(read(guesses[1], truth)).toBeCloseTo(distances[1], 6);
    }
  });

  test("values that are not finite or outside [0, 1] are refused by every network, before its weights are read", () => {
    const frames = uniformNoise([1, 9, 31, 31, 3], 1) as Tensor5D;
    for (const [bad, said] of [
      [frames.mul(255), /holds \d/],
      [frames.div(0), /holds (NaN|Infinity)/],
    ] as const) {
      const given = bad as Tensor5D;
      expect(() => lpips({}, frames, given, { network: "alex" })).toThrow(said);
      expect(() => inceptionFeatures({}, given)).toThrow(said);
      expect(() => i3dFeatures({}, given)).toThrow(said);
      expect(() => dreamsimEmbedding({}, given.squeeze<Tensor4D>([0]))).toThrow(said);
    }
  });

  test("weights of another network, missing ones and small frames are refused by name", () => {
    const weights = lpipsWeights("alex");
    const frame = uniformNoise([1, 1, 32, 32, 3], 1) as Tensor5D;
    expect(() => lpips(weights, frame, frame, { network: "vgg" })).toThrow(
      "lpips: features.0.weight is [64,3,11,11]; expected [64,3,3,3]. Are these the weights of another network?",
    );
    const { "lin2.model.1.weight": _, ...incomplete } = weights;
    expect(() => lpips(incomplete, frame, frame, { network: "alex" })).toThrow(
      /hold no lin2\.model\.1\.weight/,
    );
    const small = frame.slice([0, 0, 0, 0, 0], [1, 1, 20, 32, 3]) as Tensor5D;
    expect(() => lpips(weights, small, small, { network: "alex" })).toThrow(/20×32 .* at least 31×31/);
  });
});

test("Inception gives the recorded 2048 features, in any company", async () => {
  const weights = recipeWeights(recorded.inception.shapes);
  const frame = video([image(128, 160, 1101)], 128, 160);
  const other = uniformNoise([1, 1, 128, 160, 3], 1) as Tensor5D;
  const features = compile((x: Tensor5D) => inceptionFeatures(weights, x), { freeze: weights });
  const pair = concat([other, frame]) as Tensor5D;
  (await features(pair)).dispose(); // traces
  const before = memory().numTensors;
  const both = await features(pair);
  expect(memory().numTensors).toBe(before + 1);
  expect(both.shape).toEqual([2, 2048]);
  expect(gap(both.dataSync().subarray(2048), recorded.inception.features)).toBeLessThan(1e-5);
  await features.dispose();
  dispose([both]);
  expect(() => inceptionFeatures({}, frame)).toThrow(/inceptionFeatures: the weights hold no Conv2d_1a_3x3/);
});

/** Weights with their low-rank additions added, half of each as in DreamSim's training. */
function withAdditions(weights: Record<string, Tensor>): Record<string, Tensor> {
  const added = { ...weights };
  for (const name of Object.keys(weights).filter((name) => name.endsWith(".attn.qkv.weight"))) {
    const [up, down] = ["lora_B", "lora_A"].map((part) => weights[name.replace("weight", part)]);
    added[name] = weights[name].add(up.matMul(down).mul(0.5));
  }
  return added;
}

describe("DreamSim", () => {
  const { shapes, heads, cases, embedding } = recorded.dreamsim;

  test("the recorded vector and distances, zero for equal frames, one tensor left", async () => {
    const weights = withAdditions(recipeWeights(shapes, 1));
    const first = image(32, 32, 1301);
    const vector = dreamsimEmbedding(weights, video([first], 32, 32).squeeze<Tensor4D>([0]), { heads });
    const worst = Math.max(...Array.from(vector.dataSync(), (value, i) => Math.abs(value - embedding[i])));
    expect(worst).toBeLessThan(1e-6);
    const pairs = [
      [first, perturb(first, 1302)],
      [image(32, 32, 1303), image(32, 32, 1304)],
    ];
    for (const [i, [a, b]] of pairs.entries()) {
      const [truth, guess] = [video([a], 32, 32), video([b], 32, 32)];
      const before = memory().numTensors;
      const distance = await dreamsim(weights, truth, guess, { heads });
      expect(memory().numTensors).toBe(before + 1);
      expect(distance.shape).toEqual([1, 1]);
      expect(Math.abs(distance.dataSync()[0] - cases[i].distance)).toBeLessThan(1e-6);
      const same = await dreamsim(weights, truth, truth, { heads });
      expect(same.dataSync()[0]).toBe(0);
      const [turned, twice] = [
        await dreamsim(weights, guess, truth, { heads }),
        await dreamsim(weights, concat([truth, truth]) as Tensor5D, concat([truth, guess]) as Tensor5D, {
          heads,
        }),
      ];
      const [value] = distance.dataSync();
      expect(turned.dataSync()[0]).toBeCloseTo(value, 6);
      expect([...twice.dataSync()]).toEqual([0, value].map((v) => expect.closeTo(v, 6)));
    }
  });

  test("frames are cut to 8 bits and resized as Pillow does", async () => {
    const bytes = image(40, 50, 7);
    const below = Float32Array.from(bytes, (value) => Math.min(1, (value + 0.9) / 255.001)); // truncated, not rounded
    const frames = tensor5d(below, [1, 1, 40, 50, 3]);
    const prepared = await dreamsimInput(frames, 32);
    const expected = pillowResize(bytes, [40, 50, 3], [32, 32], "bicubic");
    expect(Array.from(prepared.dataSync(), (value) => Math.round(value * 255))).toEqual([...expected]);
  });
});

test("I3D gives the recorded 400 numbers, in any company", async () => {
  const weights = recipeWeights(recorded.i3d.shapes);
  const base = image(224, 224, 1202);
  const frames = Array.from({ length: 12 }, (_, t) =>
    base.map((_, k) => {
      const [c, x, y] = [k % 3, Math.floor(k / 3) % 224, Math.floor(k / 3 / 224)];
      return base[(y * 224 + ((x - 3 * t + 224) % 224)) * 3 + c];
    }),
  );
  const logits = compile((x: Tensor5D) => i3dFeatures(weights, x), { freeze: weights });
  const other = uniformNoise([1, 12, 224, 224, 3], 2) as Tensor5D;
  const result = await logits(concat([other, video(frames, 224, 224)]) as Tensor5D);
  expect(result.shape).toEqual([2, 400]);
  expect(gap(result.dataSync().subarray(400), recorded.i3d.logits)).toBeLessThan(1e-5);
  await logits.dispose();
  dispose([result]);
  const short = tidy(() => uniformNoise([1, 8, 16, 16, 3], 1) as Tensor5D);
  expect(() => i3dFeatures(weights, short)).toThrow("video has 8 frames; expected at least 9");
});
