import { memory, type Tensor4D, tensor4d, tidy } from "@tensorflow/tfjs";
import { decodePatches, encodePatches, fitPatchCodec, uniformNoise } from "vid2world";
import { expect, test } from "vitest";

const video = uniformNoise([3, 8, 12, 3], 1) as Tensor4D;
const largest = (a: Tensor4D, b: Tensor4D) => tidy(() => a.sub(b).abs().max().dataSync()[0]);

test("with every channel kept, decoding gives the video back", () => {
  const codec = fitPatchCodec(video, { patch: 2, channels: 12 });
  expect(largest(decodePatches(codec, encodePatches(codec, video)), video)).toBeLessThan(1e-5);
});

test("latents have variance 1 over all channels, and the first channel the largest", () => {
  const latents = encodePatches(fitPatchCodec(video, { patch: 2, channels: 5 }), video);
  const perChannel = [...tidy(() => latents.square().mean([0, 1, 2])).dataSync()];
  expect(perChannel.reduce((a, b) => a + b) / 5).toBeCloseTo(1, 4);
  expect([...perChannel].sort((a, b) => b - a)).toEqual(perChannel);
});

test("more channels never reconstruct worse", () => {
  const errors = [1, 3, 6, 12].map((channels) => {
    const codec = fitPatchCodec(video, { patch: 2, channels });
    return tidy(
      () => decodePatches(codec, encodePatches(codec, video)).squaredDifference(video).sum().dataSync()[0],
    );
  });
  expect([...errors].sort((a, b) => b - a)).toEqual(errors);
});

test("each patch is coded alone: a change in one patch moves one latent", () => {
  const codec = fitPatchCodec(video, { patch: 4, channels: 6 });
  const pixels = video.dataSync().slice();
  pixels[0] += 0.5; // frame 0, patch (0, 0)
  const moved = tidy(() =>
    encodePatches(codec, tensor4d(pixels, video.shape)).sub(encodePatches(codec, video)).abs().sum(3),
  );
  expect([...moved.dataSync()].map((v, i) => (v > 0 ? i : -1)).filter((i) => i >= 0)).toEqual([0]);
});

test("fitting leaves two tensors, coding one each", () => {
  const before = memory().numTensors;
  const codec = fitPatchCodec(video, { patch: 2, channels: 4 });
  expect(memory().numTensors).toBe(before + 2);
  const latents = encodePatches(codec, video);
  decodePatches(codec, latents);
  expect(memory().numTensors).toBe(before + 4);
});

test("a video that does not divide into patches is refused with its size", () => {
  expect(() => fitPatchCodec(video, { patch: 5, channels: 4 })).toThrow(
    "fitPatchCodec: video is 8×12; expected multiples of the patch side 5.",
  );
});
