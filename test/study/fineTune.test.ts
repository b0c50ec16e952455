import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispose, memory } from "@tensorflow/tfjs";
import {
  causalArm,
  computeCard,
  defineStudy,
  fineTuneProtocol,
  guided,
  openResultStore,
  runStudy,
  type Study,
  stripVideos,
  summarizeStudy,
  unguided,
  units,
  useBackend,
  weightTransferStudy,
} from "vid2world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallest } from "./smallest.js";

const folder = mkdtempSync(join(tmpdir(), "fine-tune-"));
const folders = { models: join(folder, "models"), scratch: join(folder, "scratch") };
beforeAll(async () => {
  await useBackend();
});
afterAll(() => rmSync(folder, { recursive: true }));

async function oneArm(): Promise<Study> {
  return defineStudy({
    name: "one arm",
    question: "Do workers compute what this process computes?",
    arms: {
      masked: causalArm({ transfer: "masked" }, unguided),
    },
    reference: "masked",
    axis: ["causal"],
    seeds: [1],
    protocol: await smallest(folders.models),
    expectation: {},
  });
}

test("worker processes and this one give the same values to the bit, by the card alone", async () => {
  const store = openResultStore(join(folder, "results"));
  const study = await oneArm();
  expect(await runStudy(study, { store, folders, workers: 1 })).toEqual([]);
  const [unit] = units(study);
  const stored = await store.read(unit.card);
  const before = memory().numTensors;
  const again = await computeCard(unit.card, { folders });
  expect(memory().numTensors).toBe(before);
  expect(again.values).toEqual(stored?.values);
  expect(again.shown).toEqual(stored?.shown);
  expect((again.shown.race as { step: number }[]).map(({ step }) => step)).toEqual([0, 2]);
  expect(again.values.psnr).toHaveLength((again.shown.clips as number[]).length);

  const videos = await stripVideos(stored!);
  expect(videos.truth.shape).toEqual([6, 64, 64, 3]);
  expect(videos.drawn.shape).toEqual([6, 64, 64, 3]);
  dispose([videos.truth, videos.drawn]);
  const { comparisons } = await summarizeStudy(study, store);
  expect(Object.keys(comparisons)).toEqual([...Object.keys(again.values), "lab Fréchet"]);
}, 120_000);

test("a unit that fails in a worker says why, and leaves no claim", async () => {
  const store = openResultStore(join(folder, "failing"));
  const study = {
    ...(await oneArm()),
    protocol: { ...(await smallest(folders.models)), actionKind: "none" },
  };
  await expect(runStudy(study, { store, folders, workers: 1 })).rejects.toThrow(/actionKind/);
  for (const { card } of units(study)) expect(await store.claim(card)).toBeDefined();
}, 60_000);

test("equal arms of different studies have one card, guided ones another", async () => {
  const options = { budget: "quick", seeds: [1], models: folders.models } as const;
  const [, masked] = units(await weightTransferStudy(options));
  const protocol = await fineTuneProtocol("quick", folders.models);
  expect(masked.card).toEqual({
    ...protocol,
    ...causalArm({ transfer: "masked", points: 3 }, unguided),
    seed: 1,
  });
  expect(masked.card).not.toEqual({ ...protocol, ...causalArm({ transfer: "masked" }, guided), seed: 1 });
});

test("the standard budget names the base that is missing, and how to make it", async () => {
  await expect(fineTuneProtocol("standard", folders.models)).rejects.toThrow(/npm run train -- passive-lab/);
});
