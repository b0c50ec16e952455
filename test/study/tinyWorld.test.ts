import { dispose, memory } from "@tensorflow/tfjs";
import {
  auditCausality,
  type ClipSet,
  type Clips,
  trainTinyBase,
  trainTinyWorld,
  uniformValues,
  useBackend,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";

beforeAll(() => useBackend());

const set: ClipSet = { sources: ["tabletop"], clips: 2, frames: 9, seed: 1 };
const chance = uniformValues(2 * 9 * 64 * 64 * 3, 5);
const clips: Clips = {
  pictures: Uint8Array.from(chance, (value) => 255 * value),
  actions: Float32Array.from(uniformValues(2 * 9 * 3, 6)),
  actionSize: 3,
  fps: [3, 3],
  hash: "",
};
const quick = { updates: 2, seed: 1, threads: 1 } as const;

test("a passive base sees the future; the world made of it does not, takes actions, and keeps no tensor back", async () => {
  const before = memory().numTensors;
  const base = await trainTinyBase(set, clips, quick);
  expect(base.losses).toHaveLength(2);
  expect(base.latents.shape).toEqual([2, 9, 8, 8, 10]);
  const world = await trainTinyWorld(base, quick);
  expect(world.network.config.actionSize).toBe(3);
  expect(auditCausality(base.network).largest).toBeGreaterThan(0);
  expect(auditCausality(world.network).largest).toBe(0);
  dispose([base.latents, base.codec.mean, base.codec.basis]);
  dispose(base.network.weights as never);
  dispose(world.network.weights as never);
  expect(memory().numTensors).toBe(before);
});

test("equal seeds give equal weights; clips without actions give a world without", async () => {
  const passive = { ...clips, actions: new Float32Array(), actionSize: 0 };
  const once = await trainTinyBase(set, passive, quick);
  const again = await trainTinyBase(set, passive, quick);
  const name = "input_blocks.0.0.weight";
  expect(once.network.weights[name].dataSync()).toEqual(again.network.weights[name].dataSync());
  const world = await trainTinyWorld(once, quick);
  expect(world.network.config.actionSize).toBe(0);
});

test("clips shorter than a training window are refused by name", async () => {
  const short = { ...set, frames: 7 };
  await expect(trainTinyBase(short, clips, quick)).rejects.toThrow(/trainTinyBase: frames of a clip is 7/);
});
