/** The user's own copies of what a study at the paper's size needs: checked, and named in cards by what they hold. */
import { createHash } from "node:crypto";
import { createReadStream, existsSync } from "node:fs";
import { splitEpisodes } from "../data/clips.js";
import { type EpisodeSet, openEpisodes } from "../data/openEpisodes.js";
import type { NetworkMetric } from "../metric/evaluate.js";
import { findWeightFile, type WeightFileKey } from "../metric/weightFiles.js";
import type { StudyFolders } from "./defineStudy.js";
import { type PaperScale, paperScale } from "./paperScale.js";
import { paperTask } from "./paperTask.js";
import type { Plain, ProtocolCard } from "./protocolCard.js";

const sources = {
  episodes:
    "the TFRecord shards of RT-1, from gs://gresearch/robotics/fractal20220817_data/0.1.0 (111 GiB); give their folder with --episodes",
  checkpoint:
    "DynamiCrafter's model.ckpt for 320 × 512, from huggingface.co/Doubiiu/DynamiCrafter_512; give the file with --checkpoint",
} as const;

/** Files of weights that each metric reads. */
const metricFiles: Readonly<Record<NetworkMetric, readonly WeightFileKey[]>> = {
  lpips: ["vgg", "vggLinear"],
  dreamsim: ["dino", "clip", "openClip", "dreamsim"],
  fid: ["inception"],
  fvd: ["i3d"],
};

/**
 * A path that the user gave.
 *
 * @throws Error that says where to get what is missing
 */
export function requirePlace(folders: Partial<StudyFolders>, name: keyof typeof sources): string {
  const path = folders[name];
  if (path === undefined) throw new Error(`study: the budget "paper" needs ${sources[name]}.`);
  if (!existsSync(path))
    throw new Error(`study: there is nothing at ${path}; the budget "paper" needs ${sources[name]}.`);
  return path;
}

/** Training and test episodes, by the hash that cards name them by. */
export async function openSplit(
  folders: Partial<StudyFolders>,
  { testShare, dataSeed }: Pick<PaperScale, "testShare" | "dataSeed">,
): Promise<{ readonly episodes: EpisodeSet; readonly split: ReturnType<typeof splitEpisodes> }> {
  const episodes = await openEpisodes(requirePlace(folders, "episodes"), { format: "rt1", onBad: "skip" });
  return { episodes, split: splitEpisodes(episodes.names, { testShare, seed: dataSeed }) };
}

/** SHA-256 of a file, however large. */
export async function fileHash(path: string): Promise<string> {
  const digest = createHash("sha256");
  for await (const part of createReadStream(path)) digest.update(part as Buffer);
  return digest.digest("hex");
}

/** Hashes of the files of each metric whose files are all there. */
async function metricsThatCan(): Promise<Partial<Record<NetworkMetric, string>>> {
  const found: Partial<Record<NetworkMetric, string>> = {};
  for (const [metric, keys] of Object.entries(metricFiles) as [NetworkMetric, WeightFileKey[]][]) {
    const paths = await Promise.all(keys.map((key) => findWeightFile(key)));
    if (!paths.every((path) => path !== undefined)) continue;
    const hashes: string[] = [];
    for (const path of paths) hashes.push(await fileHash(path as string));
    found[metric] = createHash("sha256").update(hashes.join(" ")).digest("hex").slice(0, 16);
  }
  return found;
}

/**
 * Settings that the arms of a study at the paper's size share; arms lay their `causal` and `guidance` over them. Metrics are PSNR and SSIM, and those whose files of weights
 * are found (see `weightFolders`).
 *
 * @param folders with `episodes` and `checkpoint`
 * @throws Error that says where to get what is missing
 */
export async function paperProtocol(
  folders: Partial<StudyFolders>,
  scale: PaperScale = paperScale,
): Promise<ProtocolCard> {
  for (const name of ["checkpoint", "episodes"] as const) requirePlace(folders, name);
  const { split } = await openSplit(folders, scale);
  return {
    task: paperTask,
    start: "base",
    ...(scale as unknown as Readonly<Record<string, Plain>>),
    checkpoint: await fileHash(requirePlace(folders, "checkpoint")),
    episodes: split.sha256,
    metrics: await metricsThatCan(),
  };
}
