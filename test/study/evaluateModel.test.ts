import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import {
  type AutoencoderScores,
  compareRollouts,
  evaluateModel,
  labRollout,
  makeWorld,
  presets,
  type ReaderScores,
  type Recipe,
  type RolloutScore,
  trainRecipe,
  useBackend,
  type WorldScores,
} from "vid2world";
import { afterAll, beforeAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "scores-"));
const options = { models: join(folder, "models"), scratch: join(folder, "scratch"), threads: 1 };
const clips = { sources: ["trail"], clips: 3, frames: 4, seed: 5 } as const;
const shared = { clips, steps: 2, batch: 2, seed: 1, optimizer: {} };
const network = { ...presets.lab, inChannels: 8, channels: 8, headWidth: 8, normGroups: 2, defaultFps: 10 };
const video = {
  ...shared,
  autoencoder: "ae",
  frames: 3,
  rollout: { ...labRollout, steps: 2, window: 4 },
};
const made: Record<string, Recipe> = {
  ae: {
    ...shared,
    kind: "autoencoder",
    network: {
      imageChannels: 3,
      channels: 4,
      channelMultipliers: [1, 1, 2],
      resBlocks: 1,
      latentChannels: 4,
      normGroups: 2,
      latentScale: 1,
    },
  },
  base: { ...video, kind: "passive", network, diffusion: { levels: "shared", actionDropout: 0 } },
  "trail-lab": {
    ...video,
    kind: "world",
    from: "base",
    causal: { transfer: "extrapolative", mask: { window: 3 } },
    actionKind: "continuous",
    diffusion: {},
  },
};

const judge = { ...shared, frames: 2, shift: 1 };
const judges: Record<string, Recipe> = {
  "lab-features": { ...judge, kind: "videoEncoder" },
  "inverse-dynamics-trail": { ...judge, kind: "inverseDynamics" },
  "state-reader-trail": { ...judge, kind: "stateReader" },
};

beforeAll(async () => {
  await useBackend("wasm");
  for (const [name, recipe] of Object.entries(made)) await trainRecipe(name, recipe, options);
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true }));

const run = (name: string) =>
  evaluateModel(join(options.models, name), { clips: 2, scratch: options.scratch, threads: 1 });
const written = (name: string) => JSON.parse(readFileSync(join(options.models, name, "scores.json"), "utf8"));

test("an autoencoder is scored on every source, overall and on object pixels; the file says the same", async () => {
  const scores = (await run("ae")) as AutoencoderScores;
  expect(Object.keys(scores.sources)).toEqual(["tabletop", "arena", "trail", "passive"]);
  for (const [source, { psnr, objects }] of Object.entries(scores.sources)) {
    expect(psnr.interval[0]).toBeLessThanOrEqual(psnr.value);
    expect(psnr.interval[1]).toBeGreaterThanOrEqual(psnr.value);
    expect(objects === undefined).toBe(source === "passive");
    if (objects) expect(objects.share).toBeGreaterThan(0.01);
    if (objects) expect(objects.share).toBeLessThan(0.9);
  }
  expect(scores).toMatchObject({ name: "ae", kind: "autoencoder", steps: 2, clips: 2 });
  expect(written("ae")).toEqual(scores);
}, 60_000);

test("a world model is scored beside its naive base on the same clips, and says what was not there", async () => {
  const scores = (await run("trail-lab")) as WorldScores;
  expect(scores).toMatchObject({ kind: "world", given: 4, predicted: 12 });
  expect(scores.missing).toEqual([...Object.keys(judges), "trail-scratch"]);
  expect(scores.actions).toBeUndefined();
  expect(scores.changedPixels.sampling).toEqual(video.rollout);
  expect(scores.changedPixels.cache).toBe("exact");
  expect(scores.heldOutLoss.value).toBeGreaterThan(0.3); // three updates have learned little
  expect(scores.heldOutLoss.value).toBeLessThan(2);
  const { base } = scores.beside;
  expect(base.cache).toBe("none");
  expect(base.psnr.copy).toBe(scores.changedPixels.psnr.copy);
  expect(base.behind.value).toBeCloseTo(scores.changedPixels.psnr.model - base.psnr.model, 10);
  expect(written("trail-lab")).toEqual(scores);
  await expect(run("nothing")).rejects.toThrow(/card\.json cannot be read/);
}, 120_000);

test("with the networks that judge, actions, read-back and long rollouts are scored; equal runs give equal scores", async () => {
  for (const [name, recipe] of Object.entries(judges)) await trainRecipe(name, recipe, options);
  const scores = (await run("trail-lab")) as WorldScores;
  expect(scores.missing).toEqual(["trail-scratch"]);
  const { actions, readBack, longRollouts } = scores;
  expect(Object.values(actions!.visibility)).toHaveLength(6);
  expect(Math.min(...Object.values(actions!.visibility))).toBeGreaterThan(0);
  for (const { value } of [actions!.nearestTrue, actions!.nearestGenerated]) {
    expect(value).toBeGreaterThanOrEqual(0);
    expect(value).toBeLessThanOrEqual(1);
  }
  expect(Object.keys(readBack!.slope)).toEqual(expect.arrayContaining(["forward", "turn"]));
  expect(readBack!.ratio.value).toBeGreaterThan(0);
  expect(Object.keys(longRollouts!.colourError.at)).toEqual(["1", "12", "48", "120"]);
  expect(longRollouts!.lastPsnr.ahead.value).toBeCloseTo(
    longRollouts!.lastPsnr.model - longRollouts!.lastPsnr.copy,
    10,
  );
  expect(longRollouts!.frechet!.late).toBeGreaterThan(0);
  expect(longRollouts!.placeError!.guess.value).toBeGreaterThan(0);
  expect(await run("trail-lab")).toEqual(scores);
}, 200_000);

test("a network that judges is scored on clips it has not seen, number by number", async () => {
  const scores = (await run("inverse-dynamics-trail")) as ReaderScores;
  expect(scores.loss).toBeGreaterThan(0.3);
  expect(Object.keys(scores.numbers!)).toEqual(expect.arrayContaining(["forward", "turn"]));
  const { explained, error } = scores.numbers!.turn;
  expect(explained).toBeLessThan(1);
  expect(error).toBeGreaterThan(0);
  expect(((await run("lab-features")) as ReaderScores).numbers).toBeUndefined();
}, 60_000);

test("evaluate-model prints a table, and with --json the scores as its last line", () => {
  const main = join(dirname(createRequire(import.meta.url).resolve("vid2world")), "../bin/vid2world.cjs");
  const evaluate = (...args: string[]) =>
    execFileSync(process.execPath, [main, "evaluate-model", join(options.models, "ae"), "--json", ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    });
  const printed = evaluate("--clips", "2", "--scratch", options.scratch);
  expect(printed).toMatch(/source +all pixels +object pixels/);
  expect(JSON.parse(printed.trim().split("\n").at(-1)!)).toEqual(written("ae"));
  expect(evaluate("--saved")).toBe(printed.replace(/.*scores\.json is written\.\n/, ""));
}, 60_000);

test("a model is as many decibels ahead as its pooled errors say, and nothing ahead of itself", () => {
  const score = (error: number): RolloutScore => ({
    psnr: { model: 0, copy: 0, ceiling: 0 },
    closed: { value: 0, interval: [0, 0] },
    clips: [1, 2, 3].map((i) => ({ numbers: 10 * i, model: error * i, copy: 1, ceiling: 1 })),
  });
  const ahead = compareRollouts(score(1), score(10), 1);
  expect(ahead.value).toBeCloseTo(10, 10);
  expect(ahead.interval.map((end) => Math.round(end))).toEqual([10, 10]);
  expect(compareRollouts(score(1), score(1), 1)).toEqual({ value: 0, interval: [0, 0] });
  const fewer = { ...score(1), clips: score(1).clips.slice(1) };
  expect(() => compareRollouts(score(1), fewer, 1)).toThrow(/different clips/);
});

test.each(["tabletop", "arena", "trail"] as const)(
  "%s drawn as scenery differs from its picture where things are, and drawing it changes nothing",
  async (name) => {
    const world = await makeWorld(name, 3);
    const [whole, scenery] = [world.render().slice(), world.render(64, "scenery").slice()];
    const differing = whole.filter((value, i) => Math.abs(value - scenery[i]) > 10).length / whole.length;
    expect(differing).toBeGreaterThan(0.005);
    expect(differing).toBeLessThan(0.9);
    expect(world.render(64, "all").slice()).toEqual(whole);
    expect(world.render(64, "scenery").slice()).toEqual(scenery);
    world.dispose();
  },
);
