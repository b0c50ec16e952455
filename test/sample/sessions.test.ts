import { createRequire } from "node:module";
import type { Tensor4D } from "@tensorflow/tfjs";
import {
  type CacheMode,
  causalize,
  createFrameCodec,
  createWorld,
  createWorldModel,
  uniformNoise,
} from "vid2world";
import { expect, test, vi } from "vitest";
import { leastConfig } from "./rolledOut.js";
import { loudUnet } from "./small.js";

const { InferenceSession }: typeof import("onnxruntime-node") = createRequire(import.meta.url)(
  "onnxruntime-node",
);

const network = causalize(loudUnet({ ...leastConfig, inChannels: 6, outChannels: 3 }, 1), {
  transfer: "extrapolative",
});

/** Sessions that ONNX Runtime has opened after each of 40 frames that follow a given one. */
async function sessionsOpened(cache: CacheMode): Promise<number[]> {
  const open = vi.spyOn(InferenceSession, "create");
  const codec = createFrameCodec({ kind: "pixels" });
  const options = { steps: 2, window: 20, strength: 2, cache, seed: 1 };
  const model = createWorldModel(createWorld(network, { threads: 1 }), codec, options);
  await model.reset(uniformNoise([1, 2, 2, 3], 1) as Tensor4D);
  const opened: number[] = [];
  for (let frame = 0; frame < 40; frame++) {
    (await model.step([1, 0, 0])).dispose();
    opened.push(open.mock.calls.length);
  }
  await model.dispose();
  open.mockRestore();
  return opened;
}

test("without a cache, a session is opened for each padded length of the window, not for each length", async () => {
  const opened = await sessionsOpened("none");
  const lengths = opened.map((_, frame) => Math.min(frame + 2, 20)); // of the window, the new frame included
  expect(opened).toEqual(lengths.map((length) => Math.ceil(Math.log2(length)))); // 2, 4, 8, 16 and 32
});

test.each(["rolling", "rebuild"] as const)(
  "%s: no session is opened after the first frames",
  async (cache) => {
    const opened = await sessionsOpened(cache);
    expect(opened[0]).toBeGreaterThan(0);
    expect(opened[39]).toBe(opened[1]);
    expect(opened[39]).toBeLessThanOrEqual(2); // a step, and the pass that remembers a frame
  },
);

test("exact: sessions are opened when the room for frames doubles, and at no other frame", async () => {
  const opened = await sessionsOpened("exact");
  const news = opened.map((count, frame) => count - (opened[frame - 1] ?? 0));
  expect(opened[39]).toBeLessThanOrEqual(3 * 2); // room for 19, 38 and 76 frames
  expect(news.filter((count) => count > 0).length).toBeLessThanOrEqual(3 * 2);
  expect(news.slice(2, 18)).toEqual(Array(16).fill(0));
});
