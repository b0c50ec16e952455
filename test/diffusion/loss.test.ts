import { memory, type Rank, type Tensor3D, type Tensor5D, tensor2d, tensor3d, tidy } from "@tensorflow/tfjs";
import {
  createSchedule,
  type DenoiseInputs,
  diffusionForcingLoss,
  labSchedule,
  lossWeights,
  normalNoise,
  shiftActions,
  vid2worldSchedule,
} from "vid2world";
import { expect, test } from "vitest";

const schedule = createSchedule(labSchedule);
const clean = normalNoise<Rank.R5>([2, 3, 2, 2, 4], 1);
const noise = normalNoise<Rank.R5>([2, 3, 2, 2, 4], 2);
const level = tensor2d([
  [0, 400, 999],
  [700, 10, 300],
]);

/** Adds the mean of the allowed action to every number of the noisy frames. */
const actionModel = ({ x, action, actionMask }: DenoiseInputs): Tensor5D => {
  const [batch, frames] = x.shape;
  const pushed = (action as Tensor3D).mean(2).add(1).mul(actionMask!);
  return x.add(pushed.reshape([batch, frames, 1, 1, 1]));
};

test("a silent network's loss is the mean square of its target, which is the variance of v", () => {
  const loss = diffusionForcingLoss(
    ({ x }) => x.zerosLike(),
    { x0: clean, noise, level },
    schedule,
  ).dataSync()[0];
  let sum = 0;
  const [x0, eps, k] = [clean.dataSync(), noise.dataSync(), level.dataSync()];
  for (let i = 0; i < x0.length; i++) {
    const alpha = schedule.alphasCumprod[k[Math.floor(i / 16)]];
    sum += (Math.sqrt(alpha) * eps[i] - Math.sqrt(1 - alpha) * x0[i]) ** 2;
  }
  expect(loss).toBeCloseTo(sum / x0.length, 5);
});

test("with dynamic rescale each frame's target shrinks by its own level's factor", () => {
  const rescaled = createSchedule({ ...vid2worldSchedule, predicts: "x0" });
  const ones = clean.onesLike() as Tensor5D;
  const at999 = tensor2d([[999, 0, 999]].flatMap((row) => [row, row]));
  const loss = diffusionForcingLoss(({ x }) => x.zerosLike(), { x0: ones, noise, level: at999 }, rescaled);
  expect(loss.dataSync()[0]).toBeCloseTo((2 * 0.49 + 1) / 3, 5);
});

test("frame t learns from the action before it, and frame 0 from none", () => {
  const action = tensor3d([
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
  ]);
  expect(shiftActions(action).arraySync()).toEqual([
    [
      [0, 0],
      [1, 2],
      [3, 4],
    ],
  ]);
});

test("a dropped action cannot influence the loss; a zero action is not a dropped one", () => {
  const lossOf = (action: number[], mask: number[]) =>
    tidy(
      () =>
        diffusionForcingLoss(
          actionModel,
          {
            x0: clean.slice([0], [1]),
            noise: noise.slice([0], [1]),
            level: level.slice([0], [1]),
            action: tensor3d([action.map((a) => [a])]),
            actionMask: tensor2d([mask]),
          },
          schedule,
        ).dataSync()[0],
    );
  expect(lossOf([5, 2, 9], [1, 0, 1])).toBe(lossOf([-70, 2, 9], [1, 0, 1])); // frame 1 is led to by action 0
  expect(lossOf([5, 2, 9], [1, 0, 1])).toBe(lossOf([5, 2, -3], [1, 0, 1])); // the last action leads to no frame
  expect(lossOf([5, 2, 9], [1, 1, 1])).not.toBe(lossOf([-70, 2, 9], [1, 1, 1]));
  expect(lossOf([0, 2, 9], [1, 1, 1])).not.toBe(lossOf([0, 2, 9], [1, 0, 1]));
});

test("a weight of zero takes a frame out of the loss", () => {
  const weight = tensor2d([
    [1, 0, 1],
    [1, 1, 1],
  ]);
  const worse = clean.add(tensor2d([[0, 9, 0]]).reshape([1, 3, 1, 1, 1])) as Tensor5D;
  const lossOf = (frames: Tensor5D) =>
    diffusionForcingLoss(
      ({ x }) => x.zerosLike(),
      {
        x0: frames.slice([0], [1]),
        noise: noise.slice([0], [1]),
        level: level.slice([0], [1]),
        weight: weight.slice([0], [1]),
      },
      schedule,
    ).dataSync()[0];
  expect(lossOf(worse)).toBe(lossOf(clean));
});

test("only the scalar stays", () => {
  const before = memory().numTensors;
  const loss = diffusionForcingLoss(({ x }) => x.clone(), { x0: clean, noise, level }, schedule);
  expect(memory().numTensors).toBe(before + 1);
  loss.dispose();
});

test("min-SNR weights are 1 for v at the clip's own balance and fall where there is little noise", () => {
  const [row] = lossWeights("minSnr", [[0, 999]], schedule);
  const snr = schedule.alphasCumprod[0] / (1 - schedule.alphasCumprod[0]);
  expect(row[0]).toBeCloseTo(5 / (snr + 1), 12);
  expect(row[1]).toBe(0);
  expect(lossWeights("uniform", [[0, 999]], schedule)).toEqual([[1, 1]]);
});

test("capped SNR counts pure noise as v itself does, the nearly clean like min-SNR, and never more than v", () => {
  const levels = Array.from({ length: 1000 }, (_, level) => level);
  const [capped] = lossWeights("cappedSnr", [levels], schedule);
  expect(capped[999]).toBe(1);
  expect(capped[0]).toBeCloseTo(lossWeights("minSnr", [[0]], schedule)[0][0], 12);
  expect(Math.max(...capped)).toBe(1);
  expect(capped.every((weight, level) => level === 0 || weight >= capped[level - 1])).toBe(true);
});

test("fused SNR is min-SNR for a lone frame, and a clean history raises a noisy frame's weight", () => {
  expect(lossWeights("fusedSnr", [[500]], schedule)[0][0]).toBeCloseTo(
    lossWeights("minSnr", [[500]], schedule)[0][0],
    12,
  );
  const [clear] = lossWeights("fusedSnr", [[0, 800]], schedule);
  const [blind] = lossWeights("fusedSnr", [[999, 800]], schedule);
  expect(clear[1]).toBeGreaterThan(blind[1]);
});
