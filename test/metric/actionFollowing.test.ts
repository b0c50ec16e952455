import { dispose, memory, type Tensor3D, type Tensor5D } from "@tensorflow/tfjs";
import {
  actionDelta,
  actionFollowing,
  actionScale,
  createInverseDynamics,
  createTrainer,
  type InverseDynamics,
  inverseDynamicsObjective,
  meanScore,
  readActions,
  useBackend,
} from "vid2world";
import { beforeAll, describe, expect, test } from "vitest";
import { episodes, size } from "./squares.js";

const shape = { kind: "inverseDynamics", size, channels: [8, 16], places: 8, width: 32, window: 2 } as const;
let network: InverseDynamics;

beforeAll(async () => {
  await useBackend("wasm");
  const { action, ...rest } = episodes(16, 6, 1);
  const config = { ...shape, ...(await actionScale(action)) };
  dispose([action, ...Object.values(rest)]);
  expect(config.actionMean[2]).toBeCloseTo(0.5, 6);
  expect(config.actionDeviation[2]).toBe(1);
  const trainer = createTrainer(createInverseDynamics(config, 1), {
    objective: inverseDynamicsObjective(config),
    optimizer: { rate: 0.003 },
    seed: 1,
    threads: 1,
  });
  for (let step = 0; step < 120; step++) {
    const { state, ...batch } = episodes(8, 6, 100 + step);
    await trainer.step(batch);
    dispose([state, ...Object.values(batch)]);
  }
  network = trainer.snapshot();
  trainer.dispose();
}, 60_000);

const options = { contextFrames: 1, resamples: 50, seed: 1 };

/** Episodes whose actions are those of the true ones, and whose square makes of them what `follow` says. */
async function following(follow: number, given = options) {
  const [truth, guess] = [episodes(10, 6, 7), episodes(10, 6, 7, follow)];
  const videos = { truth: truth.frames, guess: guess.frames, action: truth.action };
  const before = memory().numTensors;
  const result = await actionFollowing(network, videos, given);
  expect(memory().numTensors).toBe(before);
  dispose([...Object.values(truth), ...Object.values(guess)]);
  return result;
}

describe("actionFollowing", () => {
  test("true frames in place of generated ones lose nothing", async () => {
    const { ratio, slope, error, actions, clips, network: name } = await following(1);
    expect(ratio).toEqual({ value: 1, interval: [1, 1] });
    expect(slope.guess).toEqual(slope.truth);
    expect(error.truth).toBeLessThan(0.2);
    expect([clips, actions]).toEqual([10, 50]);
    expect(name).toMatch(/^lab [0-9a-f]{12}$/);
  });

  test("the slope is near 1 where actions are followed, 0 where ignored, −1 where turned round; null without change", async () => {
    for (const follow of [1, 0, -1]) {
      const { slope, ratio } = await following(follow);
      for (const component of [0, 1]) {
        const { value, interval } = slope.guess[component]!;
        expect(Math.abs(value - follow)).toBeLessThan(0.3);
        expect(interval![0]).toBeLessThanOrEqual(value);
        expect(interval![1]).toBeGreaterThanOrEqual(value);
      }
      expect(slope.guess[2]).toBeNull();
      if (follow !== 1) expect(ratio.interval![0]).toBeGreaterThan(2);
    }
  });

  test("actions before the last given frame are not scored", async () => {
    const { actions, ratio } = await following(-1, { ...options, contextFrames: 4, resamples: 0 });
    expect(actions).toBe(10 * 2);
    expect(ratio.interval).toBeUndefined();
  });

  test("what does not match is refused by name", async () => {
    const { frames, action, state } = episodes(2, 3, 1);
    const videos = { truth: frames, guess: frames, action };
    const refused = (given: object, message: string) =>
      expect(actionFollowing(network, { ...videos, ...given }, options)).rejects.toThrow(message);
    await refused({ action: state }, "actionFollowing: action is [2,3,4]; expected [2, 3, 3]");
    await refused({ guess: frames.slice(0, 1) as Tensor5D }, "should have one shape");
    await refused({ guess: frames.mul(255) as Tensor5D }, "guess holds");
    await refused({ action: action.div(0) as Tensor3D }, "action holds");
    await expect(actionFollowing(network, videos, { ...options, contextFrames: 3 })).rejects.toThrow(
      "contextFrames is 3; expected a whole number from 1 to 2",
    );
    expect(() => readActions(network, frames.slice([0, 0], [2, 1]) as Tensor5D)).toThrow(
      "video has 1 frames; expected at least 2",
    );
  });
});

test("a window of three reads the actions from the second frame on, and one tensor stays", () => {
  const config = { ...shape, window: 3, actionMean: [1, 2], actionDeviation: [1, 1] };
  const wide = createInverseDynamics(config, 1);
  const { frames } = episodes(2, 5, 1);
  const before = memory().numTensors;
  const read = readActions(wide, frames);
  expect(read.shape).toEqual([2, 3, 2]);
  expect(memory().numTensors).toBe(before + 1);
  expect(() => createInverseDynamics({ ...config, actionDeviation: [1, 0] }, 1)).toThrow(
    "createInverseDynamics: 2 means and deviations 1,0; expected as many, all above 0",
  );
  expect(() => createInverseDynamics({ ...config, size: 10 }, 1)).toThrow(
    "frames of 10 cannot be halved 2 times; expected a multiple of 4",
  );
});

describe("actionDelta", () => {
  test("mean distances of 3 under true and 4 under random actions give −1/4, in an interval", async () => {
    const [good, random] = [
      [2, 3, 4],
      [3, 4, 5],
    ];
    const { value, interval } = await actionDelta(meanScore(good), meanScore(random), {
      clips: 3,
      resamples: 40,
      seed: 1,
    });
    expect(value).toBe(-0.25);
    expect(interval![0]).toBeGreaterThanOrEqual(-1 / 3);
    expect(interval![1]).toBeLessThanOrEqual(-0.2);
  });

  test("equal videos owe nothing to their actions, whatever is drawn", async () => {
    const score = async (clips: readonly number[]) => 1 + clips.length + clips[0];
    const result = await actionDelta(score, score, { clips: 5, resamples: 20, seed: 2 });
    expect(result).toEqual({ value: 0, interval: [0, 0] });
  });
});
