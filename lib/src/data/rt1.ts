/**
 * RT-1 (`fractal20220817_data`) and other robot data sets in RLDS form: TFRecord shards with one tf.train.Example per
 * episode, each step's values one after the other in flat lists named `steps/…`.
 */
import { open } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { type Episode, EpisodeFileError, frameRange } from "./episode.js";
import type { EpisodeSource, OnFault } from "./episodeSource.js";
import { decodePicture, type PictureSize, pictureSize } from "./pictures.js";
import { type RldsLayout, readLayout, readShardLengths } from "./rldsInfo.js";
import { type Feature, parseExample } from "./tfExample.js";
import { findRecords, type RecordPlace, readRecord } from "./tfrecord.js";

/** RT-1 was recorded at 3 pictures per second. */
const fps = 3;
/** As TensorFlow Datasets names shards: only the split may have hyphens; five digits, or more if there are more shards. */
const shardName = /^(?<dataset>\w+)-(?<split>[\w-]+)\.tfrecord-(?<index>\d{5,})-of-(?<count>\d{5,})$/;

/** Finds the episodes of shards, without reading them; names are `split-shard/number`, such as train-00000/17. */
export async function findRt1(files: readonly string[], onFault: OnFault): Promise<EpisodeSource[]> {
  const sources: EpisodeSource[] = [];
  const layouts = new Map<string, Promise<RldsLayout>>();
  const lengths = new Map<string, Awaited<ReturnType<typeof readShardLengths>>>();
  for (const path of files) {
    const folder = dirname(path);
    const known = lengths.get(folder) ?? (await readShardLengths(folder));
    lengths.set(folder, known);
    const { split = "", index = "" } = shardName.exec(basename(path))?.groups ?? {};
    const shard = split ? `${split}-${index}` : basename(path).replace(/\.tfrecord$/, "");
    const file = await open(path, "r");
    let found: Awaited<ReturnType<typeof findRecords>>;
    try {
      found = await findRecords(file);
    } finally {
      await file.close();
    }
    found.places.forEach((place, number) => {
      const name = `${shard}/${number}`;
      const layout = layouts.get(folder) ?? readLayout(folder);
      layouts.set(folder, layout);
      sources.push({ name, file: path, open: async () => openRecord(path, name, place, await layout) });
    });
    const expected = known.get(split)?.[Number(index)] ?? found.places.length;
    if (found.problem) onFault(new EpisodeFileError(path, `${shard}/${found.places.length}`, found.problem));
    else if (found.places.length !== expected)
      onFault(
        new EpisodeFileError(
          path,
          "",
          `has ${found.places.length} episodes; dataset_info.json says ${expected}. Copy the file again`,
        ),
      );
  }
  return sources;
}

async function openRecord(
  path: string,
  name: string,
  place: RecordPlace,
  layout: RldsLayout,
): Promise<Episode> {
  const fault = (reason: string) => new EpisodeFileError(path, name, reason);
  const file = await open(path, "r");
  let record: Buffer | undefined;
  try {
    record = await readRecord(file, place);
  } finally {
    await file.close();
  }
  if (!record) throw fault("has a wrong checksum: its data are damaged");
  let features: Map<string, Feature>;
  try {
    features = parseExample(record);
  } catch (error) {
    throw fault(`is no tf.train.Example: ${(error as Error).message}`);
  }

  const image = `steps/${layout.image}`;
  const pictures = bytesOf(features.get(image));
  if (!pictures?.length) throw fault(`has no pictures in ${image}`);
  const size = await pictureSize(pictures[0]).catch((error: Error) => {
    throw fault(`frame 0 ${error.message}`);
  });
  const start = record.byteOffset;
  const places = pictures.map(({ byteOffset, length }) => ({
    offset: place.offset + byteOffset - start,
    length,
  }));
  const actionSize = layout.action.reduce((sum, part) => sum + part.size, 0);
  const episode = { name, frameCount: pictures.length };
  return {
    ...episode,
    ...size,
    fps,
    actionSize,
    actions: actionSize ? readActions(features, layout, pictures.length, fault) : undefined,
    metadata: readMetadata(features, layout),
    frames: async (start, count) => readFrames(path, frameRange(episode, start, count), places, size, fault),
  };
}

const bytesOf = (feature: Feature | undefined) => (feature && "bytes" in feature ? feature.bytes : undefined);

function numbersOf(feature: Feature | undefined): ArrayLike<number> | undefined {
  if (!feature || "bytes" in feature) return undefined;
  return "floats" in feature ? feature.floats : feature.ints;
}

function readActions(
  features: ReadonlyMap<string, Feature>,
  layout: RldsLayout,
  frames: number,
  fault: (reason: string) => Error,
): Float32Array {
  const width = layout.action.reduce((sum, { size }) => sum + size, 0);
  const actions = new Float32Array(frames * width);
  let at = 0;
  for (const { feature, size } of layout.action) {
    const values = numbersOf(features.get(`steps/${feature}`));
    if (!values) throw fault(`has no numbers in steps/${feature}`);
    if (values.length !== frames * size)
      throw fault(
        `has ${values.length} numbers in steps/${feature}; expected ${frames} frames × ${size} = ${frames * size}`,
      );
    for (let frame = 0; frame < frames; frame++)
      for (let i = 0; i < size; i++) actions[frame * width + at + i] = values[frame * size + i];
    at += size;
  }
  return actions;
}

const text = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");

/** All that is no picture, action or text embedding: per episode by name, per step in flat lists under `steps`. */
function readMetadata(features: ReadonlyMap<string, Feature>, layout: RldsLayout): Record<string, unknown> {
  const metadata: Record<string, unknown> = {};
  const steps: Record<string, unknown> = {};
  for (const [name, feature] of features) {
    const step = name.startsWith("steps/") ? name.slice("steps/".length) : undefined;
    if (step === layout.image || step?.startsWith("action") || name.includes("embedding")) continue;
    if (step === layout.instruction) {
      metadata.instruction = text(bytesOf(feature)?.[0] ?? new Uint8Array());
      continue;
    }
    const values = "bytes" in feature ? feature.bytes.map(text) : Array.from(numbersOf(feature) ?? []);
    if (name === "episode_metadata/json") Object.assign(metadata, parsed(values[0]));
    else if (step) steps[step] = values;
    else metadata[name] = values.length === 1 ? values[0] : values;
  }
  return { ...metadata, steps };
}

function parsed(json: unknown): object {
  try {
    const value = JSON.parse(String(json));
    return typeof value === "object" && value !== null ? value : {};
  } catch {
    return {};
  }
}

async function readFrames(
  path: string,
  { start, count }: { start: number; count: number },
  places: readonly RecordPlace[],
  size: PictureSize,
  fault: (reason: string) => Error,
): Promise<Uint8Array> {
  const frameBytes = size.height * size.width * 3;
  const frames = new Uint8Array(count * frameBytes);
  const file = await open(path, "r");
  try {
    await Promise.all(
      places.slice(start, start + count).map(async ({ offset, length }, i) => {
        const bytes = Buffer.alloc(length);
        await file.read(bytes, 0, length, offset);
        const rgb = await decodePicture(bytes, size).catch((error: Error) => {
          throw fault(`frame ${start + i} ${error.message}`);
        });
        frames.set(rgb, i * frameBytes);
      }),
    );
  } finally {
    await file.close();
  }
  return frames;
}
