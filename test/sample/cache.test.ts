import { memory, type Tensor3D, type Tensor5D } from "@tensorflow/tfjs";
import {
  type CacheMode,
  causalize,
  createTrainer,
  createWorld,
  normalNoise,
  type RolloutOptions,
  rollout,
  type TemporalMask,
  type TransferRule,
  videoObjective,
  type World,
} from "vid2world";
import { expect, test } from "vitest";
import { loudUnet, smallConfig } from "./small.js";

const config = { ...smallConfig, channelMultipliers: [1] };
const base = loudUnet(config, 1);
const history = normalNoise([1, 1, 4, 4, 2], 3) as Tensor5D;
const actions = normalNoise([1, 20, 3], 4) as Tensor3D;

const worldOf = (transfer: TransferRule, mask: TemporalMask, norm: "frame" | "cumulative" = "frame") =>
  createWorld(causalize(base, { transfer, mask, norm }), { lengths: [8, 12, 17, 20], threads: 1 });

async function frames(world: World, cache: CacheMode, changes: Partial<RolloutOptions> = {}) {
  const made = await rollout(world, {
    history,
    ...(world.actionSize > 0 && { actions }),
    frames: 7,
    steps: 3,
    window: 20,
    strength: 2.5,
    rescale: 0.7,
    seed: 5,
    cache,
    ...changes,
  });
  expect(made.cache).toBe(cache);
  const values = made.frames.dataSync();
  made.frames.dispose();
  return { values, frameEvaluations: made.frameEvaluations };
}

/** Largest difference, relative to the largest value. */
function gap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`${a.length} values against ${b.length}`);
  let [difference, size] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference = Math.max(difference, Math.abs(a[i] - b[i]));
    size = Math.max(size, Math.abs(a[i]));
  }
  return Number.isFinite(difference) ? difference / size : Infinity;
}

test.each(["shift", "masked", "extrapolative"] as const)(
  "%s: after 16 frames of 50 guided steps the cache has drifted by no more than round-off",
  async (transfer) => {
    const world = worldOf(transfer, "causal");
    const options = { frames: 16, steps: 50, eta: 1 };
    const [exact, none] = [await frames(world, "exact", options), await frames(world, "none", options)];
    expect(gap(none.values, exact.values)).toBeLessThan(1e-4);
    expect(exact.frameEvaluations).toBe(16 * 2 * 50 + 16); // 2S + 1 for each frame
    expect(none.frameEvaluations).toBe(50 * 2 * (16 * 17 - (16 * 15) / 2));
  },
  300_000,
);

test("so on a trained model", async () => {
  const causal = causalize(base, { transfer: "extrapolative" });
  const trainer = createTrainer(causal, {
    objective: videoObjective(causal.config),
    optimizer: { rate: 5e-3, warmUp: 5, steps: 40 },
    seed: 1,
    threads: 1,
  });
  const clips = {
    x0: normalNoise([2, 6, 4, 4, 2], 7).cumsum(1).div(2) as Tensor5D,
    action: normalNoise([2, 6, 3], 8) as Tensor3D,
  };
  const losses: number[] = [];
  for (let step = 0; step < 40; step++) losses.push((await trainer.step(clips)).loss);
  expect(losses[39]).toBeLessThan(0.8 * losses[0]);
  const world = createWorld(trainer.snapshot(), { lengths: [8, 12, 17], threads: 1 });
  const options = { frames: 16, steps: 10 };
  const [exact, none] = [await frames(world, "exact", options), await frames(world, "none", options)];
  expect(gap(none.values, exact.values)).toBeLessThan(1e-4);
  trainer.dispose();
});

const masks = ["causal", { window: 3 }, { window: 2, sinks: 1 }] as TemporalMask[];

test.each([
  ...(["shift", "masked", "extrapolative"] as const).flatMap((transfer) =>
    masks.map((mask) => ({ transfer, mask, norm: "frame" as const })),
  ),
  ...masks.map((mask) => ({ transfer: "extrapolative" as const, mask, norm: "cumulative" as const })),
])("exact equals none: %j", async ({ transfer, mask, norm }) => {
  const world = worldOf(transfer, mask, norm);
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
