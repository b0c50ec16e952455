/**
 * The two JSON files beside RLDS shards: dataset_info.json (splits and episodes per shard) and features.json (names,
 * shapes and kinds of what each step holds). Re-processed copies of a data set differ in them, so they are believed
 * before any constant here.
 *
 * @see tensorflow_datasets/core/dataset_info.py and core/features of TensorFlow Datasets
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EpisodeFileError } from "./episode.js";

/** A part of the action: feature below `steps/` and how many numbers it has per step. */
export interface ActionPart {
  readonly feature: string;
  readonly size: number;
}

/** Where in a record the things are that an episode needs. */
export interface RldsLayout {
  readonly image: string;
  readonly action: readonly ActionPart[];
  readonly instruction: string;
}

/** RT-1: 13 numbers in the order of their names, which is the order that training uses. */
export const rt1Layout: RldsLayout = {
  image: "observation/image",
  action: [
    { feature: "action/base_displacement_vector", size: 2 },
    { feature: "action/base_displacement_vertical_rotation", size: 1 },
    { feature: "action/gripper_closedness_action", size: 1 },
    { feature: "action/rotation_delta", size: 3 },
    { feature: "action/terminate_episode", size: 3 },
    { feature: "action/world_vector", size: 3 },
  ],
  instruction: "observation/natural_language_instruction",
};

interface FeatureNode {
  featuresDict?: { features?: Record<string, FeatureNode> };
  sequence?: { feature?: FeatureNode };
  tensor?: { shape?: { dimensions?: (string | number)[] }; dtype?: string };
  image?: object;
}

async function readJson(file: string): Promise<unknown> {
  const text = await readFile(file, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new EpisodeFileError(file, "", "is not JSON");
  }
}

/** All features below a node as paths, with their nodes. */
function* leaves(node: FeatureNode, path: string): Generator<[string, FeatureNode]> {
  const inner = node.featuresDict?.features ?? node.sequence?.feature?.featuresDict?.features;
  if (!inner) yield [path, node];
  else
    for (const [name, child] of Object.entries(inner)) yield* leaves(child, path ? `${path}/${name}` : name);
}

/** The layout that features.json in `folder` describes; that of RT-1 where there is no such file. */
export async function readLayout(folder: string): Promise<RldsLayout> {
  const file = join(folder, "features.json");
  const root = (await readJson(file)) as FeatureNode | undefined;
  if (root === undefined) return rt1Layout;
  const steps = root.featuresDict?.features?.steps;
  if (!steps) throw new EpisodeFileError(file, "", "names no feature `steps`, so it is no RLDS data set");
  const features = [...leaves(steps, "")];
  const images = features.filter(([, { image }]) => image).map(([name]) => name);
  const image = images.includes(rt1Layout.image) ? rt1Layout.image : images[0];
  if (!image || (images.length > 1 && image !== rt1Layout.image))
    throw new EpisodeFileError(
      file,
      "",
      `names ${images.length} pictures (${images.join(", ")}); expected ${rt1Layout.image}, or one alone`,
    );
  const action = features
    .filter(([name, { tensor }]) => tensor && (name === "action" || name.startsWith("action/")))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([feature, { tensor }]) => ({
      feature,
      size: (tensor?.shape?.dimensions ?? []).reduce<number>((size, length) => size * Number(length), 1),
    }));
  const instruction = features.find(([name]) => name.endsWith("language_instruction"))?.[0];
  return { image, action, instruction: instruction ?? rt1Layout.instruction };
}

/** Episodes per shard of each split in dataset_info.json; empty where there is no such file. */
export async function readShardLengths(folder: string): Promise<Map<string, readonly number[]>> {
  const file = join(folder, "dataset_info.json");
  const info = (await readJson(file)) as
    | { fileFormat?: string; splits?: { name?: string; shardLengths?: (string | number)[] }[] }
    | undefined;
  const format = info?.fileFormat ?? "tfrecord";
  if (format !== "tfrecord")
    throw new EpisodeFileError(file, "", `says that the files are ${format}; expected tfrecord`);
  return new Map(
    (info?.splits ?? []).map(({ name = "", shardLengths = [] }) => [name, shardLengths.map(Number)]),
  );
}

const feature = (kind: string, content: object) => ({
  pythonClassName: `tensorflow_datasets.core.features.${kind}`,
  ...content,
});
const tensor = (dtype: string, dimensions: readonly number[]) =>
  feature(dimensions.length ? "tensor_feature.Tensor" : "scalar.Scalar", {
    tensor: {
      shape: dimensions.length ? { dimensions: dimensions.map(String) } : {},
      dtype,
      encoding: "none",
    },
  });
const text = feature("text_feature.Text", { text: {} });
const dictionary = (features: object) =>
  feature("features_dict.FeaturesDict", { featuresDict: { features } });

/** features.json of the episodes that `writeEpisodes` stores as rt1. */
export function featuresJson(height: number, width: number, encodingFormat: "jpeg" | "png"): object {
  const action = rt1Layout.action.map(({ feature, size }) => {
    const name = feature.slice("action/".length);
    return [name, tensor(name === "terminate_episode" ? "int32" : "float32", [size])] as const;
  });
  const image = { shape: { dimensions: [height, width, 3].map(String) }, dtype: "uint8", encodingFormat };
  return dictionary({
    episode_metadata: dictionary({ json: text }),
    steps: feature("dataset_feature.Dataset", {
      sequence: {
        feature: dictionary({
          action: dictionary(Object.fromEntries(action)),
          is_first: tensor("bool", []),
          is_last: tensor("bool", []),
          is_terminal: tensor("bool", []),
          observation: dictionary({
            image: feature("image_feature.Image", { image }),
            natural_language_instruction: text,
          }),
          reward: tensor("float32", []),
        }),
        length: "-1",
      },
    }),
  });
}

/** dataset_info.json for one split. */
export function datasetInfoJson(
  name: string,
  split: string,
  shards: readonly { episodes: number; bytes: number }[],
) {
  return {
    name,
    version: "0.1.0",
    fileFormat: "tfrecord",
    splits: [
      {
        name: split,
        filepathTemplate: "{DATASET}-{SPLIT}.{FILEFORMAT}-{SHARD_X_OF_Y}",
        numBytes: String(shards.reduce((sum, { bytes }) => sum + bytes, 0)),
        shardLengths: shards.map(({ episodes }) => String(episodes)),
      },
    ],
  };
}
