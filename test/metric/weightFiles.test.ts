import { copyFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, type Tensor, type Tensor5D, tensor } from "@tensorflow/tfjs";
import {
  dreamsim,
  findWeightFile,
  loadDreamsimWeights,
  loadI3dWeights,
  loadInceptionWeights,
  loadLpipsWeights,
  openTensors,
  saveWeights,
  uniformNoise,
} from "vid2world";
import { afterAll, afterEach, beforeEach, describe, expect, test } from "vitest";
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

test("an Inception with the names of FID's and other outputs is refused: it is torchvision's", async () => {
  await saveWeights(join(folder, "pt_inception-2015-12-05-6726825d.pth"), {
    "Conv2d_1a_3x3.conv.weight": tensor([1]),
    "fc.weight": tensor([1, 2, 3], [3, 1]),
  });
  await expect(loadInceptionWeights()).rejects.toThrow(
    /is an Inception with 3 outputs; FID's has 1008. Is it torchvision's\? FID needs/,
  );
});

describe("loadDreamsimWeights, from files as PyTorch writes them", () => {
  const put = (...names: string[]) => {
    mkdirSync(join(folder, "ensemble_lora"), { recursive: true });
    for (const name of names) copyFileSync(fixture(`dreamsim/${name}`), join(folder, name));
  };
  const trunks = [
    "dino_vitbase16_pretrain.pth",
    "clip_vitb16_pretrain.pth.tar",
    "open_clip_vitb16_pretrain.pth.tar",
  ];
  const [adapter, config] = ["ensemble_lora/adapter_model.bin", "ensemble_lora/adapter_config.json"];

  test("three trunks under one prefix each, W + alpha / rank · B A in every attention, only what is needed", async () => {
    put(...trunks, adapter, config);
    const before = memory().numTensors;
    const weights = await loadDreamsimWeights();
    expect(memory().numTensors).toBe(before + Object.keys(weights).length);
    expect(Object.keys(weights)).toHaveLength(30 + 33 + 33);
    expect([...weights["clip.patch_embed.proj.bias"].dataSync()]).toEqual(Array(12).fill(0));

    const file = await openTensors(join(folder, adapter));
    const plain = await openTensors(join(folder, trunks[2]));
    const at = "blocks.1.attn.qkv";
    const part = (side: string) => `base_model.model.extractor_list.2.model.${at}.lora_${side}.weight`;
    const a = await file.readTensor(part("A"));
    const b = await file.readTensor(part("B"));
    const expected = (await plain.readTensor(`${at}.weight`)).add(b.matMul(a).mul(1 / 2));
    expect(weights[`open_clip.${at}.weight`].sub(expected).abs().max().dataSync()[0]).toBeLessThan(1e-7);
    await file.close();
    await plain.close();

    const frame = uniformNoise([1, 1, 8, 8, 3], 1) as Tensor5D;
    const same = await dreamsim(weights, frame, frame, { heads: 2 });
    expect(same.dataSync()[0]).toBe(0);
    const other = uniformNoise([1, 1, 8, 8, 3], 2) as Tensor5D;
    expect((await dreamsim(weights, frame, other, { heads: 2 })).dataSync()[0]).toBeGreaterThan(0);
  });

  test("the additions may be a safetensors file, and DINO in PyTorch Hub's folder", async () => {
    put(...trunks, adapter, config);
    const whole = await loadDreamsimWeights();
    const file = await openTensors(join(folder, adapter));
    const read: Record<string, Tensor> = {};
    for (const name of file.entries.keys()) read[name] = await file.readTensor(name);
    await file.close();
    await saveWeights(join(folder, "ensemble_lora/adapter_model.safetensors"), read);
    rmSync(join(folder, adapter));
    mkdirSync(join(folder, "checkpoints"));
    renameSync(join(folder, trunks[0]), join(folder, "checkpoints", trunks[0]));
    const again = await loadDreamsimWeights();
    for (const [name, weight] of Object.entries(whole))
      expect(again[name].dataSync()).toEqual(weight.dataSync());
  });

  test("what is missing, halved, or of another network is named, and no tensor stays", async () => {
    const before = memory().numTensors;
    const refused = (message: RegExp) => expect(loadDreamsimWeights()).rejects.toThrow(message);
    await refused(
      /^DreamSim, what it learned.* needs ensemble_lora\/adapter_model\.safetensors: get it from/,
    );
    put(adapter);
    await refused(/adapter_config\.json cannot be read; expected it beside/);
    put(config);
    await refused(/^DreamSim, its DINO trunk needs dino_vitbase16_pretrain\.pth/);
    put(...trunks);
    writeFileSync(join(folder, config), '{ "r": 2 }');
    await refused(/should name the numbers r and lora_alpha/);
    put(config);
    copyFileSync(fixture("torchscript-mini.pt"), join(folder, trunks[1]));
    await refused(/clip_vitb16_pretrain\.pth\.tar holds none of the weights for DreamSim, its CLIP trunk/);
    put(trunks[1]);
    const half = "base_model.model.extractor_list.0.model.blocks.0.attn.qkv.lora_A.weight";
    const scratch = tensor([1, 2], [1, 2]);
    await saveWeights(join(folder, "ensemble_lora/adapter_model.safetensors"), { [half]: scratch });
    await refused(/holds one half of the addition to dino\.blocks\.0\.attn\.qkv\.weight/);
    await saveWeights(join(folder, "ensemble_lora/adapter_model.safetensors"), {
      [half]: scratch,
      [half.replace("lora_A", "lora_B")]: scratch,
    });
    await refused(/dino\.blocks\.0\.attn\.qkv\.weight is \[36,12\]; .* adds \[1,2\] × \[1,2\] to it/);
    scratch.dispose();
    expect(memory().numTensors).toBe(before);
  });
});
