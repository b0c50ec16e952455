import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispose, memory, type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import {
  clipFeatures,
  createInverseDynamics,
  createStateReader,
  createTrainer,
  createVideoEncoder,
  type FeatureNetwork,
  frameFeatures,
  labFrechet,
  labNetworkName,
  labPerceptual,
  loadLabNetwork,
  readStates,
  requireSameNetwork,
  saveLabNetwork,
  saveWeights,
  stateReaderObjective,
  uniformNoise,
  useBackend,
  type VideoEncoder,
  videoEncoderObjective,
} from "vid2world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { episodes, size } from "./squares.js";

const folder = mkdtempSync(join(tmpdir(), "lab-"));
afterAll(() => rmSync(folder, { recursive: true }));

const trunk = { size, channels: [8, 16], places: 8, width: 16 } as const;
const config = { kind: "videoEncoder", ...trunk, state: 4, action: 3 } as const;
let encoder: VideoEncoder;
const losses: number[] = [];

beforeAll(async () => {
  await useBackend("wasm");
  const trainer = createTrainer(createVideoEncoder(config, 1), {
    objective: videoEncoderObjective(config),
    optimizer: { rate: 0.01 },
    seed: 1,
    threads: 1,
  });
  for (let step = 0; step < 150; step++) {
    const batch = episodes(8, 5, 100 + step);
    losses.push((await trainer.step(batch)).loss);
    dispose(Object.values(batch));
  }
  encoder = trainer.snapshot();
  trainer.dispose();
}, 60_000);

const none = { resamples: 0, seed: 1 };

test("learning to tell state and action lowers the loss to less than half", () => {
  expect(losses.at(-1)).toBeLessThan(losses[0] / 2);
});

test("features have one row for each frame and clip, leave one tensor each, and a clip's company changes nothing", () => {
  const { frames } = episodes(3, 5, 1);
  const before = memory().numTensors;
  const features = frameFeatures(encoder, frames);
  const clips = clipFeatures(encoder, frames);
  expect(memory().numTensors).toBe(before + 2);
  expect(features.shape).toEqual([3, 5, 16]);
  expect(clips.shape).toEqual([3, 16]);
  const alone = clipFeatures(encoder, frames.slice([1], [1]) as Tensor5D);
  expect([...alone.dataSync()]).toEqual(
    Array.from(clips.dataSync().slice(16, 32), (v) => expect.closeTo(v, 5)),
  );
});

/** Frames with noise of a fixed pattern, kept in range. */
const noisy = (frames: Tensor5D, strength: number) =>
  tidy(() => frames.add(uniformNoise(frames.shape, 9).sub(0.5).mul(strength)).clipByValue(0, 1) as Tensor5D);

describe("labPerceptual", () => {
  test("zero for equal frames, symmetric, more with more noise, frame by frame; no tensor stays", async () => {
    const { frames } = episodes(2, 3, 2);
    const noise = [0, 0.1, 0.3, 0.6].map((strength) => noisy(frames, strength));
    const before = memory().numTensors;
    const results = [];
    for (const guess of noise) results.push(await labPerceptual(encoder, frames, guess));
    expect(memory().numTensors).toBe(before);
    expect(results[0].distance).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
    for (const clip of [0, 1])
      for (const frame of [0, 1, 2]) {
        const values = results.map(({ distance }) => distance[clip][frame]);
        expect(values).toEqual([...values].sort((a, b) => a - b));
        expect(values[3]).toBeGreaterThan(values[1]);
      }
    const turned = await labPerceptual(encoder, noise[3], frames);
    expect(turned.distance).toEqual(results[3].distance.map((row) => row.map((v) => expect.closeTo(v, 6))));
    expect(turned.network).toBe(await labNetworkName(encoder));
  });
});

describe("labFrechet", () => {
  test("zero for one set, symmetric, more with more noise, and named by the encoder's weights", async () => {
    const { frames } = episodes(24, 4, 3);
    const before = memory().numTensors;
    const values: number[] = [];
    for (const strength of [0, 0.3, 0.8]) {
      const guess = noisy(frames, strength);
      const result = await labFrechet(encoder, frames, guess, none);
      values.push(result.value);
      expect(result).toMatchObject({ network: await labNetworkName(encoder), dimension: 16 });
      expect(result.samples).toEqual({ truth: 24, guess: 24 });
      if (strength === 0.8)
        expect((await labFrechet(encoder, guess, frames, none)).value).toBeCloseTo(result.value, 6);
      guess.dispose();
    }
    expect(memory().numTensors).toBe(before);
    expect(Math.abs(values[0])).toBeLessThan(1e-9);
    expect(values).toEqual([...values].sort((a, b) => a - b));
  });

  test("one clip, other lengths and values outside [0, 1] are refused by name", async () => {
    const { frames } = episodes(3, 4, 4);
    const refused = (guess: Tensor5D, message: string) =>
      expect(labFrechet(encoder, frames, guess, none)).rejects.toThrow(message);
    await refused(frames.slice([0], [1]) as Tensor5D, "guess has 1 samples; expected at least 2");
    await refused(frames.slice([0, 0], [3, 3]) as Tensor5D, "clips have 4 and 3 frames");
    await refused(frames.mul(2) as Tensor5D, "labFrechet (guess): video holds");
    const wide = uniformNoise([3, 4, size, 2 * size, 3], 1) as Tensor5D;
    await refused(wide, `video is [3,4,16,32,3]; expected [batch, frame, 16, 16, 3]`);
  });
});

test("distances of other networks, or of other numbers of samples, cannot stand in one table", () => {
  const row = (network: FeatureNetwork, samples: number) => ({
    network,
    value: 1,
    kernel: 0,
    samples: { truth: samples, guess: samples },
    dimension: 64,
  });
  requireSameNetwork({ shift: row("lab 0123", 500), masked: row("lab 0123", 500) });
  expect(() =>
    requireSameNetwork({ ours: row("lab 0123", 500), paper: row("i3d minusOneToOne", 500) }),
  ).toThrow("ours is of lab 0123, 64 features, 500 and 500 samples; paper of i3d minusOneToOne, 64 features");
  expect(() => requireSameNetwork({ a: row("lab 0123", 500), b: row("lab 0124", 500) })).toThrow(/one table/);
  expect(() => requireSameNetwork({ a: row("inception", 500), b: row("inception", 499) })).toThrow(
    /one table/,
  );
});

describe("readStates", () => {
  const names = ["x", "y", "dx", "dy"];
  const scale = { stateNames: names, stateMean: [0.1, 0.2, 0.3, 0.4], stateDeviation: [0.7, 0.7, 0.7, 0.7] };
  const reading = { kind: "stateReader", ...trunk, ...scale } as const;

  test("learning lowers the loss; the file comes back with the same readings; no tensor stays but the result", async () => {
    const trainer = createTrainer(createStateReader(reading, 1), {
      objective: stateReaderObjective(reading),
      optimizer: { rate: 0.01 },
      seed: 1,
      threads: 1,
    });
    const losses: number[] = [];
    for (let step = 0; step < 150; step++) {
      const batch = episodes(8, 2, 100 + step);
      losses.push((await trainer.step(batch)).loss);
      dispose(Object.values(batch));
    }
    expect(losses.at(-1)).toBeLessThan(losses[0] / 2);
    const reader = trainer.snapshot();
    trainer.dispose();
    const path = join(folder, "reader.safetensors");
    await saveLabNetwork(path, reader);
    const loaded = await loadLabNetwork(path, "stateReader");
    const { frames } = episodes(3, 2, 9);
    const before = memory().numTensors;
    const read = readStates(loaded, frames);
    expect(memory().numTensors).toBe(before + 1);
    expect(read.shape).toEqual([3, 2, 4]);
    expect(read.arraySync()).toEqual(readStates(reader, frames).arraySync());
  });

  test("readings are in the states' own units: twice the deviation and a shifted mean move them so", () => {
    const reader = createStateReader(reading, 1);
    const other = { stateMean: [2, 3, 4, 5], stateDeviation: [1.4, 1.4, 1.4, 1.4] };
    const { frames } = episodes(1, 1, 9);
    const [a] = readStates(reader, frames).arraySync()[0];
    const [b] = readStates({ ...reader, config: { ...reading, ...other } }, frames).arraySync()[0];
    for (const [j, value] of b.entries())
      expect(value).toBeCloseTo(2 * (a[j] - scale.stateMean[j]) + other.stateMean[j], 4);
    expect(() => createStateReader({ ...reading, stateMean: [1] }, 1)).toThrow(/4 names, 1 means/);
  });
});

describe("files of the lab's networks", () => {
  test("come back with the same config, bits and name", async () => {
    const path = join(folder, "encoder.safetensors");
    await saveLabNetwork(path, encoder);
    const loaded = await loadLabNetwork(path, "videoEncoder");
    expect(loaded.config).toEqual(config);
    expect(await labNetworkName(loaded)).toBe(await labNetworkName(encoder));
    expect(await labNetworkName(createVideoEncoder(config, 2))).not.toBe(await labNetworkName(encoder));
  });

  test("another kind, a plain file and weights that do not fit are refused by name; no tensor stays", async () => {
    const shape = { kind: "inverseDynamics", ...trunk, window: 2 } as const;
    const other = createInverseDynamics({ ...shape, actionMean: [0], actionDeviation: [1] }, 1);
    const path = join(folder, "other.safetensors");
    const before = memory().numTensors;
    const refused = (message: string) =>
      expect(loadLabNetwork(path, "videoEncoder")).rejects.toThrow(message);
    await saveLabNetwork(path, other);
    await refused("holds a network of kind inverseDynamics; expected videoEncoder");
    const one = tensor([1]);
    await saveWeights(path, { one });
    await refused("holds no config; expected videoEncoder");
    const { "state.bias": _, ...incomplete } = encoder.weights;
    await saveLabNetwork(path, { config, weights: incomplete });
    await refused("state.bias in");
    await saveLabNetwork(path, { config, weights: { ...encoder.weights, one } });
    await refused("one in");
    one.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
