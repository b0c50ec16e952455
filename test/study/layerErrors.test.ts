import { memory, type Tensor5D, zeros } from "@tensorflow/tfjs";
import {
  causalize,
  createVideoUnet,
  layerErrors,
  normalNoise,
  presets,
  useBackend,
  type VideoUnet,
} from "vid2world";
import { beforeAll, expect, test } from "vitest";

beforeAll(async () => {
  await useBackend("wasm");
});

const config = {
  ...presets.lab,
  channels: 8,
  channelMultipliers: [1],
  attentionAt: [1],
  headWidth: 8,
  normGroups: 2,
};
const isTemporal = (layer: string) => /temopral_conv\.conv\d\.[23]/.test(layer);
const onlyKernels = { mask: "full", norm: "clip" } as const;
const clip = normalNoise([1, 5, 4, 4, 4], 2) as Tensor5D;

/** A passive network in which every weight counts, with the future's taps as they are or at zero. */
function passive(future: "kept" | "zero"): VideoUnet {
  const { weights } = createVideoUnet(config, 1);
  const drawn = Object.entries(weights).map(([name, weight], i) => {
    const filled = normalNoise<never>(weight.shape as never, i + 1)
      .mul(0.1)
      .add(weight);
    const tap = isTemporal(name) && weight.rank > 2 && future === "zero";
    if (!tap) return [name, filled];
    const [out, inputs, , ...rest] = weight.shape;
    return [name, filled.slice([0, 0, 0], [out, inputs, 2]).concat(zeros([out, inputs, 1, ...rest]), 2)];
  });
  return { config, weights: Object.fromEntries(drawn) };
}

test("masking a tap that is zero changes nothing, shifting the kernel does", () => {
  const model = passive("zero");
  const options = { level: 200, seed: 1 };
  const masked = causalize(model, { transfer: "masked", ...onlyKernels });
  const before = memory().numTensors;
  const errors = layerErrors(model, masked, clip, options);
  expect(memory().numTensors).toBe(before);
  expect(errors.some(({ layer }) => isTemporal(layer))).toBe(true);
  for (const { own, carried, cosine } of errors) expect([own, carried, cosine]).toEqual([0, 0, 1]);
  const shifted = causalize(model, { transfer: "shift", ...onlyKernels });
  expect(layerErrors(model, shifted, clip, options).at(-1)?.carried).toBeGreaterThan(0.01);
});

test("layers that were not changed make no error of their own, but carry that of the others", () => {
  const model = passive("kept");
  const masked = causalize(model, { transfer: "masked", ...onlyKernels });
  const errors = layerErrors(model, masked, clip, { level: 200, seed: 1 });
  for (const { layer, own } of errors)
    expect([layer, own > 0]).toEqual([layer, /temopral_conv\.conv\d\.[23]/.test(layer)]);
  expect(errors.at(-1)?.carried).toBeGreaterThan(0);
});
