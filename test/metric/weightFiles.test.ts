import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, type Tensor, tensor } from "@tensorflow/tfjs";
import {
  findWeightFile,
  loadI3dWeights,
  loadInceptionWeights,
  loadLpipsWeights,
  openTensors,
  saveWeights,
} from "vid2world";
import { afterAll, afterEach, beforeEach, expect, test } from "vitest";
import { recipeWeights } from "./recipe.js";

const fixture = (name: string) => join(__dirname, "../fixtures/metric", name);
const outside = process.env.VID2WORLD_WEIGHTS;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "weights-"));
  process.env.VID2WORLD_WEIGHTS = folder;
});
afterEach(() => rmSync(folder, { recursive: true }));
afterAll(() => {
  if (outside === undefined) delete process.env.VID2WORLD_WEIGHTS;
  else process.env.VID2WORLD_WEIGHTS = outside;
});

test("a TorchScript file gives its modules' tensors by their paths, and runs nothing", async () => {
  const file = await openTensors(fixture("torchscript-mini.pt"));
  expect(file.format).toBe("PyTorch zip, TorchScript layout");
  const shapes = Object.fromEntries(
    [...file.entries].filter(([, { type }]) => type === "F32").map(([name, { shape }]) => [name, shape]),
  );
  expect(shapes["branch_1.1.conv3d.weight"]).toEqual([6, 5, 1, 1, 1]);
  const expected = recipeWeights(shapes);
  for (const [name, weight] of Object.entries(expected)) {
    const read = await file.readTensor(name);
    expect(read.dataSync()).toEqual(weight.dataSync());
    read.dispose();
    weight.dispose();
  }
  await file.close();
});

test("the I3D of either file comes under one set of names", async () => {
  const { i3d } = JSON.parse(await readFile(fixture("networks.json"), "utf8"));
  const names = Object.keys(i3d.shapes);
  const torchScript = (name: string) =>
    name
      .replace("logits.", "conv3d_0c_1x1.")
      .replace(/^(Conv3d|Mixed)/, (word) => word.toLowerCase())
      .replace(".bn.", ".batch3d.")
      .replace(".b0.", ".branch_0.")
      .replace(".b3b.", ".branch_3.1.")
      .replace(/\.b([12])([ab])\./, (_, branch, step) => `.branch_${branch}.${step === "a" ? 0 : 1}.`);
  const small = (rename: (name: string) => string) =>
    Object.fromEntries(names.map((name, i) => [rename(name), tensor([i])])) as Record<string, Tensor>;
  for (const [file, rename] of [
    ["i3d_torchscript.pt", torchScript],
    ["i3d_pretrained_400.pt", (name: string) => name],
  ] as const) {
    await saveWeights(join(folder, file), { ...small(rename), "other.weight": tensor([1]) });
    const loaded = await loadI3dWeights();
    expect(Object.keys(loaded).sort()).toEqual([...names].sort());
    for (const [i, name] of names.entries()) expect(loaded[name].dataSync()[0]).toBe(i);
    rmSync(join(folder, file));
  }
});

test("LPIPS takes its trunk and its linear layers from two files, and only what it needs", async () => {
  await saveWeights(join(folder, "alexnet-owt-7be5be79.pth"), {
    "features.0.weight": tensor([1]),
    "classifier.1.weight": tensor([2]),
  });
  await saveWeights(join(folder, "lpips-alex.pth"), { "lin0.model.1.weight": tensor([3]) });
  const before = memory().numTensors;
  const weights = await loadLpipsWeights("alex");
  expect(memory().numTensors).toBe(before + 2);
  expect(Object.keys(weights).sort()).toEqual(["features.0.weight", "lin0.model.1.weight"]);
});

test("a missing file is an error that says where to get it; a file of something else is named", async () => {
  expect(await findWeightFile("inception")).toBeUndefined();
  await expect(loadInceptionWeights()).rejects.toThrow(
    /^FID needs pt_inception-2015-12-05-6726825d\.pth: get it from .*pytorch-fid.* put it into data\/weights/,
  );
  const path = join(folder, "pt_inception-2015-12-05-6726825d.pth");
  copyFileSync(fixture("torchscript-mini.pt"), path);
  expect(await findWeightFile("inception")).toBe(path);
  await expect(loadInceptionWeights()).rejects.toThrow(/pt_inception.* holds none of the weights for FID/);
  writeFileSync(path, "not weights");
  await expect(loadInceptionWeights()).rejects.toThrow(/pt_inception/);
});
