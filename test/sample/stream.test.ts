import {
  memory,
  scalar,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor5D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs";
import {
  causalize,
  normalNoise,
  rememberFrame,
  StreamMemory,
  type TemporalMask,
  type TransferRule,
  temporalMask,
  videoUnet,
  videoUnetStream,
} from "vid2world";
import { expect, test } from "vitest";
import { farthest } from "../fixtures/fixtures.js";
import { loudUnet, smallConfig } from "./small.js";

const base = loudUnet(smallConfig, 1);
const frames = 5;
const x = normalNoise([2, frames, 4, 4, 4], 1) as Tensor5D;
const level = tensor2d([
  [39, 39, 39, 39, 700],
  [20, 20, 20, 20, 300],
]);
const action = normalNoise([2, frames, 3], 2) as Tensor3D;

const at = (t: number) => ({
  x: x.slice([0, t], [2, 1]) as Tensor5D,
  level: level.slice([0, t], [2, 1]) as Tensor2D,
  action: action.slice([0, t], [2, 1]) as Tensor3D,
});

const cases = (["shift", "masked", "extrapolative"] as TransferRule[]).flatMap((transfer) => [
  { transfer, mask: "causal" as TemporalMask, norm: "frame" as const },
  { transfer, mask: { window: 2, sinks: 1 } as TemporalMask, norm: "cumulative" as const },
]);

test.each([
  ...cases,
  {
    transfer: "extrapolative" as const,
    points: 4,
    mask: { window: 3 } as TemporalMask,
    norm: "frame" as const,
  },
])("a stream gives what one call gives: %j", (options) => {
  const model = causalize(base, options);
  const whole = videoUnet(model, { x, level, action });
  const sees = temporalMask(frames, options.mask).arraySync();
  const slots = 6; // more than frames: an empty slot must not matter
  const before = memory().numTensors;
  const held = new StreamMemory(model, { batch: 2, height: 4, width: 4 }, slots);
  const count = before + Object.keys(held.tensors).length;
  for (let t = 0; t < frames; t++) {
    const { output, left } = tidy(() => {
      const past = {
        tensors: held.tensors,
        visible: tensor2d([Array.from({ length: slots }, (_, slot) => (slot < t ? sees[t][slot] : 0))]),
        share: scalar(t / (t + 1)),
      };
      return { output: videoUnetStream(model, at(t), past), left: rememberFrame(model, at(t), past) };
    });
    expect(tidy(() => farthest(output, whole.slice([0, t], [2, 1])))).toBeLessThan(2e-5);
    output.dispose();
    held.place(left, t);
    expect(Object.keys(held.tensors).length + before).toBe(count);
    expect(memory().numTensors).toBe(count);
  }
  held.dispose();
  expect(memory().numTensors).toBe(before);
});

test("two branches on one memory give what each gives alone", () => {
  const model = causalize(base, { transfer: "extrapolative" });
  tidy(() => {
    const held = new StreamMemory(model, { batch: 2, height: 4, width: 4 }, 2);
    const past = { tensors: held.tensors, visible: tensor2d([[0, 0]]), share: scalar(0) };
    held.place(rememberFrame(model, at(0), past), 1);
    const later = { tensors: held.tensors, visible: tensor2d([[0, 1]]), share: scalar(0.5) };
    const dropped = { ...at(1), actionMask: tensor2d([[0], [0]]) };
    const alone = [
      videoUnetStream(model, { ...at(1), actionMask: tensor2d([[1], [1]]) }, later),
      videoUnetStream(model, dropped, later),
    ];
    const twice = <T extends Tensor>(tensor: T) => tensor.concat(tensor) as T;
    const both = videoUnetStream(
      model,
      {
        x: twice(at(1).x),
        level: twice(at(1).level),
        action: twice(at(1).action),
        actionMask: tensor2d([[1], [1], [0], [0]]),
      },
      later,
    );
    expect(farthest(both, alone[0].concat(alone[1]))).toBeLessThan(1e-6);
    expect(farthest(alone[0], alone[1])).toBeGreaterThan(1e-3);
  });
});

test("a model that is not causal has nothing to remember, and a memory of another model is refused", () => {
  expect(() => new StreamMemory(base, { batch: 1, height: 4, width: 4 }, 2)).toThrow(
    "the model is not causal",
  );
  const model = causalize(base, { transfer: "shift" });
  const past = { tensors: {}, visible: tensor2d([[0]]), share: scalar(0) };
  expect(() => videoUnetStream(model, at(0), past)).toThrow("belongs to another model");
});
