import { memory, type Tensor, type Tensor2D, type Tensor4D } from "@tensorflow/tfjs";
import {
  embedCaptions,
  embedImages,
  emptyCaption,
  resizeAntialiased,
  vitH14Text,
  type Weights,
} from "vid2world";
import { blurTaps } from "vid2world/dist/model/resizeAntialiased.js";
import { expect, test } from "vitest";
import { farthest, readJson, readTensors, tinyImageTower, tinyTextTower } from "../fixtures/fixtures.js";

/** Stored pixels are u = 128 (x + 1), [image, channel, height, width]; here [image, height, width, channel]. */
const pixels = (stored: Tensor): Tensor4D => stored.div(128).sub(1).transpose([0, 2, 3, 1]);

/** The stored rows and columns of a result [image, height, width, channel], as [image, channel, row, column]. */
function sampled(io: Weights, name: string, full: Tensor4D): Tensor {
  let x: Tensor = full.transpose([0, 3, 1, 2]);
  if (io[`${name}.rows`]) x = x.gather(io[`${name}.rows`].toInt().as1D(), 2);
  if (io[`${name}.cols`]) x = x.gather(io[`${name}.cols`].toInt().as1D(), 3);
  return x;
}

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

test("the picture tower's tokens, of pictures that are enlarged, reduced, left as they are or grey", async () => {
  const { model, pictures } = await tinyImageTower();
  for (const { name, image, tokens, bound } of pictures) {
    const before = memory().numTensors;
    const answer = embedImages(model, image);
    expect(memory().numTensors).toBe(before + 1);
    expect(farthest(answer, tokens), name).toBeLessThan(bound);
  }
});

test("the caption tower's tokens, for empty, short and full captions", async () => {
  const { model, io } = await tinyTextTower();
  const ids = io["input.ids"] as Tensor2D;
  const before = memory().numTensors;
  const tokens = embedCaptions(model, ids);
  expect(memory().numTensors).toBe(before + 1);
  expect(farthest(tokens, io["output.penultimate"])).toBeLessThan(2.5e-5);
  const empty = emptyCaption(model.config);
  expect([...empty.dataSync()]).toEqual([...ids.slice([0, 0], [1, 77]).dataSync()]);
});

test("the empty caption needs no vocabulary: 49406, 49407 and 75 zeros", () => {
  const ids = [...emptyCaption(vitH14Text).dataSync()];
  expect(ids.slice(0, 3)).toEqual([49406, 49407, 0]);
  expect(ids.length).toBe(77);
});
