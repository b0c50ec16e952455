import { memory, type Tensor2D, tensor2d, zeros } from "@tensorflow/tfjs";
import { createVideoUnet, presets, videoUnet, videoUnetParameters } from "vid2world";
import { beforeAll, expect, test } from "vitest";
import { channelsLast, farthest, tinyUnet } from "../fixtures/fixtures.js";

// float32 round-off of the recorded run is 2.4e-6; ten times that is the bound its notes give
const tolerance = 2.4e-5;
let tiny: Awaited<ReturnType<typeof tinyUnet>>;
let clipLevels: Tensor2D;

beforeAll(async () => {
  tiny = await tinyUnet();
  clipLevels = tensor2d(Array.from(tiny.io["input.timesteps"].dataSync(), (t) => Array(5).fill(t)));
});

test("the official forward pass is reproduced, with image tokens per frame", () => {
  const { model, io, x, context, fps } = tiny;
  const before = memory().numTensors;
  const output = videoUnet(model, { x, level: clipLevels, context, fps });
  expect(memory().numTensors).toBe(before + 1);
  expect(farthest(output, channelsLast(io.output))).toBeLessThan(tolerance);
});

test("image tokens that are not 16 per frame are seen by every frame", () => {
  const { model, io, x, sharedContext, fps } = tiny;
  const output = videoUnet(model, { x, level: clipLevels, context: sharedContext, fps });
  expect(farthest(output, channelsLast(io["output.context_shared"]))).toBeLessThan(tolerance);
});

test("without fps, the config's default is used", () => {
  const { model, io, x, context } = tiny;
  const output = videoUnet(model, { x, level: clipLevels, context });
  expect(farthest(output, channelsLast(io["output.default_fs"]))).toBeLessThan(tolerance);
});

test("a clip of one frame works", () => {
  const { model, io, x, context, fps } = tiny;
  const output = videoUnet(model, {
    x: x.slice([0, 0], [2, 1]),
    level: clipLevels.slice([0, 0], [2, 1]),
    context: context.slice([0, 0], [2, 93]),
    fps,
  });
  expect(farthest(output, channelsLast(io["output.first_frame_only"]))).toBeLessThan(tolerance);
});

test("every frame may have a noise level of its own", () => {
  const { model, io, x, context, fps, levels } = tiny;
  const output = videoUnet(model, { x, level: levels, context, fps });
  expect(farthest(output, channelsLast(io["output.timesteps_bt"]))).toBeLessThan(tolerance);
});

test("every intermediate result that was recorded is reproduced", () => {
  const { model, io, x, context, fps } = tiny;
  const seen = new Map<string, Float32Array>();
  videoUnet(model, { x, level: clipLevels, context, fps }, (name, result) => {
    seen.set(name, result.dataSync() as Float32Array);
    return result;
  });
  for (const [ours, theirs] of [
    ["input_blocks.0.0", "act.input_blocks.0.out"],
    ["input_blocks.1.1", "act.input_blocks.1.1.out"],
    ["input_blocks.2.0", "act.input_blocks.2.out"],
    ["output_blocks.1.1", "act.output_blocks.1.out"],
  ]) {
    if (!(theirs in io)) throw new Error(theirs);
    const expected = io[theirs].transpose([0, 2, 3, 1]).dataSync();
    const values = seen.get(ours) as Float32Array;
    expect(Math.max(...expected.map((value, i) => Math.abs(value - values[i]))), ours).toBeLessThan(
      tolerance,
    );
  }
});

test("the 512 model has the published number of parameters", () => {
  const shapes = Object.values(videoUnetParameters(presets.dynamicrafter512));
  const count = shapes.reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  expect(count).toBe(1_438_854_980);
});

test("a fresh model answers zero, since its last layer starts at zero", () => {
  const model = createVideoUnet({ ...presets.lab, channels: 16, headWidth: 8 }, 1);
  const output = videoUnet(model, { x: zeros([1, 2, 4, 4, 4]), level: zeros([1, 2]) });
  expect(output.shape).toEqual([1, 2, 4, 4, 4]);
  expect(output.abs().max().dataSync()[0]).toBe(0);
});

test("a shape that does not fit is refused by name", () => {
  const { model, context } = tiny;
  const x = zeros([1, 2, 7, 6, 8]) as never;
  expect(() => videoUnet(model, { x, level: zeros([1, 2]), context })).toThrow(
    "videoUnet: x [1,2,7,6,8] has a height or width that 2 does not divide",
  );
});

test.each([
  [{ attentionAt: [3] }, "config.attentionAt has 3; expected downsampling factors among 1, 2."],
  [{ normGroups: 7 }, "level 0 has 32 channels for 7 norm groups"],
  [{ headWidth: 40 }, "level 1 has 64 channels for heads of 40"],
  [{ channelMultipliers: [2, 4] }, "expected 1 as its first entry"],
  [{ norm: "batch" as never }, 'config.norm is "batch"; expected one of clip, frame, cumulative'],
  [{ mask: { window: 0 } }, "mask.window is 0"],
  [{ temporalTaps: 4 }, "expected an odd number for centred convolutions"],
])("a config that no network can be built from is refused: %j", (change, message) => {
  expect(() => createVideoUnet({ ...presets.lab, ...change }, 1)).toThrow(message);
});
