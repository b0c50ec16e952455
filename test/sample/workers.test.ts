import { createRequire } from "node:module";
import type { Worker } from "node:worker_threads";
import { memory, type Tensor3D, type Tensor4D } from "@tensorflow/tfjs";
import {
  type CacheMode,
  causalize,
  createFrameCodec,
  createWorld,
  createWorldModel,
  normalNoise,
  uniformNoise,
} from "vid2world";
import { expect, test } from "vitest";
import { gap, leastConfig, rolledOut } from "./rolledOut.js";
import { loudUnet } from "./small.js";

const threads = createRequire(import.meta.url)("node:worker_threads") as { Worker: typeof Worker };

const network = causalize(loudUnet(leastConfig, 1), { transfer: "extrapolative" });
const [one, two] = [createWorld(network, { threads: 1 }), createWorld(network, { workers: 2 })];

test.each([
  ["exact", {}],
  ["rolling", { window: 3 }],
  ["rebuild", { window: 3 }],
  ["exact", { strength: 1 }],
  ["exact", { nullAction: "all" }],
  ["exact", { guidedLevels: [200, 700] }],
] as const)("%s, %j: two threads make the frames of one, but for round-off", async (cache, changes) => {
  const given = { frames: 6, steps: 4, eta: 1, ...changes };
  const alone = await rolledOut(one, cache, given);
  const shared = await rolledOut(two, cache, given);
  expect(gap(alone.values, shared.values)).toBeLessThan(1e-4);
  expect(shared.frameEvaluations).toBe(alone.frameEvaluations);
  expect((await rolledOut(two, cache, given)).values).toEqual(shared.values);
});

test("a world with cross-attention tells its tokens to both threads", async () => {
  const seeing = causalize(loudUnet({ ...leastConfig, attentionAt: [1], contextWidth: 6 }, 1), {
    transfer: "shift",
  });
  const context = normalNoise([1, 5, 6], 1) as Tensor3D;
  const values = [1, 2].map(async (workers) => {
    const world = createWorld(seeing, { context, threads: 1, workers: workers as 1 | 2 });
    return (await rolledOut(world, "exact", { frames: 2, steps: 2 })).values;
  });
  expect(gap(await values[0], await values[1])).toBeLessThan(1e-4);
});

const pixels = causalize(loudUnet({ ...leastConfig, inChannels: 6, outChannels: 3 }, 1), {
  transfer: "extrapolative",
});
const played = (cache: CacheMode) =>
  createWorldModel(createWorld(pixels, { workers: 2 }), createFrameCodec({ kind: "pixels" }), {
    ...{ steps: 2, window: 4, strength: 2, cache, seed: 1 },
  });
const start = uniformNoise([1, 4, 4, 3], 1) as Tensor4D;

async function walk(model: ReturnType<typeof played>, frames: number): Promise<number[]> {
  const seen: number[] = [];
  for (let i = 0; i < frames; i++) {
    const frame = await model.step([i, 1, -i]);
    seen.push(...frame.dataSync());
    frame.dispose();
  }
  return seen;
}

test.each(["exact", "rolling"] as const)(
  "%s: both threads return to a snapshot, to the bit, and leave no tensor",
  async (cache) => {
    const before = memory().numTensors;
    const model = played(cache);
    await model.reset(start);
    const state = await model.snapshot();
    const first = await walk(model, 7); // more frames than the window has room for
    await model.restore(state);
    expect(await walk(model, 7)).toEqual(first);
    await model.reset(start);
    expect(await walk(model, 7)).toEqual(first);
    state.release();
    await model.dispose();
    expect(memory().numTensors).toBe(before);
  },
);

test("if the second thread ends, the next frame says so, and the next video has a thread again", async () => {
  const { Worker } = threads;
  const started: Worker[] = [];
  threads.Worker = class extends Worker {
    constructor(...given: ConstructorParameters<typeof Worker>) {
      super(...given);
      started.push(this);
    }
  };
  try {
    const model = played("rolling");
    await model.reset(start);
    const first = await walk(model, 2);
    await started[0].terminate();
    await expect(walk(model, 2)).rejects.toThrow("the second thread ended: it was stopped");
    await model.reset(start);
    expect(await walk(model, 2)).toEqual(first);
    expect(started.length).toBe(2);
    await model.dispose();
  } finally {
    threads.Worker = Worker;
  }
});

test("one thread or two, no other number", () => {
  expect(() => createWorld(network, { workers: 3 as 2 })).toThrow("createWorld: workers is 3");
});
