/** The files of weights that metrics need, where users get them, and whether they are here. None is part of this package. */
import { stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";
import { dispose, type Tensor } from "@tensorflow/tfjs";
import { openTensors } from "../weights/openTensors.js";
import type { TensorFile } from "../weights/tensorFile.js";
import type { MetricWeights } from "./convNet.js";
import type { LpipsNetwork } from "./lpips.js";

export interface WeightFile {
  readonly name: string;
  /** Other files that serve as well. */
  readonly otherNames?: readonly string[];
  /** What it is for, in a few words. */
  readonly use: string;
  /** Where users get it. */
  readonly source: string;
  readonly bytes?: number;
  /** SHA-256 in hexadecimal, or its known beginning. */
  readonly sha256?: string;
}

const torchvision = "https://download.pytorch.org/models/";
const lpipsSource =
  "github.com/richzhang/PerceptualSimilarity, lpips/weights/v0.1/ (there without the prefix lpips-)";
const dreamsimSource =
  "dreamsim_ensemble_checkpoint.zip, unpacked, of github.com/ssundaram21/dreamsim, releases, v0.2.0-checkpoints";

export const weightFiles = {
  alex: {
    name: "alexnet-owt-7be5be79.pth",
    use: "LPIPS with AlexNet, its trunk",
    source: `${torchvision}alexnet-owt-7be5be79.pth`,
    sha256: "7be5be79",
  },
  vgg: {
    name: "vgg16-397923af.pth",
    use: "LPIPS with VGG, its trunk",
    source: `${torchvision}vgg16-397923af.pth`,
    sha256: "397923af",
  },
  squeeze: {
    name: "squeezenet1_1-b8a52dc0.pth",
    use: "LPIPS with SqueezeNet, its trunk",
    source: `${torchvision}squeezenet1_1-b8a52dc0.pth`,
    sha256: "b8a52dc0",
  },
  alexLinear: {
    name: "lpips-alex.pth",
    use: "LPIPS with AlexNet, its linear layers",
    source: lpipsSource,
    bytes: 6009,
  },
  vggLinear: {
    name: "lpips-vgg.pth",
    use: "LPIPS with VGG, its linear layers",
    source: lpipsSource,
    bytes: 7289,
  },
  squeezeLinear: {
    name: "lpips-squeeze.pth",
    use: "LPIPS with SqueezeNet, its linear layers",
    source: lpipsSource,
    bytes: 10811,
  },
  inception: {
    name: "pt_inception-2015-12-05-6726825d.pth",
    use: "FID",
    source: "github.com/mseitzer/pytorch-fid, releases, fid_weights",
    bytes: 95628359,
    sha256: "6726825d0af5f729cebd5821db510b11b1cfad8faad88a03f1befd49fb9129b2",
  },
  i3d: {
    name: "i3d_torchscript.pt",
    otherNames: ["i3d_pretrained_400.pt"],
    use: "FVD",
    source:
      "huggingface.co/flateon/FVD-I3D-torchscript (i3d_pretrained_400.pt of github.com/songweige/TATS, tats/fvd/, serves too)",
  },
  dino: {
    name: "dino_vitbase16_pretrain.pth",
    otherNames: ["checkpoints/dino_vitbase16_pretrain.pth"],
    use: "DreamSim, its DINO trunk",
    source: "https://dl.fbaipublicfiles.com/dino/dino_vitbase16_pretrain/dino_vitbase16_pretrain.pth",
  },
  clip: {
    name: "clip_vitb16_pretrain.pth.tar",
    use: "DreamSim, its CLIP trunk",
    source: dreamsimSource,
  },
  openClip: {
    name: "open_clip_vitb16_pretrain.pth.tar",
    use: "DreamSim, its OpenCLIP trunk",
    source: dreamsimSource,
  },
  dreamsim: {
    name: "ensemble_lora/adapter_model.safetensors",
    otherNames: ["ensemble_lora/adapter_model.bin"],
    use: "DreamSim, what it learned, with adapter_config.json beside it",
    source: dreamsimSource,
  },
} as const satisfies Record<string, WeightFile>;

export type WeightFileKey = keyof typeof weightFiles;

/** Folders that are searched, in order: those in VID2WORLD_WEIGHTS, then data/weights. */
export function weightFolders(): string[] {
  const named = (process.env.VID2WORLD_WEIGHTS ?? "").split(delimiter).filter(Boolean);
  return [...named, join("data", "weights")].map((folder) => resolve(folder));
}

/** The path of a file of weights in one of the folders, or undefined. */
export async function findWeightFile(key: WeightFileKey): Promise<string | undefined> {
  const { name, otherNames = [] }: WeightFile = weightFiles[key];
  for (const folder of weightFolders())
    for (const file of [name, ...otherNames]) {
      const path = join(folder, file);
      if ((await stat(path).catch(() => undefined))?.isFile()) return path;
    }
  return undefined;
}

/** One sentence on where to get a file and where to put it. */
export function howToGet(key: WeightFileKey): string {
  const { name, use, source } = weightFiles[key];
  return `${use} needs ${name}: get it from ${source} and put it into data/weights/ or a folder in VID2WORLD_WEIGHTS.`;
}

/**
 * Reads one file of weights.
 * @param check throws where the file holds another network under the same names
 * @throws Error that says where to get the file, if it is missing; with the file's name, if it cannot be read
 */
export async function readWeightFile(
  key: WeightFileKey,
  wanted: (name: string) => boolean,
  check: (file: TensorFile) => void = () => {},
): Promise<MetricWeights> {
  const path = await findWeightFile(key);
  if (!path) throw new Error(howToGet(key));
  const file = await openTensors(path);
  const weights: Record<string, Tensor> = {};
  try {
    check(file);
    const names = [...file.entries.keys()].filter(wanted);
    if (names.length === 0) throw new Error(`${path} holds none of the weights for ${weightFiles[key].use}.`);
    for (const name of names) weights[name] = await file.readTensor(name);
    return weights;
  } catch (error) {
    dispose(weights);
    throw error;
  } finally {
    await file.close();
  }
}

/** Weights of `lpips`: the trunk's convolutions and the linear layers, from two files. */
export async function loadLpipsWeights(network: LpipsNetwork): Promise<MetricWeights> {
  const linear = await readWeightFile(`${network}Linear`, (name) => name.startsWith("lin"));
  try {
    return { ...(await readWeightFile(network, (name) => name.startsWith("features."))), ...linear };
  } catch (error) {
    dispose(linear as Record<string, Tensor>);
    throw error;
  }
}

/** Weights of `inceptionFeatures`. */
export function loadInceptionWeights(): Promise<MetricWeights> {
  return readWeightFile(
    "inception",
    (name) => /^(Conv2d|Mixed)_.*\.(conv|bn)\.(?!num_batches)/.test(name),
    ({ path, entries }) => {
      // torchvision's Inception has the same names and shapes up to here, and gives other numbers.
      const outputs = entries.get("fc.weight")?.shape[0] ?? 1008;
      if (outputs === 1008) return;
      throw new Error(
        `${path} is an Inception with ${outputs} outputs; FID's has 1008. Is it torchvision's? ${howToGet("inception")}`,
      );
    },
  );
}

/** Weights of `i3dFeatures`, under its names whichever of the files they come from. */
export async function loadI3dWeights(): Promise<MetricWeights> {
  const kept = /^(conv3d|mixed|logits).*\.(conv3d|bn|batch3d)\.(?!num_batches)/i;
  const weights = await readWeightFile("i3d", (name) => kept.test(name));
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [i3dName(name), tensor]));
}

/** The name in `i3d_pretrained_400.pt` of a weight in `i3d_torchscript.pt`. */
export function i3dName(name: string): string {
  return name
    .replace(/^conv3d_0c_1x1\./, "logits.")
    .replace(/^(conv3d|mixed)_/, (block) => block[0].toUpperCase() + block.slice(1))
    .replace(".batch3d.", ".bn.")
    .replace(/\.branch_0\./, ".b0.")
    .replace(/\.branch_3\.1\./, ".b3b.")
    .replace(/\.branch_([12])\.([01])\./, (_, branch, step) => `.b${branch}${step === "0" ? "a" : "b"}.`);
}
