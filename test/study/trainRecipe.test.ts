import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type Tensor2D, type Tensor4D, tensor2d } from "@tensorflow/tfjs";
import {
  labRollout,
  loadAutoencoder,
  loadWorldParts,
  openClips,
  openWorldModel,
  type PassiveRecipe,
  presets,
  type Recipe,
  recipes,
  trainRecipe,
  uniformNoise,
  type WorldRecipe,
} from "vid2world";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "recipes-"));
afterAll(() => rmSync(folder, { recursive: true }));
const options = { models: join(folder, "models"), scratch: join(folder, "scratch"), threads: 1 };
const clips = { sources: ["trail"], clips: 3, frames: 4, seed: 5 } as const;

const autoencoder: Recipe = {
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
  clips,
  steps: 4,
  batch: 2,
  seed: 1,
  optimizer: {},
};
const passive: Recipe = {
  kind: "passive",
  autoencoder: "ae",
  network: { ...presets.lab, inChannels: 8, channels: 8, headWidth: 8, normGroups: 2, defaultFps: 10 },
  diffusion: { levels: "shared", actionDropout: 0, firstFrameDropout: 0.5 },
  clips: { ...clips, sources: ["passive"] },
  frames: 3,
  steps: 2,
  batch: 2,
  seed: 1,
  optimizer: {},
  rollout: { ...labRollout, steps: 2 },
};
const { network: _, ...shared } = passive;
const world: Recipe = {
  ...shared,
  kind: "world",
  from: "base",
  clips,
  causal: { transfer: "extrapolative" },
  actionKind: "continuous",
  diffusion: { levels: "cleanHistory", actionDropout: 0.2 },
};

const passiveChannels = (recipes["passive-lab"] as PassiveRecipe).network.channels;

test("from nothing to a world model that can be entered: autoencoder, passive base, world", async () => {
  const card = await trainRecipe("ae", autoencoder, options);
  expect(card).toMatchObject({ name: "ae", steps: 4, recipe: autoencoder });
  expect(JSON.parse(readFileSync(join(options.models, "ae", "card.json"), "utf8"))).toEqual(card);
  await trainRecipe("base", passive, options);
  await trainRecipe("trail", world, options);
  const { network } = await loadWorldParts(join(options.models, "trail"));
  const causal = { actionSize: 3, inChannels: 8, convPadding: "causal", norm: "frame" };
  expect(network.config).toMatchObject(causal);
  const model = await openWorldModel(join(options.models, "trail"), { threads: 1 });
  await model.reset(uniformNoise([2, 64, 64, 3], 1) as Tensor4D, tensor2d([[0.1, 0, 0]]) as Tensor2D);
  const frame = await model.step([0.1, 0, 0]);
  expect(frame.shape).toEqual([64, 64, 3]);
  await model.dispose();
}, 120_000);

test("from scratch: the same network as from the passive base, with weights of its own", async () => {
  const { from: _, causal: __, ...rest } = world as WorldRecipe;
  const kept = (await loadWorldParts(join(options.models, "trail"))).network.config;
  await trainRecipe("scratch", { ...rest, network: { ...kept, actionSize: 0, transfer: "none" } }, options);
  const made = (await loadWorldParts(join(options.models, "scratch"))).network.config;
  expect(made).toEqual({ ...kept, transfer: "none" });
  for (const name of ["tabletop", "arena", "trail"] as const) {
    const [whole, alone] = [recipes[`${name}-lab`], recipes[`${name}-scratch`]];
    expect({ ...alone, network: undefined }).toEqual({
      ...whole,
      from: undefined,
      causal: undefined,
      network: undefined,
    });
    expect(alone.network).toMatchObject({ channels: passiveChannels, mask: whole.causal.mask });
  }
});

test("a model that has all its updates is not written over", async () => {
  const path = join(options.models, "ae", "card.json");
  const before = readFileSync(path, "utf8");
  await expect(trainRecipe("ae", autoencoder, options)).rejects.toThrow(
    /ae holds all 4 updates already; move it away/,
  );
  expect(readFileSync(path, "utf8")).toBe(before);
});

test("a run that was killed while it wrote its first checkpoint begins anew", async () => {
  mkdirSync(join(options.scratch, "killed"));
  writeFileSync(join(options.scratch, "killed", "step-000000002.safetensors.part"), "half");
  expect((await trainRecipe("killed", autoencoder, options)).steps).toBe(4);
});

test("latents of the finished autoencoder have unit spread", async () => {
  const { config } = await loadAutoencoder(join(options.models, "ae"));
  expect(config.latentScale).not.toBe(1);
  expect(config.latentScale).toBeGreaterThan(0);
});

test("an interrupted run goes on to equal weights, and from weights alone to its end", async () => {
  const stop = new AbortController();
  const half = await trainRecipe("halves", autoencoder, {
    ...options,
    signal: stop.signal,
    onProgress: ({ step }) => {
      if (step === 2) stop.abort();
    },
  });
  expect(half.steps).toBe(2);
  const whole = await trainRecipe("halves", autoencoder, options);
  expect(whole.steps).toBe(4);
  const weightsOf = (name: string) => readFileSync(join(options.models, name, "autoencoder.safetensors"));
  expect(weightsOf("halves").equals(weightsOf("ae"))).toBe(true);

  const again = new AbortController();
  await trainRecipe("cut", autoencoder, {
    ...options,
    signal: again.signal,
    onProgress: () => again.abort(),
  });
  rmSync(join(options.scratch, "cut"), { recursive: true });
  const scale = async () => (await loadAutoencoder(join(options.models, "cut"))).config.latentScale;
  const before = await scale();
  expect((await trainRecipe("cut", autoencoder, options)).steps).toBe(4);
  expect((await scale()) / before).toBeGreaterThan(0.5); // measured on latents as they are, not as scaled before
  expect((await scale()) / before).toBeLessThan(2);
}, 120_000);

test("clips of one description are recorded once, and are what they were", async () => {
  const seen: number[] = [];
  const place = { folder: join(folder, "clips"), onProgress: (done: number) => seen.push(done) };
  const first = await openClips(clips, place);
  expect(seen).toEqual([1, 2, 3]);
  const second = await openClips(clips, place);
  expect(seen).toHaveLength(3);
  expect(second).toEqual(first);
  expect(first.actions).toHaveLength(3 * 4 * 3);
  expect((await openClips({ ...clips, seed: 6 }, place)).hash).not.toBe(first.hash);
  expect(readdirSync(place.folder)).toContain("b660c99127dddf4a.json"); // changes with the trail's pictures only
  await expect(openClips({ ...clips, sources: ["moon" as "trail"] }, place)).rejects.toThrow(/sources/);
});

test("of two processes that begin with nothing, one makes clips or latents, and the other waits for them", async () => {
  const script = `const [recipe, options, name] = JSON.parse(process.argv[1]);
    const onStage = (stage, done) => process.stdout.write(stage + " " + done + "\\n");
    require("vid2world").trainRecipe(name, recipe, { ...options, onStage });`;
  const scratch = join(folder, "cold");
  const made = async (recipe: Recipe) => {
    const one = async (name: string) => {
      const args = JSON.stringify([recipe, { ...options, scratch }, `cold-${recipe.kind}-${name}`]);
      return (await promisify(execFile)(process.execPath, ["-e", script, args])).stdout;
    };
    const said = await Promise.all([one("a"), one("b")]);
    return said.flatMap((text) => text.trim().split("\n")).filter(Boolean);
  };
  expect((await made(passive)).sort()).toEqual(["clips 1", "clips 2", "clips 3", "latents 12"]);
  const reader = {
    kind: "stateReader",
    clips,
    frames: 1,
    shift: 0,
    steps: 1,
    batch: 1,
    seed: 1,
    optimizer: {},
  } as const;
  const seen = { ...reader, clips: { ...clips, seed: 7 } };
  expect((await made(seen)).sort()).toEqual(["clips 1", "clips 2", "clips 3"]); // states come with them
  const weights = ["a", "b"].map((name) =>
    readFileSync(join(options.models, `cold-passive-${name}`, "network.safetensors")),
  );
  expect(weights[0].equals(weights[1])).toBe(true);
  expect(readdirSync(join(scratch, "clips", "claims"))).toEqual([]);
}, 120_000);

test("what ships is made by recipes that name each other", () => {
  for (const recipe of Object.values(recipes) as Recipe[]) {
    if ("autoencoder" in recipe) expect(Object.keys(recipes)).toContain(recipe.autoencoder);
    if ("from" in recipe) expect(Object.keys(recipes)).toContain(recipe.from);
  }
});
