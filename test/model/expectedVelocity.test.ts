import { memory, type Tensor2D, type Tensor5D, tensor2d } from "@tensorflow/tfjs";
import {
  createSchedule,
  createVideoUnet,
  createWorld,
  expectedVelocity,
  labSchedule,
  normalNoise,
  presets,
  videoUnet,
} from "vid2world";

import { expect, test } from "vitest";

const change = { schedule: labSchedule, variance: 0.2 };
const { alphasCumprod } = createSchedule(labSchedule);
const shape: Tensor5D["shape"] = [1, 3, 4, 4, 2];
const [x, shown] = [normalNoise(shape, 1), normalNoise(shape, 2)] as Tensor5D[];
const level = tensor2d([[999, 400, 0]]) as Tensor2D;

test("it is the velocity of the posterior mean of a frame that differs from the one shown by normal changes", () => {
  const before = memory().numTensors;
  const velocity = expectedVelocity(x, shown, level, change);
  expect(memory().numTensors).toBe(before + 1);
  const [noisy, seen, found] = [x, shown, velocity].map((each) => each.dataSync());
  [999, 400, 0].forEach((each, frame) => {
    const alpha = alphasCumprod[each];
    const [signal, noise] = [Math.sqrt(alpha), Math.sqrt(1 - alpha)];
    const trust = (signal * 0.2) / (alpha * 0.2 + 1 - alpha); // of what the noisy frame says beyond the one shown
    for (let i = 32 * frame; i < 32 * (frame + 1); i++) {
      const clean = seen[i] + trust * (noisy[i] - signal * seen[i]);
      expect(found[i]).toBeCloseTo((signal * noisy[i] - clean) / noise, 3);
    }
  });
});

test("at pure noise it is minus the frame shown; a finished frame counts as level 0", () => {
  const velocity = (levels: number[]) =>
    expectedVelocity(x, shown, tensor2d([levels]) as Tensor2D, change).dataSync();
  expect([...velocity([999, 999, 999])]).toEqual(Array.from(shown.dataSync(), (value) => -value));
  expect(velocity([-1, -1, -1])).toEqual(velocity([0, 0, 0]));
});

test("a fresh network that expects change answers with it alone; one that sees no frame beside cannot expect any", () => {
  const config = { ...presets.lab, inChannels: 4, outChannels: 2, channels: 16, expectedChange: change };
  const answer = videoUnet(createVideoUnet(config, 1), { x: x.concat(shown, 4) as Tensor5D, level });
  expect(answer.dataSync()).toEqual(expectedVelocity(x, shown, level, change).dataSync());
  expect(() => createVideoUnet({ ...config, inChannels: 2 }, 1)).toThrow(/inChannels is 2; expected twice/);
  const others = { schedule: { ...labSchedule, predicts: "x0" as const }, variance: 0.2 };
  expect(() => expectedVelocity(x, shown, level, others)).toThrow('schedule.predicts is "x0"');
});

test("a network's world has the schedule that its velocities are of", () => {
  const config = { ...presets.lab, inChannels: 4, outChannels: 2, channels: 16, expectedChange: change };
  const network = createVideoUnet(config, 1);
  expect(createWorld(network, { schedule: change.schedule }).schedule.config).toEqual(change.schedule);
  const other = { ...change.schedule, zeroTerminalSnr: false };
  expect(() => createWorld(network, { schedule: other })).toThrow(
    "give the schedule that it was trained with",
  );
});
