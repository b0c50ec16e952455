/** A world model as a folder: one file of settings, one of weights for the network, one for the codec. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs";
import type { AutoencoderConfig } from "../model/autoencoder.js";
import type { VideoUnet } from "../model/videoUnet.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import type { ScheduleConfig } from "../schedule/schedule.js";
import { loadWeights, type Weights } from "../weights/safetensors.js";
import { type SaveOptions, saveWeights } from "../weights/saveWeights.js";
import { type CodecModel, createFrameCodec } from "./frameCodec.js";
import type { RolloutConfig } from "./rolloutConfig.js";
import { createWorld, operationThreads, type WorldOptions } from "./unetWorld.js";
import { createWorldModel, type WorldModel, type WorldModelOptions } from "./worldModel.js";

/** Everything that a world model is made of. */
export interface WorldParts {
  readonly network: VideoUnet;
  readonly codec: CodecModel;
  readonly schedule: ScheduleConfig;
  /** How its frames are best sampled. */
  readonly rollout: RolloutConfig;
  /** Text and image tokens that every video is given [1, token, width]; for a network with cross-attention. */
  readonly context?: Tensor3D;
}

interface WorldRecord {
  readonly format: "vid2world world model 1";
  readonly network: VideoUnetConfig;
  readonly codec:
    | { readonly kind: "autoencoder"; readonly config: AutoencoderConfig }
    | { readonly kind: "patch"; readonly patch: number; readonly channels: number; readonly scale: number }
    | { readonly kind: "pixels" };
  readonly schedule: ScheduleConfig;
  readonly rollout: RolloutConfig;
}

const format = "vid2world world model 1";

/**
 * Writes a world model to a folder; the settings come last, so a folder that has them is whole.
 *
 * @param options as for `saveWeights`: weights in `F16` take half of the room, rounded to 11 bits
 */
export async function saveWorldModel(
  dir: string,
  parts: WorldParts,
  options: Pick<SaveOptions, "precision"> = {},
): Promise<void> {
  const { network, codec, schedule, rollout, context } = parts;
  if (network.config.contextWidth > 0 && !context)
    throw new RangeError("saveWorldModel: context is missing; the network has cross-attention.");
  await mkdir(dir, { recursive: true });
  await saveWeights(join(dir, "network.safetensors"), network.weights, options);
  const ofCodec = codecWeights(codec);
  if (ofCodec) await saveWeights(join(dir, "codec.safetensors"), ofCodec, options);
  if (context) await saveWeights(join(dir, "context.safetensors"), { context });
  const record: WorldRecord = {
    format,
    network: network.config,
    codec: settingsOf(codec),
    schedule,
    rollout,
  };
  const path = join(dir, "world.json");
  await writeFile(`${path}.part`, `${JSON.stringify(record, null, 2)}\n`);
  await rename(`${path}.part`, path);
}

/**
 * The parts of a world model in a folder; its tensors belong to the caller.
 *
 * @throws Error if the folder holds no world model
 */
export async function loadWorldParts(dir: string): Promise<WorldParts> {
  const path = join(dir, "world.json");
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`openWorldModel: ${path} cannot be read; expected a folder that saveWorldModel wrote.`);
  });
  const record = JSON.parse(text) as WorldRecord;
  if (record.format !== format)
    throw new Error(
      `openWorldModel: ${path} has format ${JSON.stringify(record.format)}; expected "${format}".`,
    );
  const network = { config: record.network, weights: await loadWeights(join(dir, "network.safetensors")) };
  const { context } =
    record.network.contextWidth > 0 ? await loadWeights(join(dir, "context.safetensors")) : {};
  const weights = record.codec.kind === "pixels" ? {} : await loadWeights(join(dir, "codec.safetensors"));
  return {
    network,
    codec: codecOf(record.codec, weights),
    schedule: record.schedule,
    rollout: record.rollout,
    ...(context && { context: context as Tensor3D }),
  };
}

/**
 * Opens a world model from a folder, ready for `reset`. Options not given are those it was saved with.
 *
 * @throws Error if the folder holds no world model
 */
export async function openWorldModel(
  dir: string,
  options: Partial<WorldModelOptions> & Pick<WorldOptions, "engine" | "threads" | "workers"> = {},
): Promise<WorldModel> {
  const { network, codec, schedule, rollout, context } = await loadWorldParts(dir);
  const { engine, threads, workers, ...given } = options;
  const run = { engine, threads: operationThreads(workers, threads) };
  const world = createWorld(network, { schedule, context, workers, ...run });
  return createWorldModel(world, createFrameCodec(codec, run), { ...rollout, seed: 1, ...given });
}

/** Tensors of a codec, if it has any. */
export function codecWeights(codec: CodecModel): Weights | undefined {
  if (codec.kind === "autoencoder") return codec.autoencoder.weights;
  if (codec.kind === "patch") return { mean: codec.codec.mean, basis: codec.codec.basis };
  return undefined;
}

function settingsOf(codec: CodecModel): WorldRecord["codec"] {
  if (codec.kind === "autoencoder") return { kind: "autoencoder", config: codec.autoencoder.config };
  if (codec.kind === "pixels") return { kind: "pixels" };
  const { patch, channels, scale } = codec.codec;
  return { kind: "patch", patch, channels, scale };
}

function codecOf(settings: WorldRecord["codec"], weights: Weights): CodecModel {
  if (settings.kind === "autoencoder")
    return { kind: "autoencoder", autoencoder: { config: settings.config, weights } };
  if (settings.kind === "pixels") return { kind: "pixels" };
  const { patch, channels, scale } = settings;
  const [mean, basis] = [weights.mean as Tensor2D, weights.basis as Tensor2D];
  return { kind: "patch", codec: { patch, channels, scale, mean, basis } };
}
