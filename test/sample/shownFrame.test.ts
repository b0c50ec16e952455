import { memory, type Tensor2D, type Tensor5D, tensor2d } from "@tensorflow/tfjs";
import {
  type CacheMode,
  causalize,
  createVideoUnet,
  createWorld,
  normalNoise,
  unetDenoise,
  type VideoUnet,
  type World,
} from "vid2world";
import { expect, test } from "vitest";
import { gap, masks, rolledOut } from "./rolledOut.js";
import { loudUnet, smallConfig } from "./small.js";

const base = loudUnet({ ...smallConfig, channelMultipliers: [1] }, 1);

/** A causal network that is shown the previous frame beside each, or the first one. */
function shown(shownFrame: "first" | "previous", mask: (typeof masks)[number] = "causal"): VideoUnet {
  const causal = causalize(base, { transfer: "extrapolative", mask });
  return { ...causal, config: { ...causal.config, shownFrame } };
}

const worldOf = (network: VideoUnet) => createWorld(network, { lengths: [8, 12], threads: 1 });
const frames = (world: World, cache: CacheMode, window = 12) =>
  rolledOut(world, cache, { frames: 7, steps: 3, window });

test.each(masks)("shown the previous frame, exact equals none: %j", async (mask) => {
  const world = worldOf(shown("previous", mask));
  const none = await frames(world, "none");
  expect(gap(none.values, (await frames(world, "exact")).values)).toBeLessThan(1e-4);
  const first = await frames(worldOf(shown("first", mask)), "none");
  expect(gap(none.values, first.values)).toBeGreaterThan(1e-3);
});

test("shown the previous frame, rebuild equals none on a moving window, and leaves only its frames", async () => {
  const world = worldOf(shown("previous"));
  const none = await frames(world, "none", 4);
  const before = memory().numTensors;
  expect(gap(none.values, (await frames(world, "rebuild", 4)).values)).toBeLessThan(1e-4);
  expect(memory().numTensors).toBe(before);
});

test("a frame for each is the same as one frame for all where they are equal, and frame t sees its own alone", () => {
  const x = normalNoise([1, 3, 4, 4, 2], 3) as Tensor5D;
  const level = tensor2d([[5, 5, 500]]) as Tensor2D;
  const one = normalNoise([1, 1, 4, 4, 2], 4) as Tensor5D;
  const network = shown("previous");
  const ask = (firstFrame: Tensor5D) => unetDenoise(network)({ x, level, firstFrame }).dataSync();
  const forAll = ask(one);
  expect([...ask(one.tile([1, 3, 1, 1, 1]))]).toEqual([...forAll]);
  const changed = ask(one.tile([1, 2, 1, 1, 1]).concat(one.add(1), 1) as Tensor5D);
  expect([...changed.slice(0, 64)]).toEqual([...forAll.slice(0, 64)]); // frames 0 and 1
  expect(gap(changed.slice(64), forAll.slice(64))).toBeGreaterThan(1e-3);
});

test("a frame that is neither the first nor the previous is refused", () => {
  expect(() => createVideoUnet({ ...smallConfig, shownFrame: "last" as never }, 1)).toThrow(
    "config.shownFrame",
  );
});
