import { memory, type Tensor, type Tensor2D, type Tensor4D, zeros } from "@tensorflow/tfjs";
import {
  embedCaptions,
  embedImages,
  emptyCaption,
  type ImageTower,
  resizeAntialiased,
  type TextTower,
  vitH14Text,
  type Weights,
} from "vid2world";
import { blurTaps } from "vid2world/dist/model/resizeAntialiased.js";
import { beforeAll, expect, test } from "vitest";
import { farthest, readJson, readTensors } from "../fixtures/fixtures.js";

/** Stored pixels are u = 128 (x + 1), [image, channel, height, width]; here [image, height, width, channel]. */
const pixels = (stored: Tensor): Tensor4D => stored.div(128).sub(1).transpose([0, 2, 3, 1]);

/** The stored rows and columns of a result [image, height, width, channel], as [image, channel, row, column]. */
function sampled(io: Weights, name: string, full: Tensor4D): Tensor {
  let x: Tensor = full.transpose([0, 3, 1, 2]);
  if (io[`${name}.rows`]) x = x.gather(io[`${name}.rows`].toInt().as1D(), 2);
  if (io[`${name}.cols`]) x = x.gather(io[`${name}.cols`].toInt().as1D(), 3);
  return x;
}

let towerImages: Weights;
let imageTower: ImageTower;
let textTower: TextTower;
beforeAll(async () => {
  const { vision_cfg } = readJson("openclip/image-tower-tiny.json").params;
  imageTower = {
    config: {
      width: vision_cfg.width,
      layers: vision_cfg.layers,
      heads: vision_cfg.width / vision_cfg.head_width,
      patch: vision_cfg.patch_size,
      imageSize: vision_cfg.image_size,
    },
    weights: await readTensors("openclip/image-tower-tiny.safetensors"),
  };
  const { text_cfg } = readJson("openclip/text-tower-tiny.json").params;
  textTower = {
    config: {
      width: text_cfg.width,
      layers: text_cfg.layers - 1,
      heads: text_cfg.heads,
      positions: text_cfg.context_length,
      vocabulary: text_cfg.vocab_size,
    },
    weights: await readTensors("openclip/text-tower-tiny.safetensors"),
  };
  towerImages = await readTensors("openclip/image-tower-tiny.io.safetensors");
});

const cases: { name: string; size: [number, number]; kernel_size_yx?: [number, number] }[] = readJson(
  "openclip/kornia-resize.json",
).cases;

test.each(cases)("kornia's resize: $name to $size", async ({ name, size }) => {
  const inputs = await readTensors("openclip/kornia-resize.inputs.safetensors");
  const io = await readTensors("openclip/kornia-resize.io.safetensors");
  const x = pixels(inputs[`input.${name}.u8`]);
  const before = memory().numTensors;
  const resized = resizeAntialiased(x, size);
  expect(memory().numTensors).toBe(before + 1);
  const expected = io[`output.${name}`];
  expect(farthest(sampled(io, `output.${name}`, resized), expected)).toBeLessThan(1e-4);
  for (const axis of ["y", "x"] as const) {
    const recorded = io[`kernel.${name}.${axis}`];
    if (!recorded) continue;
    const [from, to] = axis === "y" ? [x.shape[1], size[0]] : [x.shape[2], size[1]];
    const taps = blurTaps(from, to);
    expect(recorded.size).toBe(taps.length);
    for (const [i, value] of recorded.dataSync().entries()) expect(value).toBeCloseTo(taps[i], 6);
  }
});

const imageOf = (name: string): Tensor4D =>
  name === "zero" ? zeros([1, 320, 512, 3]) : pixels(towerImages[`input.${name}.u8`]);

test.each([
  ["up", 2.5e-4],
  ["down", 2.5e-4],
  ["native", 7e-5],
  ["zero", 7e-5],
])("the picture tower's tokens: %s", (name, bound) => {
  const image = imageOf(name).add(1).div(2) as Tensor4D;
  const before = memory().numTensors;
  const tokens = embedImages(imageTower, image);
  expect(memory().numTensors).toBe(before + 1);
  expect(farthest(tokens, towerImages[`output.${name}`])).toBeLessThan(bound);
});

test("the caption tower's tokens, for empty, short and full captions", async () => {
  const io = await readTensors("openclip/text-tower-tiny.io.safetensors");
  const ids = io["input.ids"] as Tensor2D;
  const before = memory().numTensors;
  const tokens = embedCaptions(textTower, ids);
  expect(memory().numTensors).toBe(before + 1);
  expect(farthest(tokens, io["output.penultimate"])).toBeLessThan(2.5e-5);
  const empty = emptyCaption(textTower.config);
  expect([...empty.dataSync()]).toEqual([...ids.slice([0, 0], [1, 77]).dataSync()]);
});

test("the empty caption needs no vocabulary: 49406, 49407 and 75 zeros", () => {
  const ids = [...emptyCaption(vitH14Text).dataSync()];
  expect(ids.slice(0, 3)).toEqual([49406, 49407, 0]);
  expect(ids.length).toBe(77);
});
