import { memory, oneHot, type Tensor3D, tensor1d } from "@tensorflow/tfjs";
import {
  type CacheMode,
  causalize,
  createWorld,
  normalNoise,
  type RolloutOptions,
  type TemporalMask,
  type TransferRule,
  type World,
} from "vid2world";
import { expect, test } from "vitest";
import { gap, masks, rolledOut } from "./rolledOut.js";
import { loudUnet, smallConfig } from "./small.js";

const config = { ...smallConfig, channelMultipliers: [1] };
const base = loudUnet(config, 1);

const worldOf = (transfer: TransferRule, mask: TemporalMask, norm: "frame" | "cumulative" = "frame") =>
  createWorld(causalize(base, { transfer, mask, norm }), { lengths: [8, 12, 17, 20], threads: 1 });

const frames = (world: World, cache: CacheMode, changes: Partial<RolloutOptions> = {}) =>
  rolledOut(world, cache, { frames: 7, steps: 3, ...changes });

test.each(masks)("exact equals none with cumulative norms: %j", async (mask) => {
  const world = worldOf("extrapolative", mask, "cumulative");
  const none = await frames(world, "none", { steps: 2 });
  expect(gap(none.values, (await frames(world, "exact", { steps: 2 })).values)).toBeLessThan(1e-4);
});

test("exact is not bound by the window; with all actions dropped it keeps both pasts; without actions it works too", async () => {
  const world = worldOf("extrapolative", "causal");
  const none = await frames(world, "none");
  expect(gap(none.values, (await frames(world, "exact", { window: 2 })).values)).toBeLessThan(1e-4);
  const all = await frames(world, "none", { nullAction: "all" });
  expect(gap(none.values, all.values)).toBeGreaterThan(1e-3);
  expect(gap(all.values, (await frames(world, "exact", { nullAction: "all" })).values)).toBeLessThan(1e-4);
  const bare = loudUnet({ ...config, actionSize: 0 }, 1);
  const passive = createWorld(causalize(bare, { transfer: "masked" }), { lengths: [8], threads: 1 });
  const changes = { actions: undefined };
  const free = await frames(passive, "none", changes);
  expect(gap(free.values, (await frames(passive, "exact", changes)).values)).toBeLessThan(1e-4);
});

test("with a cache, strength 0 does not know the newest action, bit for bit, and strength 1 runs one branch alone", async () => {
  const world = worldOf("extrapolative", "causal");
  const few = { frames: 3, rescale: 0 };
  const last = normalNoise([1, 20, 3], 4).add(
    oneHot(tensor1d([2], "int32"), 20).reshape([1, 20, 1]),
  ) as Tensor3D;
  const without = await frames(world, "exact", { ...few, strength: 0 });
  const withOther = await frames(world, "exact", { ...few, strength: 0, actions: last });
  expect(withOther.values).toEqual(without.values);
  const one = await frames(world, "exact", { ...few, strength: 1 });
  expect(one.frameEvaluations).toBe(3 * 3 + 3);
  expect((await frames(world, "exact", { ...few, strength: 1, actions: last })).values).not.toEqual(
    one.values,
  );
  expect(gap(one.values, (await frames(world, "exact", { ...few, strength: 1 + 1e-6 })).values)).toBeLessThan(
    1e-4,
  );
});

test("a world with cross-attention is told its tokens at every frame, cached or not", async () => {
  const seeing = loudUnet({ ...config, contextWidth: 6, imageTokens: true }, 1);
  const network = causalize(seeing, { transfer: "extrapolative" });
  const tokens = (seed: number) => normalNoise([1, 77 + 16, 6], seed) as Tensor3D;
  const world = createWorld(network, { lengths: [8], threads: 1, context: tokens(1) });
  const none = await frames(world, "none");
  expect(gap(none.values, (await frames(world, "exact")).values)).toBeLessThan(1e-4);
  const other = createWorld(network, { lengths: [8], threads: 1, context: tokens(2) });
  expect(gap(none.values, (await frames(other, "none")).values)).toBeGreaterThan(1e-3);
});

test("on a moving window rebuild equals none; rolling is another function, and says so", async () => {
  const world = worldOf("extrapolative", "causal");
  const none = await frames(world, "none", { window: 4 });
  const rebuilt = await frames(world, "rebuild", { window: 4 });
  expect(gap(none.values, rebuilt.values)).toBeLessThan(1e-4);
  expect(rebuilt.frameEvaluations).toBe(7 * 6 + 3 + 4 * 3); // 2S each; the first three added; then three for each of four
  const rolled = await frames(world, "rolling", { window: 4 });
  expect(gap(none.values, rolled.values)).toBeGreaterThan(1e-3);
  const within = await frames(world, "rolling", { window: 20 });
  expect(gap((await frames(world, "none")).values, within.values)).toBeLessThan(1e-4);
});

test("a rollout with a cache repeats its bits and leaves only its frames", async () => {
  const world = worldOf("extrapolative", "causal");
  const first = await frames(world, "exact");
  const before = memory().numTensors;
  for (const cache of ["exact", "rolling", "rebuild", "none"] as const)
    await frames(world, cache, { window: 4 });
  expect(memory().numTensors).toBe(before);
  expect((await frames(world, "exact")).values).toEqual(first.values);
});

test("a model that is not causal cannot be cached", async () => {
  await expect(frames(createWorld(base, { threads: 1 }), "exact")).rejects.toThrow(
    "the world's frames depend on later ones",
  );
});
