import {
  grad,
  memory,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor5D,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs";
import {
  createSchedule,
  diffusionForcingLoss,
  labSchedule,
  normalNoise,
  unetDenoise,
  type VideoUnetConfig,
  videoUnet,
  withActions,
} from "vid2world";
import { expect, test } from "vitest";
import { farthest } from "../fixtures/fixtures.js";
import { loudUnet, smallConfig } from "../sample/small.js";

const kinds = ["continuous", "multiHot"] as const;
const networkOf = (actionKind: VideoUnetConfig["actionKind"]) => loudUnet({ ...smallConfig, actionKind }, 1);
const x = normalNoise([2, 3, 4, 4, 4], 1) as Tensor5D;
const level = tensor2d([
  [10, 500, 900],
  [700, 20, 300],
]);
const action = normalNoise([2, 3, 3], 2) as Tensor3D;
const mask = (...rows: number[][]) => tensor2d(rows);

test.each(kinds)("%s: a dropped action is no action, and a zero action is another thing", (kind) => {
  const model = networkOf(kind);
  const none = videoUnet(model, { x, level });
  const dropped = videoUnet(model, { x, level, action, actionMask: mask([0, 0, 0], [0, 0, 0]) });
  expect(farthest(dropped, none)).toBe(0);
  const zero = videoUnet(model, { x, level, action: action.zerosLike() });
  expect(farthest(zero, none)).toBeGreaterThan(1e-3);
});

test("a scale for each number of an action is the same as an action that was multiplied by it", () => {
  const { config, weights } = networkOf("continuous");
  const actionScale = [30, 1, 0.5];
  const scaled = videoUnet({ config: { ...config, actionScale }, weights }, { x, level, action });
  const plain = videoUnet(
    { config, weights },
    { x, level, action: action.mul(tensor1d(actionScale)) as Tensor3D },
  );
  expect(farthest(scaled, plain)).toBe(0);
});

test("a scale that does not fit the actions is refused when they are given to a network", () => {
  const passive = loudUnet({ ...smallConfig, actionSize: 0 }, 1);
  const before = memory().numTensors;
  const give = (actionKind: VideoUnetConfig["actionKind"], actionScale: number[]) =>
    withActions(passive, { actionSize: 3, actionKind, actionScale, seed: 1 });
  expect(() => give("continuous", [1, 2])).toThrow(
    "withActions: config.actionScale has 2 numbers for continuous actions of 3; expected one for each number of a continuous action.",
  );
  expect(() => give("multiHot", [1, 2, 3])).toThrow("has 3 numbers for multiHot actions of 3");
  expect(memory().numTensors).toBe(before);
});

test("the rows of a batch do not know each other: exchanged, they give the same bits in the other order", () => {
  const model = networkOf("continuous");
  const actionMask = mask([1, 0, 1], [1, 1, 0]);
  const exchanged = <T extends Tensor>(tensor: T): T => tensor.gather(tensor1d([1, 0], "int32")) as T;
  const straight = videoUnet(model, { x, level, action, actionMask });
  const other = videoUnet(model, {
    x: exchanged(x),
    level: exchanged(level),
    action: exchanged(action),
    actionMask: exchanged(actionMask),
  });
  expect(farthest(exchanged(other), straight)).toBe(0);
});

test.each(kinds)("%s: the loss has exactly no gradient with respect to a dropped action", (kind) => {
  const model = networkOf(kind);
  const x0 = normalNoise([2, 3, 4, 4, 2], 3) as Tensor5D;
  const batch = {
    x0,
    noise: normalNoise([2, 3, 4, 4, 2], 4) as Tensor5D,
    level: level as Tensor2D,
    firstFrame: x0.slice([0, 0], [2, 1]) as Tensor5D,
    actionMask: mask([1, 0, 1], [1, 1, 0]),
  };
  const slope = grad((taken: Tensor) =>
    diffusionForcingLoss(
      unetDenoise(model),
      { ...batch, action: taken as Tensor3D },
      createSchedule(labSchedule),
    ),
  );
  const before = memory().numTensors;
  const gradient = slope(action);
  expect(memory().numTensors).toBe(before + 1);
  const size = gradient.abs().max(2).arraySync() as number[][];
  // action t leads to frame t + 1; the last one leads to none
  expect([size[0][0], size[0][2], size[1][1], size[1][2]]).toEqual([0, 0, 0, 0]);
  expect(Math.min(size[0][1], size[1][0])).toBeGreaterThan(1e-6);
});
