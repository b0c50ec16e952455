import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, sep } from "node:path";
import {
  memory,
  type Rank,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor5D,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs";
import {
  createSchedule,
  createVideoUnet,
  createWorld,
  type DenoiseInputs,
  labSchedule,
  normalNoise,
  presets,
  type RolloutOptions,
  rollout,
  type World,
} from "vid2world";
import { expect, test } from "vitest";
import { largestGap } from "../schedule/readFixture.js";

interface Call {
  readonly frames: number;
  readonly level: number[];
  readonly mask?: number[][];
}

/**
 * A causal stand-in: frame t's clean guess is half the mean of the frames up to t, plus the first number of the action
 * that led to it, where that is not dropped. Keeps a record of its calls.
 */
function standIn(actionSize = 2, lengths?: readonly number[]): World & { calls: Call[] } {
  const calls: Call[] = [];
  return {
    calls,
    schedule: createSchedule({ ...labSchedule, predicts: "x0" }),
    actionSize,
    causal: true,
    lengths,
    predict: async ({ x, level, action, actionMask }: DenoiseInputs) => {
      calls.push({
        frames: x.shape[1],
        level: [...level.dataSync()].slice(0, x.shape[1]),
        mask: actionMask && ((await actionMask.array()) as number[][]),
      });
      return tidy(() => {
        const [batch, frames] = x.shape;
        const count = tensor1d(Array.from({ length: frames }, (_, f) => f + 1)).reshape([1, frames, 1, 1, 1]);
        let guess: Tensor = x.cumsum(1).div(count).mul(0.5);
        if (action) {
          const pushed = action
            .slice([0, 0, 0], [-1, -1, 1])
            .squeeze([2])
            .add(0.3)
            .mul(actionMask as Tensor2D);
          guess = guess.add(pushed.reshape([batch, frames, 1, 1, 1]));
        }
        return guess as Tensor5D;
      });
    },
  };
}

const history = normalNoise<Rank.R5>([2, 2, 2, 2, 3], 1);
const actions = normalNoise([2, 6, 2], 2) as Tensor3D;
const options = { history, actions, frames: 4, steps: 3, seed: 5 };

async function values(world: World, changes: Partial<RolloutOptions> = {}): Promise<number[]> {
  const { frames } = await rollout(world, { ...options, ...changes });
  const result = [...frames.dataSync()];
  frames.dispose();
  return result;
}

test("no sampler loads a network: it takes a world, or a function that predicts", () => {
  const built = dirname(createRequire(import.meta.url).resolve("vid2world"));
  const loaded = new Set<string>();
  const follow = (file: string) => {
    if (loaded.has(file)) return;
    loaded.add(file);
    for (const [, next] of readFileSync(file, "utf8").matchAll(/require\("(\.[^"]+)"\)/g))
      follow(join(dirname(file), next));
  };
  for (const name of ["ddim", "rollout", "samplePlan", "worldModel"])
    follow(join(built, `sample/${name}.js`));
  const layers = new Set([...loaded].map((file) => relative(built, file).split(sep)[0]));
  expect([...layers].sort()).toEqual(["diffusion", "sample", "schedule", "tensor"]);
});

test("equal seeds give equal bits, other seeds others; only the frames stay", async () => {
  const first = await values(standIn());
  expect(first).toHaveLength(2 * 4 * 2 * 2 * 3);
  const before = memory().numTensors;
  expect(await values(standIn())).toEqual(first);
  expect(memory().numTensors).toBe(before);
  expect(await values(standIn(), { seed: 6 })).not.toEqual(first);
});

test("the network is told the history's level, the step's level, and drops the newest action only", async () => {
  const world = standIn();
  const { frameEvaluations } = await rollout(world, { ...options, frames: 1, historyLevel: 39 });
  expect(world.calls.map(({ level }) => level)).toEqual([
    [39, 39, 999],
    [39, 39, 666],
    [39, 39, 332],
  ]);
  expect(world.calls[0].mask).toEqual([
    [1, 1, 1],
    [1, 1, 1],
    [1, 1, 0],
    [1, 1, 0],
  ]);
  expect(frameEvaluations).toBe(3 * 2 * 3);
  const all = standIn();
  await rollout(all, { ...options, frames: 1, nullAction: "all", historyLevel: -1 });
  expect(all.calls[0].mask?.[2]).toEqual([0, 0, 0]);
  expect(all.calls[0].level).toEqual([0, 0, 999]);
});

test("strength 1 is the conditional branch alone, strength 0 ignores the newest action, and a zero action is not none", async () => {
  const plain = standIn();
  const one = await values(plain, { strength: 1 });
  expect(plain.calls[0].mask).toHaveLength(2);
  expect(one).not.toEqual(await values(standIn(), { strength: 2 }));
  // The last action leads to no generated frame's history, only to the last frame itself.
  const other = tidy(() => actions.add(tensor1d([0, 0, 0, 0, 9, 0]).reshape([1, 6, 1]))) as Tensor3D;
  const [zero, zeroOther] = [
    await values(standIn(), { strength: 0 }),
    await values(standIn(), { strength: 0, actions: other }),
  ];
  expect(zeroOther).toEqual(zero);
  const silent = actions.zerosLike() as Tensor3D;
  expect(await values(standIn(), { strength: 1, actions: silent })).not.toEqual(
    await values(standIn(), { strength: 0, actions: silent }),
  );
});

test("guidance can be kept to an interval of levels", async () => {
  const world = standIn();
  await values(world, { frames: 1, guidedLevels: [400, 800] });
  expect(world.calls.map(({ mask }) => mask?.length)).toEqual([2, 4, 2]);
});

test("a row depends on its own seed, history and actions, not on its place", async () => {
  const swap = tensor1d([1, 0], "int32");
  const straight = await values(standIn(), { seed: [11, 12] });
  const swapped = await values(standIn(), {
    seed: [12, 11],
    history: history.gather(swap) as Tensor5D,
    actions: actions.gather(swap) as Tensor3D,
  });
  const half = straight.length / 2;
  expect(swapped).toEqual([...straight.slice(half), ...straight.slice(0, half)]);
});

test("padding to fixed lengths changes nothing but the calls", async () => {
  const padded = standIn(2, [4, 8]);
  const plain = standIn();
  expect(largestGap(await values(padded), await values(plain))).toBeLessThan(1e-6);
  expect(new Set(padded.calls.map(({ frames }) => frames))).toEqual(new Set([4, 8]));
  expect(new Set(plain.calls.map(({ frames }) => frames))).toEqual(new Set([3, 4, 5, 6]));
});

test("a window slides: the network never sees more, and what left it has no influence", async () => {
  const world = standIn();
  const result = await values(world, { window: 3 });
  expect(Math.max(...world.calls.map(({ frames }) => frames))).toBe(3);
  const changed = history.mul(tensor1d([9, 1]).reshape([1, 2, 1, 1, 1])) as Tensor5D;
  const other = await values(standIn(), { window: 2, history: changed });
  expect(other).toEqual(await values(standIn(), { window: 2 }));
  expect(result).not.toEqual(other);
});

test.each([{ eta: 1 }, { solver: "dpmpp2m" as const }, { solver: "euler" as const }])(
  "a longer rollout begins with the shorter one, %o",
  async (changes) => {
    const long = await rollout(standIn(), { ...options, ...changes });
    const short = await rollout(standIn(), { ...options, ...changes, frames: 2 });
    const begin = long.frames.slice([0, 0], [2, 2]);
    expect([...short.frames.dataSync()]).toEqual([...begin.dataSync()]);
  },
);

test("frames are shown as they are made, and a signal ends the rollout", async () => {
  const stop = new AbortController();
  const shown: number[] = [];
  const { frames } = await rollout(standIn(), {
    ...options,
    signal: stop.signal,
    onFrame: (frame, index) => {
      expect(frame.shape).toEqual([2, 1, 2, 2, 3]);
      shown.push(index);
      if (index === 3) stop.abort();
    },
  });
  expect(shown).toEqual([2, 3]);
  expect(frames.shape).toEqual([2, 2, 2, 2, 3]);
});

test("missing or needless actions and padded models that are not causal are refused", async () => {
  await expect(rollout(standIn(), { ...options, actions: undefined })).rejects.toThrow("actions are missing");
  await expect(rollout(standIn(0), options)).rejects.toThrow("the world takes none");
  await expect(rollout(standIn(), { ...options, frames: 6 })).rejects.toThrow("number of actions is 6");
  await expect(rollout(standIn(), { ...options, solver: "heun" as never })).rejects.toThrow(
    'rollout: solver is "heun"; expected one of ddim, dpmpp2m, euler.',
  );
  await expect(rollout(standIn(), { ...options, guidedLevels: [800, 400] })).rejects.toThrow(
    "rollout: the second of guidedLevels is 400; expected a number from 800 up.",
  );
  const passive = createVideoUnet({ ...presets.lab, channels: 8, headWidth: 8, normGroups: 2 }, 1);
  expect(() => createWorld(passive, { lengths: [8] })).toThrow("the model is not causal");
  expect(createWorld(passive).lengths).toBeUndefined();
});

test("a video U-Net without actions rolls out", async () => {
  const model = createVideoUnet(
    {
      ...presets.lab,
      inChannels: 6,
      outChannels: 3,
      channels: 8,
      headWidth: 8,
      normGroups: 2,
      convPadding: "causal",
      mask: "causal",
      norm: "frame",
    },
    1,
  );
  const world = createWorld(model);
  expect(world.lengths).toEqual([1, 2, 4, 8, 16, 32, 64, 128]); // one session each, not one for every length
  const before = memory().numTensors;
  const { frames, frameEvaluations } = await rollout(world, { history, frames: 2, steps: 2, seed: 1 });
  expect(frames.shape).toEqual([2, 2, 2, 2, 3]);
  expect(frameEvaluations).toBe(2 * 3 + 2 * 4);
  expect(memory().numTensors).toBe(before + 1);
});
