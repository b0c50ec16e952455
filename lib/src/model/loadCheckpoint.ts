/** Models from checkpoint files: the weights that a config asks for, found under whatever names the file has. */
import type { Tensor } from "@tensorflow/tfjs";
import { countParameters, createWeights, type Parameters } from "../nn/parameters.js";
import { type CheckpointPart, placeName, releasedVid2World } from "../weights/checkpointNames.js";
import { openTensors } from "../weights/openTensors.js";
import type { TensorFile, Weights } from "../weights/tensorFile.js";
import {
  type Autoencoder,
  type AutoencoderConfig,
  autoencoderParameters,
  stableDiffusionAutoencoder,
} from "./autoencoder.js";
import {
  type ImageTower,
  type ImageTowerConfig,
  imageTowerParameters,
  type TextTower,
  type TextTowerConfig,
  textTowerParameters,
  vitH14Image,
  vitH14Text,
} from "./clip.js";
import {
  dynamicrafterResampler,
  type Resampler,
  type ResamplerConfig,
  resamplerParameters,
} from "./resampler.js";
import { videoUnetParameters } from "./unetPlan.js";
import type { VideoUnet } from "./videoUnet.js";
import type { VideoUnetConfig } from "./videoUnetConfig.js";

/** The networks to load, each by its config. What is not named is not read. */
export interface CheckpointConfigs {
  /** "stored": the config that the file's header carries, as files of the trainer do. */
  readonly unet?: VideoUnetConfig | "stored";
  readonly autoencoder?: AutoencoderConfig;
  readonly resampler?: ResamplerConfig;
  readonly imageTower?: ImageTowerConfig;
  readonly textTower?: TextTowerConfig;
}

/** Everything beside the U-Net in the checkpoints of DynamiCrafter and Vid2World. */
export const dynamicrafterParts = {
  autoencoder: stableDiffusionAutoencoder,
  resampler: dynamicrafterResampler,
  imageTower: vitH14Image,
  textTower: vitH14Text,
} as const satisfies CheckpointConfigs;

/** How a file's tensors and a config's parameters fit each other, by the names here. */
export interface LoadReport {
  /** Parameters without a tensor in the file. */
  readonly missing: readonly string[];
  /** Tensors of another shape than the config's. */
  readonly misshapen: readonly { readonly name: string; readonly expected: string; readonly found: string }[];
  /** Tensors of this part that the config has no use for. */
  readonly unexpected: readonly string[];
  /** Numbers found in the file for the config's parameters. */
  readonly found: number;
  /** Numbers that the config's parameters hold. */
  readonly expected: number;
}

/** What was loaded. All tensors belong to the caller. */
export interface LoadedCheckpoint {
  readonly unet?: VideoUnet;
  readonly autoencoder?: Autoencoder;
  readonly resampler?: Resampler;
  readonly imageTower?: ImageTower;
  readonly textTower?: TextTower;
  readonly reports: Readonly<Partial<Record<CheckpointPart, LoadReport>>>;
}

/** How to load. */
export interface LoadOptions {
  /** Gives missing weights, such as those of a new action embedding, their first values. Absent: missing is an error. */
  readonly seed?: number;
  /** Called after each tensor. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Weights that official checkpoints carry along and no forward pass uses. */
const leftovers: Partial<Record<CheckpointPart, RegExp>> = {
  imageTower:
    /^(positional_embedding|text_projection|logit_scale|token_embedding\.|ln_final\.|visual\.(ln_post\.|proj$))/,
  textTower: /^(text_projection|logit_scale|transformer\.resblocks\.)/,
};

function parametersOf(part: CheckpointPart, config: object): Parameters {
  switch (part) {
    case "unet":
      return videoUnetParameters(config as VideoUnetConfig);
    case "autoencoder":
      return autoencoderParameters(config as AutoencoderConfig);
    case "resampler":
      return resamplerParameters(config as ResamplerConfig);
    case "imageTower":
      return imageTowerParameters(config as ImageTowerConfig);
    case "textTower":
      return textTowerParameters(config as TextTowerConfig);
  }
}

/** The U-Net's config from a file's header. */
function storedConfig({ path, metadata }: TensorFile): VideoUnetConfig {
  const config = metadata.trainer
    ? JSON.parse(metadata.trainer)?.model?.config
    : metadata.config && JSON.parse(metadata.config);
  if (typeof config !== "object" || config === null)
    throw new Error(
      `loadCheckpoint: ${path} carries no config in its header; give one, such as presets.lab.`,
    );
  return config;
}

/** Names of the file for the names here, and how they fit the parameters. */
function match(
  file: TensorFile,
  part: CheckpointPart,
  parameters: Parameters,
): { stored: Map<string, string>; report: LoadReport } {
  const stored = new Map<string, string>();
  const unexpected: string[] = [];
  for (const name of file.entries.keys()) {
    const placed = placeName(name);
    if (placed?.part !== part) continue;
    if (Object.hasOwn(parameters, placed.name)) {
      const twin = stored.get(placed.name);
      if (twin)
        throw new Error(
          `loadCheckpoint: ${file.path} has two tensors for ${placed.name}: ${twin} and ${name}.`,
        );
      stored.set(placed.name, name);
    } else if (!leftovers[part]?.test(placed.name)) unexpected.push(placed.name);
  }
  const missing: string[] = [];
  const misshapen: LoadReport["misshapen"][number][] = [];
  const fitting: Parameters = {};
  for (const [name, parameter] of Object.entries(parameters)) {
    const entry = file.entries.get(stored.get(name) ?? "");
    if (!entry) missing.push(name);
    else if (String(entry.shape) !== String(parameter.shape))
      misshapen.push({ name, expected: `[${parameter.shape}]`, found: `[${entry.shape}]` });
    else fitting[name] = parameter;
  }
  const counts = { found: countParameters(fitting), expected: countParameters(parameters) };
  return { stored, report: { missing, misshapen, unexpected, ...counts } };
}

/** Up to three names, and how many more there are. */
function some(names: readonly string[]): string {
  const more = names.length - 3;
  return names.slice(0, 3).join(", ") + (more > 0 ? ` and ${more} more` : "");
}

/** Throws if the weights cannot be loaded as they are. */
function requireFit(path: string, part: CheckpointPart, report: LoadReport, mayMiss: boolean): void {
  const { missing, misshapen, found, expected } = report;
  const wrong = misshapen.map(({ name, expected, found }) => `${name} ${found} instead of ${expected}`);
  const faults = [
    ...(wrong.length > 0 ? [`has ${wrong.length} misshapen: ${some(wrong)}`] : []),
    ...(missing.length > 0 && !mayMiss ? [`lacks ${missing.length}: ${some(missing)}`] : []),
  ];
  if (faults.length > 0)
    throw new Error(
      `loadCheckpoint: ${path} does not fit the ${part} config (${found} of ${expected} numbers): it ${faults.join("; it ")}.`,
    );
}

/**
 * Loads networks from a checkpoint: safetensors or PyTorch, with the names of DynamiCrafter, of the released Vid2World, or
 * of the files written here. Tensors are read one by one; what is not asked for is not read.
 *
 * A released Vid2World model is recognised by its names: its kernels are causal already, its norms run over the clip, and
 * its last layer is causal over rows; the loaded U-Net's config says so.
 *
 * @param configs the networks to load, such as `{ unet: presets.dynamicrafter512, ...dynamicrafterParts }`
 * @returns the networks, and for each a report of missing, misshapen and unexpected tensors
 * @throws Error if the file cannot be read, or its tensors do not fit a config
 */
export async function loadCheckpoint(
  path: string,
  configs: CheckpointConfigs,
  options: LoadOptions = {},
): Promise<LoadedCheckpoint> {
  const { seed, onProgress } = options;
  const file = await openTensors(path);
  const loaded: Tensor[] = [];
  try {
    const unet = configs.unet === "stored" ? storedConfig(file) : configs.unet;
    const parts = Object.entries({ ...configs, unet }).filter(([, config]) => config !== undefined) as [
      CheckpointPart,
      object,
    ][];
    const plans = parts.map(([part, config]) => {
      const parameters = parametersOf(part, config);
      const { stored, report } = match(file, part, parameters);
      requireFit(path, part, report, seed !== undefined);
      return { part, config, parameters, stored, report };
    });
    const total = plans.reduce((sum, { stored }) => sum + stored.size, 0);
    const result: Record<string, unknown> = {};
    const reports: Partial<Record<CheckpointPart, LoadReport>> = {};
    for (const { part, config, parameters, stored, report } of plans) {
      const weights: Weights = {};
      for (const name of Object.keys(parameters)) {
        const source = stored.get(name);
        weights[name] = source
          ? await file.readTensor(source)
          : createWeights({ [name]: parameters[name] }, seed as number)[name];
        loaded.push(weights[name]);
        if (source) onProgress?.(loaded.length, total);
      }
      result[part] = {
        config: part === "unet" ? asReleased(file, config as VideoUnetConfig) : config,
        weights,
      };
      reports[part] = report;
    }
    return { ...result, reports };
  } catch (error) {
    for (const tensor of loaded) tensor.dispose();
    throw error;
  } finally {
    await file.close();
  }
}

/** The config with what the names of a released Vid2World file tell. */
function asReleased(file: TensorFile, config: VideoUnetConfig): VideoUnetConfig {
  const { causal, rowCausal } = releasedVid2World(file.entries.keys());
  if (!causal) return config;
  const outputConv = rowCausal ? "rowCausal" : config.outputConv;
  return { ...config, convPadding: "causal", mask: "causal", norm: "clip", outputConv };
}
