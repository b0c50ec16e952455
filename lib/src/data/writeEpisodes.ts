/** Episodes into a folder, in the format of a published data set. */
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rename, rm, rmdir, stat } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { requireChoice, requireRange, requireWhole } from "../tensor/check.js";
import { writeCsgo } from "./csgo.js";
import type { Episode } from "./episode.js";
import { type EpisodeFormat, episodeFormats } from "./openEpisodes.js";
import { writeRecon } from "./recon.js";
import { createRt1 } from "./rt1Writer.js";
import { writeVideoEpisode } from "./videoFolder.js";

export interface WriteEpisodesOptions {
  readonly format: EpisodeFormat;
  /** For rt1 and recon: pictures as JPEG of this quality, 1 to 100; as PNG, without loss, if left out. */
  readonly quality?: number;
  /** For rt1: a shard ends with the episode that brings it to so many bytes; 256 MiB if left out. */
  readonly shardBytes?: number;
}

/** What was written. */
export interface WrittenEpisodes {
  readonly episodes: number;
  readonly frames: number;
}

/**
 * Writes episodes as they come, one in memory at a time. The folder appears when all are written.
 *
 * Actions come back as they are from every format (`recon` stores poses, and gives actions back to about 1e-10). Pictures
 * come back as they are from `rt1` and `recon` without `quality`, and from `csgo`; `videos` are H.264, with loss.
 *
 * @param path a folder that does not exist yet, or is empty
 * @throws RangeError if an episode does not fit the format (numbers per action, picture size), or two have one name
 * @throws Error if there is something at `path`, or no episode to write
 */
export async function writeEpisodes(
  path: string,
  episodes: Iterable<Episode> | AsyncIterable<Episode>,
  { format, quality, shardBytes = 2 ** 28 }: WriteEpisodesOptions,
): Promise<WrittenEpisodes> {
  requireChoice("writeEpisodes", "format", format, episodeFormats);
  if (quality !== undefined) {
    requireRange("writeEpisodes", "quality", quality, 1, 100);
    if (format !== "rt1" && format !== "recon")
      throw new RangeError(`writeEpisodes: ${format} has no \`quality\`; only rt1 and recon hold JPEG.`);
  }
  requireWhole("writeEpisodes", "shardBytes", shardBytes, 1);
  const target = resolve(path);
  await requireFree(path);
  await mkdir(dirname(target), { recursive: true });
  const temporary = `${target}.${randomUUID()}.part`;
  await mkdir(temporary);
  try {
    const written = await writeAll(temporary, episodes, format, shardBytes, quality);
    if (written.episodes === 0) throw new Error(`writeEpisodes: there is no episode to write to ${path}.`);
    await rmdir(target).catch(() => undefined); // the empty folder that `requireFree` allows
    await rename(temporary, target);
    return written;
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

async function requireFree(path: string): Promise<void> {
  const status = await stat(path).catch(() => undefined);
  if (!status || (status.isDirectory() && (await readdir(path)).length === 0)) return;
  throw new Error(`writeEpisodes: ${path} is there already; give a new or an empty folder.`);
}

async function writeAll(
  folder: string,
  episodes: Iterable<Episode> | AsyncIterable<Episode>,
  format: EpisodeFormat,
  shardBytes: number,
  quality?: number,
): Promise<WrittenEpisodes> {
  const shards = format === "rt1" ? createRt1(folder, shardBytes, quality) : undefined;
  const names = new Set<string>();
  let frames = 0;
  for await (const episode of episodes) {
    const { name, frameCount } = episode;
    if (names.has(name)) throw new RangeError(`writeEpisodes: two episodes are named ${name}.`);
    names.add(name);
    if (frameCount < 1) throw new RangeError(`writeEpisodes: episode ${name} has no frames.`);
    frames += frameCount;
    if (shards) await shards.write(episode);
    else {
      const file = join(folder, fileName(name, format === "videos" ? "mp4" : "hdf5"));
      await mkdir(dirname(file), { recursive: true });
      if (format === "csgo") await writeCsgo(file, episode);
      else if (format === "recon") await writeRecon(file, episode, quality);
      else await writeVideoEpisode(file, episode);
    }
  }
  await shards?.finish();
  return { episodes: names.size, frames };
}

/** The episode's name as a file below the folder; nothing may lead out of it. */
function fileName(name: string, extension: string): string {
  const parts = name.split("/");
  if (parts.some((part) => part === "" || part.startsWith(".") || /[\\:*?"<>|]/.test(part)))
    throw new RangeError(
      `writeEpisodes: ${JSON.stringify(name)} cannot be a file's name; expected words, with / between folders.`,
    );
  return join(...parts.slice(0, -1), `${parts[parts.length - 1]}.${extension}`);
}
