import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  dispose,
  memory,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  tensor3d,
} from "@tensorflow/tfjs";
import {
  causalize,
  createFrameCodec,
  createWorld,
  createWorldModel,
  fitPatchCodec,
  labRollout,
  labSchedule,
  loadWorldParts,
  normalNoise,
  openWorldModel,
  rollout,
  saveWorldModel,
  uniformNoise,
} from "vid2world";
import { afterAll, expect, test } from "vitest";
import { largestGap } from "../schedule/readFixture.js";
import { loudUnet, smallConfig } from "./small.js";

const folder = mkdtempSync(join(tmpdir(), "world-"));
afterAll(() => rmSync(folder, { recursive: true }));

const network = causalize(loudUnet({ ...smallConfig, channelMultipliers: [1] }, 1), {
  transfer: "extrapolative",
});
const video = uniformNoise([2, 8, 8, 3], 1) as Tensor4D; // two frames
const given = normalNoise([1, 3], 2) as Tensor2D;
const patch = fitPatchCodec(video, { patch: 2, channels: 2 });
const options = { steps: 2, strength: 2, window: 4, seed: 3 };
const actions = [
  [1, 0, 0],
  [0, -1, 0],
  [0, 0, 2],
  [1, 1, 1],
  [-1, 0, 0],
  [0.5, 0, 0],
  [0, 0, 0],
];

const make = (cache: "none" | "exact" | "rolling" | "rebuild") =>
  createWorldModel(createWorld(network, { threads: 1 }), createFrameCodec({ kind: "patch", codec: patch }), {
    ...options,
    cache,
  });

async function walk(model: ReturnType<typeof make>, path: readonly number[][]): Promise<number[][]> {
  const seen: number[][] = [];
  for (const action of path) {
    const frame = await model.step(action);
    expect(frame.shape).toEqual([8, 8, 3]);
    seen.push([...frame.dataSync()]);
    frame.dispose();
  }
  return seen;
}

test("steps are a rollout, decoded and clipped", async () => {
  const model = make("exact");
  await model.reset(video, given);
  const seen = await walk(model, actions.slice(0, 3));
  const codec = createFrameCodec({ kind: "patch", codec: patch });
  const latents = await codec.encode(video.expandDims(0) as Tensor5D);
  const whole = tensor3d([[...[[...given.dataSync()]], ...actions.slice(0, 3)]]);
  const rolled = await rollout(createWorld(network, { threads: 1 }), {
    ...options,
    history: latents,
    actions: whole,
    frames: 3,
    cache: "exact",
  });
  const pictures = await codec.decode(rolled.frames);
  expect(largestGap(seen.flat(), pictures.dataSync())).toBeLessThan(1e-6);
  expect(Math.min(...seen.flat())).toBeGreaterThanOrEqual(0);
  expect(Math.max(...seen.flat())).toBeLessThanOrEqual(1);
  await model.dispose();
});

test.each(["none", "exact", "rolling", "rebuild"] as const)(
  "%s: snapshot, five steps, restore, the same five steps: equal bits; other actions: another branch",
  async (cache) => {
    const model = make(cache);
    await model.reset(video, given);
    await walk(model, actions.slice(0, 2));
    const state = await model.snapshot();
    const first = await walk(model, actions.slice(2));
    const count = memory().numTensors;
    await model.restore(state);
    expect(model.frames).toBe(4);
    expect(await walk(model, actions.slice(2))).toEqual(first);
    await model.restore(state);
    const other = await walk(model, [[9, 9, 9], ...actions.slice(3)]);
    expect(largestGap(other[0], first[0])).toBeGreaterThan(1e-3);
    await model.restore(state);
    expect(await walk(model, actions.slice(2))).toEqual(first);
    expect(memory().numTensors).toBe(count);
    state.release();
    await model.dispose();
  },
);

test.each(["none", "exact", "rolling", "rebuild"] as const)(
  "%s: a step that is given up while it is denoised leaves the model where it was",
  async (cache) => {
    const model = make(cache);
    await model.reset(video, given);
    const state = await model.snapshot();
    const whole = await walk(model, actions);
    await model.restore(state);
    const [first, ...rest] = actions;
    const early = [...(await walk(model, [first]))];
    const giveUpAStep = async () => {
      const reason = new AbortController();
      const evaluations = model.frameEvaluations;
      const step = model.step([5, 5, 5], reason.signal);
      while (model.frameEvaluations === evaluations) await new Promise(setImmediate); // the first of two
      reason.abort(new Error("another action came"));
      await expect(step).rejects.toThrow("another action came");
      return memory().numTensors;
    };
    (await model.snapshot()).release(); // waits until the frame is remembered
    const count = await giveUpAStep();
    expect(await giveUpAStep()).toBe(count);
    expect([...early, ...(await walk(model, rest))]).toEqual(whole);
    state.release();
    await model.dispose();
  },
);

test("how frames are sampled may change on the way", async () => {
  const model = make("rolling");
  await model.reset(video, given);
  const state = await model.snapshot();
  const [plain] = await walk(model, actions.slice(0, 1));
  await model.restore(state);
  model.configure({ strength: 1, steps: 3 });
  expect(model.config.strength).toBe(1);
  const [changed] = await walk(model, actions.slice(0, 1));
  expect(changed).not.toEqual(plain);
  expect(() => model.configure({ steps: 0 })).toThrow("world.configure: steps is 0");
  state.release();
  await model.dispose();
});

test("a world model comes back from its folder with equal bits", async () => {
  const dir = join(folder, "saved");
  const rolloutConfig = { ...labRollout, steps: 2, strength: 2, window: 4 };
  await saveWorldModel(dir, {
    network,
    codec: { kind: "patch", codec: patch },
    schedule: labSchedule,
    rollout: rolloutConfig,
  });
  const before = make("rolling");
  await before.reset(video, given);
  const after = await openWorldModel(dir, { seed: 3, threads: 1 });
  expect(after.config).toEqual(rolloutConfig);
  await after.reset(video, given);
  expect(await walk(after, actions)).toEqual(await walk(before, actions));
  await before.dispose();
  await after.dispose();
});

test("halved precision takes half of the room and rounds every weight to 11 bits", async () => {
  const parts = { network, codec: { kind: "pixels" }, schedule: labSchedule, rollout: labRollout } as const;
  const [whole, half] = [join(folder, "whole"), join(folder, "half")];
  await saveWorldModel(whole, parts);
  await saveWorldModel(half, parts, { precision: "F16" });
  const size = (dir: string) => statSync(join(dir, "network.safetensors")).size;
  const numbers = Object.values(network.weights).reduce((sum, weight) => sum + weight.size, 0);
  expect(size(whole) - size(half)).toBeGreaterThanOrEqual(2 * numbers);
  const { weights } = (await loadWorldParts(half)).network;
  for (const [name, weight] of Object.entries(network.weights)) {
    const [exact, rounded] = [weight.dataSync(), weights[name].dataSync()];
    expect([...exact].every((x, i) => Math.abs(x - rounded[i]) <= Math.abs(x) * 2 ** -11 + 2 ** -25)).toBe(
      true,
    );
  }
  dispose(weights);
});

test("tokens for cross-attention are kept with the world, and asked for", async () => {
  const seeing = causalize(loudUnet({ ...smallConfig, channelMultipliers: [1], contextWidth: 6 }, 1), {
    transfer: "masked",
  });
  const parts = {
    network: seeing,
    codec: { kind: "pixels" as const },
    schedule: labSchedule,
    rollout: labRollout,
  };
  const context = normalNoise([1, 5, 6], 9) as Tensor3D;
  const dir = join(folder, "tokens");
  await expect(saveWorldModel(dir, parts)).rejects.toThrow("saveWorldModel: context is missing");
  await saveWorldModel(dir, { ...parts, context });
  const { context: kept } = await loadWorldParts(dir);
  expect([...kept!.dataSync()]).toEqual([...context.dataSync()]);
});

test("what is missing or does not fit is named", async () => {
  const model = make("exact");
  await expect(model.step([1, 0, 0])).rejects.toThrow("world.step: there is no frame yet");
  await model.reset(video, given);
  await expect(model.step([1])).rejects.toThrow("world.step: action has 1 numbers; expected 3");
  await expect(model.reset(video)).rejects.toThrow("world.reset: actions are missing");
  await model.dispose();
  await expect(openWorldModel(join(folder, "nothing"))).rejects.toThrow(
    "expected a folder that saveWorldModel wrote",
  );
  writeFileSync(join(folder, "world.json"), '{"format":"something else"}');
  await expect(openWorldModel(folder)).rejects.toThrow('has format "something else"');
});
