import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispose, memory } from "@tensorflow/tfjs";
import {
  causalArm,
  computeCard,
  createAutoencoder,
  createImageTower,
  createResampler,
  createTextTower,
  createVideoUnet,
  type Episode,
  openResultStore,
  type PaperScale,
  paperNeeds,
  paperProtocol,
  paperScale,
  presets,
  readVideo,
  type Study,
  saveWeights,
  uniformValues,
  units,
  useBackend,
  type Weights,
  weightTransferStudy,
  writeEpisodes,
} from "vid2world";
import { afterAll, beforeAll, expect, test } from "vitest";

const bin = join(import.meta.dirname, "..", "..", "lib", "bin", "vid2world.cjs");
const folder = mkdtempSync(join(tmpdir(), "paper-"));
afterAll(() => rmSync(folder, { recursive: true }));
const folders = {
  models: join(folder, "models"),
  scratch: join(folder, "scratch"),
  episodes: join(folder, "fractal20220817_data"),
  checkpoint: join(folder, "model.safetensors"),
};

/** The paper's settings with smaller numbers in their places. */
const tiny: PaperScale = {
  ...paperScale,
  networks: {
    unet: {
      ...paperScale.networks.unet,
      channels: 8,
      channelMultipliers: [1, 2],
      resBlocks: 1,
      attentionAt: [1],
      headWidth: 4,
      initialAttentionHeads: 2,
      normGroups: 4,
      contextWidth: 12,
    },
    autoencoder: {
      ...paperScale.networks.autoencoder,
      channels: 4,
      channelMultipliers: [1, 1, 2],
      resBlocks: 1,
      normGroups: 2,
    },
    resampler: {
      tokenWidth: 16,
      width: 8,
      outputWidth: 12,
      layers: 1,
      heads: 2,
      headWidth: 4,
      queries: 16,
      frames: 4,
    },
    imageTower: { width: 16, layers: 1, heads: 2, patch: 14, imageSize: 28 },
    textTower: { width: 12, layers: 1, heads: 2, positions: 77, vocabulary: 600 },
  },
  size: [32, 48],
  frames: 4,
  batch: 1,
  accumulate: 2,
  optimizer: { ...paperScale.optimizer, rate: 1e-3, steps: 3 },
  sampling: { ...paperScale.sampling, steps: 2, window: 4 },
  testShare: 0.5,
  clips: 3,
  provider: "cpu",
};

/** An episode as RT-1 has them, of one colour that drifts. */
function episode(number: number, frameCount: number): Episode {
  const [height, width, actionSize] = [64, 80, 13];
  const colours = uniformValues(3, number + 1);
  const frames = async (start = 0, count = frameCount - start) =>
    Uint8Array.from({ length: count * height * width * 3 }, (_, i) => {
      const t = start + Math.floor(i / (height * width * 3));
      return 60 + 150 * colours[i % 3] + 5 * t;
    });
  const actions = Float32Array.from({ length: frameCount * actionSize }, (_, i) => {
    const part = i % actionSize;
    return part >= 7 && part < 10 ? 0 : Math.fround(0.1 * part);
  });
  return { name: `e${number}`, frameCount, height, width, fps: 3, actions, actionSize, metadata: {}, frames };
}

const named = (prefix: string, weights: Weights): Weights =>
  Object.fromEntries(Object.entries(weights).map(([name, weight]) => [`${prefix}${name}`, weight]));

let study: Study;
beforeAll(async () => {
  await useBackend();
  const lengths = [6, 3, 9, 5, 4, 7]; // one is too short for a window
  await writeEpisodes(
    folders.episodes,
    lengths.map((length, i) => episode(i, length)),
    {
      format: "rt1",
      shardBytes: 50_000,
    },
  );
  const { unet, autoencoder, resampler, imageTower, textTower } = tiny.networks;
  const all = {
    ...named("model.diffusion_model.", createVideoUnet(unet, 1).weights),
    ...named("first_stage_model.", createAutoencoder(autoencoder, 2).weights),
    ...named("image_proj_model.", createResampler(resampler, 3).weights),
    ...named("embedder.model.", createImageTower(imageTower, 4).weights),
    ...named("cond_stage_model.model.", createTextTower(textTower, 5).weights),
  };
  await saveWeights(folders.checkpoint, all);
  dispose(all);
  study = {
    name: "tiny paper",
    question: "Does every line of a study at the paper's size run?",
    arms: {
      "extrapolative + AG": causalArm({ transfer: "extrapolative" }, { dropout: 0.2, strength: 2.5 }),
      "from scratch": {
        ...causalArm({ transfer: "extrapolative" }, { dropout: 0.2, strength: 2.5 }),
        start: "scratch",
      },
    },
    reference: "extrapolative + AG",
    axis: ["start"],
    seeds: [1],
    protocol: await paperProtocol(folders, tiny),
    expectation: { psnr: [{ arm: "from scratch", direction: "below" }] },
  };
});

test("from a checkpoint and TFRecord shards to verdicts by the command, which says before what it will need", async () => {
  const file = join(folder, "study.json");
  writeFileSync(file, JSON.stringify(study));
  const flags = Object.entries(folders).flatMap(([name, path]) => [`--${name}`, path]);
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [bin, "study", file, ...flags, "--results", join(folder, "results")],
    { encoding: "utf8" },
  );
  expect(stderr).toContain("2/2");
  expect(status).toBe(0);
  expect(stdout).toMatch(
    /Each result: 3 updates of 2 windows \(4 frames of 32 × 48\), then 3 clips of 3 drawn/,
  );
  expect(stdout).toMatch(/reproduced|undecided/);
  const store = openResultStore(join(folder, "results"));
  for (const { card } of units(study)) {
    const { values, shown } = (await store.read<Record<string, number[]>>(card))!;
    expect(Object.keys(values)).toEqual(["psnr", "ssim"]);
    expect(values.psnr).toHaveLength(3);
    expect(shown?.loss).toHaveLength(3);
    expect(shown?.distances).toEqual({}); // no file of weights is here
  }
}, 120_000);

test("FID and FVD, where there are any, are printed below the verdicts", async () => {
  const store = openResultStore(join(folder, "results"));
  const results = join(folder, "results-with-fvd");
  const fvd = { network: "i3d minusOneToOne", value: 22.41, interval: [20.04, 25.5], warning: "few clips" };
  for (const { card } of units(study))
    await openResultStore(results).write({ ...(await store.read(card))!, shown: { distances: { fvd } } });
  const file = join(folder, "study.json");
  const { stdout } = spawnSync(process.execPath, [bin, "study", file, "--results", results], {
    encoding: "utf8",
  });
  expect(stdout).toContain("FVD of from scratch, seed 1: 22.41 [20.04, 25.50] (few clips)");
  expect(stdout).not.toContain("GPU-hours"); // nothing is left to compute
});

test("a unit that is stopped, in training or while it draws, goes on from there to the same bits", async () => {
  const [{ card }] = units(study);
  const store = openResultStore(join(folder, "results"));
  const whole = await store.read(card);
  const elsewhere = { ...folders, scratch: join(folder, "elsewhere") };
  const before = memory().numTensors;
  for (const least of [0.2, 0.82]) {
    const stop = new AbortController();
    const onProgress = (share: number) => {
      if (share > least) stop.abort();
    };
    const { values } = await computeCard(card, { folders: elsewhere, signal: stop.signal, onProgress });
    expect(values).toEqual({});
  }
  const place = join(elsewhere.scratch, "paper");
  const clips = readdirSync(place).find((name) => name.endsWith(".clips"))!;
  expect(readdirSync(join(place, clips)).length).toBeLessThan(3);
  const again = await computeCard(card, { folders: elsewhere });
  expect(memory().numTensors).toBe(before);
  expect(again.values).toEqual(whole?.values);
  expect(again.shown).toEqual(whole?.shown);
  const truth = await readVideo(join(place, clips, "00000", "gt_video.mp4"));
  expect(truth.shape).toEqual([4, 32, 48, 3]); // 64 × 80 becomes 32 × 40, with 4 black columns on either side
  const row = (await truth.slice([0, 16], [1, 1]).mean(3).data()) as Float32Array;
  expect(Math.max(...row.subarray(0, 2), ...row.subarray(46))).toBeLessThan(0.1);
  expect(Math.min(...row.subarray(6, 42))).toBeGreaterThan(0.2);
  truth.dispose();
}, 120_000);

test("what is missing is asked for in a sentence; other data or another checkpoint are refused", async () => {
  const { episodes, checkpoint, models } = folders;
  const asked = { budget: "paper", seeds: [1], models } as const;
  await expect(weightTransferStudy(asked)).rejects.toThrow(
    /needs DynamiCrafter's model.ckpt .* --checkpoint\.$/,
  );
  await expect(weightTransferStudy({ ...asked, checkpoint })).rejects.toThrow(/111 GiB\); .* --episodes\.$/);
  await expect(paperProtocol({ episodes, checkpoint: "none.ckpt" }, tiny)).rejects.toThrow(
    /nothing at none.ckpt/,
  );
  const [{ card }] = units(study);
  const hash = "0".repeat(64);
  await expect(computeCard({ ...card, checkpoint: hash }, { folders })).rejects.toThrow(
    /SHA-256 .* 000000000000…/,
  );
  await expect(computeCard({ ...card, episodes: hash }, { folders })).rejects.toThrow(
    /others than those of the card/,
  );
});

test("metrics whose files of weights are there are named in the card, with a hash of the files", async () => {
  const weights = join(folder, "weights");
  mkdirSync(weights);
  writeFileSync(join(weights, "i3d_torchscript.pt"), "one");
  const before = process.env.VID2WORLD_WEIGHTS;
  process.env.VID2WORLD_WEIGHTS = weights;
  try {
    const first = await paperProtocol(folders, tiny);
    writeFileSync(join(weights, "i3d_torchscript.pt"), "two");
    const second = await paperProtocol(folders, tiny);
    expect(Object.keys(first.metrics as object)).toEqual(["fvd"]);
    expect(second.metrics).not.toEqual(first.metrics);
    expect({ ...second, metrics: {} }).toEqual({ ...first, metrics: {} });
  } finally {
    if (before === undefined) delete process.env.VID2WORLD_WEIGHTS;
    else process.env.VID2WORLD_WEIGHTS = before;
  }
});

test("the needs at full size follow from the paper's figures", () => {
  const { parameters, gigabytes, training, drawing } = paperNeeds(paperScale);
  expect(parameters).toBeGreaterThan(1.438e9); // the U-Net alone
  expect(gigabytes).toBeGreaterThan((16 * parameters) / 1e9);
  expect(training).toBeCloseTo(0.3 * 4 * 7 * 24, 9); // 30,000 of 100,000 updates, 4 GPUs, 7 days
  expect(drawing).toBeCloseTo((1024 * 15 * 20) / 3600, 9);
  const { frames, given } = paperScale;
  expect([frames, given, presets.vid2world.actionSize]).toEqual([16, 1, 13]);
});
