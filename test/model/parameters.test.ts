import {
  autoencoderParameters,
  countParameters,
  dynamicrafterResampler,
  imageTowerParameters,
  presets,
  resamplerParameters,
  stableDiffusionAutoencoder,
  textTowerParameters,
  videoUnetParameters,
  vitH14Image,
  vitH14Text,
} from "vid2world";
import { expect, test } from "vitest";
import { readShapes } from "../fixtures/fixtures.js";

const prefixed = (prefix: string, parameters: Record<string, { readonly shape: readonly number[] }>) =>
  Object.entries(parameters).map(([name, { shape }]) => [prefix + name, [...shape]] as const);

test("all 1,815 names and shapes of the official 512 model", () => {
  const official = readShapes("dynamicrafter/dynamicrafter-512-params.tsv");
  const buffers = [...official].filter(([name]) => !name.includes(".")); // noise schedules
  expect(buffers.length).toBe(13);
  for (const [name] of buffers) official.delete(name);
  const ours = new Map([
    ...prefixed("model.diffusion_model.", videoUnetParameters(presets.dynamicrafter512)),
    ...prefixed("first_stage_model.", autoencoderParameters(stableDiffusionAutoencoder)),
    ...prefixed("image_proj_model.", resamplerParameters(dynamicrafterResampler)),
  ]);
  expect(ours.size).toBe(1815);
  expect(Object.fromEntries(ours)).toEqual(Object.fromEntries(official));
});

test("parameters are counted from shapes alone", () => {
  expect(countParameters(videoUnetParameters(presets.dynamicrafter512))).toBe(1_438_854_980);
  expect(countParameters(autoencoderParameters(stableDiffusionAutoencoder))).toBe(83_653_863);
  expect(countParameters(resamplerParameters(dynamicrafterResampler))).toBe(48_787_456);
});

test("the lab preset has between one and two million parameters", () => {
  const count = countParameters(videoUnetParameters(presets.lab));
  expect(count).toBeGreaterThan(1e6);
  expect(count).toBeLessThan(2e6);
});

test("what the towers of ViT-H/14 use is in the official model, with the same shapes", () => {
  const official = readShapes("openclip/vit-h14-params.tsv");
  const ours = [
    ...prefixed("embedder.model.", imageTowerParameters(vitH14Image)),
    ...prefixed("cond_stage_model.model.", textTowerParameters(vitH14Text)),
  ];
  for (const [name, shape] of ours) expect(official.get(name), name).toEqual(shape);
  // what is left over belongs to heads and layers that DynamiCrafter does not run
  const names = new Set(ours.map(([name]) => name));
  const left = [...official.keys()].filter((name) => !names.has(name));
  for (const name of left)
    expect(name).toMatch(
      /resblocks\.23\.|ln_post|proj(ection)?$|logit_scale|^embedder\.model\.(positional_embedding|token_embedding|ln_final)/,
    );
});
