/** Writing episodes as `fractal20220817_data`: TFRecord shards of limited size with the two JSON files beside them. */
import { type FileHandle, open, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Episode } from "./episode.js";
import { encodePicture } from "./pictures.js";
import { datasetInfoJson, featuresJson, rt1Layout } from "./rldsInfo.js";
import { encodeExample, type Feature } from "./tfExample.js";
import { appendRecord } from "./tfrecord.js";

const dataset = "fractal20220817_data";
const split = "train";
const actionSize = 13;

/** Takes episodes one by one; `finish` names the shards, which can only be done when their number is known. */
export interface Rt1Output {
  write(episode: Episode): Promise<void>;
  finish(): Promise<void>;
}

/** Begins a data set in a folder; a shard is closed when it has reached `shardBytes`. */
export function createRt1(folder: string, shardBytes: number, quality?: number): Rt1Output {
  const shards: { episodes: number; bytes: number }[] = [];
  let file: FileHandle | undefined;
  let size: { height: number; width: number } | undefined;
  const unnamed = (index: number) => join(folder, `${index}.part`);
  return {
    write: async (episode) => {
      size ??= episode;
      if (episode.height !== size.height || episode.width !== size.width)
        throw new RangeError(
          `writeEpisodes: episode ${episode.name} is ${episode.height}×${episode.width}; ` +
            `the first is ${size.height}×${size.width}, and rt1 stores one size.`,
        );
      const record = encodeExample(await episodeFeatures(episode, quality));
      file ??= await open(unnamed(shards.push({ episodes: 0, bytes: 0 }) - 1), "wx");
      const shard = shards[shards.length - 1];
      shard.bytes += await appendRecord(file, record);
      shard.episodes++;
      if (shard.bytes < shardBytes) return;
      await file.close();
      file = undefined;
    },
    finish: async () => {
      await file?.close();
      const digits = (value: number) => String(value).padStart(5, "0");
      for (const index of shards.keys()) {
        const name = `${dataset}-${split}.tfrecord-${digits(index)}-of-${digits(shards.length)}`;
        await rename(unnamed(index), join(folder, name));
      }
      const { height = 0, width = 0 } = size ?? {};
      const features = featuresJson(height, width, quality === undefined ? "png" : "jpeg");
      const json = (value: object) => `${JSON.stringify(value, null, 2)}\n`;
      await writeFile(join(folder, "features.json"), json(features));
      await writeFile(join(folder, "dataset_info.json"), json(datasetInfoJson(dataset, split, shards)));
    },
  };
}

async function episodeFeatures(episode: Episode, quality?: number): Promise<Map<string, Feature>> {
  const { name, frameCount, height, width, actions } = episode;
  if (!actions || episode.actionSize !== actionSize)
    throw new RangeError(
      `writeEpisodes: episode ${name} has ${episode.actionSize} numbers per action; rt1 stores ${actionSize}.`,
    );
  const { instruction = "", steps, ...metadata } = episode.metadata;
  const { reward } = { reward: undefined, ...(steps as object | undefined) } as { reward?: number[] };
  const pictures = await episode.frames();
  const size = height * width * 3;
  const times = Array.from({ length: frameCount }, (_, t) => t);
  const images = await Promise.all(
    times.map((t) => encodePicture(pictures.subarray(t * size, (t + 1) * size), { height, width }, quality)),
  );
  const flag = (at: (t: number) => boolean): Feature => ({ ints: times.map((t) => Number(at(t))) });
  const isLast = flag((t) => t === frameCount - 1);
  const bytes = (text: string) => Buffer.from(text, "utf8");
  const features = new Map<string, Feature>([
    [`steps/${rt1Layout.image}`, { bytes: images }],
    [`steps/${rt1Layout.instruction}`, { bytes: times.map(() => bytes(String(instruction))) }],
    ["steps/is_first", flag((t) => t === 0)],
    ["steps/is_last", isLast],
    ["steps/is_terminal", isLast],
    ["steps/reward", { floats: Float32Array.from(times, (t) => Number(reward?.[t] ?? 0)) }],
    ["episode_metadata/json", { bytes: [bytes(JSON.stringify(metadata))] }],
  ]);
  let at = 0;
  for (const part of rt1Layout.action) {
    const values = times.flatMap((t) => [
      ...actions.subarray(t * actionSize + at, t * actionSize + at + part.size),
    ]);
    at += part.size;
    const whole = part.feature.endsWith("terminate_episode");
    if (whole && !values.every(Number.isInteger))
      throw new RangeError(
        `writeEpisodes: episode ${name} has fractions in terminate_episode (numbers 7 to 9 of an action); ` +
          "rt1 stores whole numbers there.",
      );
    features.set(`steps/${part.feature}`, whole ? { ints: values } : { floats: Float32Array.from(values) });
  }
  return features;
}
