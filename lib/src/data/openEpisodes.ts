/** One way into every data set: finds the episodes below a path, whatever their format, and opens them one at a time. */
import { open, readdir, readFile, stat } from "node:fs/promises";
import { basename, extname, join, relative, sep } from "node:path";
import { requireChoice } from "../tensor/check.js";
import { csgoSource, isCsgo } from "./csgo.js";
import { type Episode, EpisodeFileError } from "./episode.js";
import type { EpisodeSource, OnFault } from "./episodeSource.js";
import { isHdf5, withHdf5 } from "./hdf5.js";
import { isRecon, reconSource } from "./recon.js";
import { findRt1 } from "./rt1.js";
import { videoExtensions, videoSource } from "./videoFolder.js";

/** Formats of published data sets that are read and written; `videos` is a folder of video files. */
export const episodeFormats = ["rt1", "csgo", "recon", "videos"] as const;
export type EpisodeFormat = (typeof episodeFormats)[number];

export interface OpenEpisodesOptions {
  /** How the files are written; found out by looking at them if left out. */
  readonly format?: EpisodeFormat;
  /** What to do about episodes that cannot be read: "throw" (default), or "skip" them and list them in `skipped`. */
  readonly onBad?: "throw" | "skip";
  /**
   * The episodes to take, in this order: their names, or a text file with one name per line, such as the lists of
   * training and test episodes that come with data sets. A file's name, with or without extension, serves as well.
   */
  readonly list?: string | readonly string[];
}

/** An episode that was left out, and why. */
export interface SkippedEpisode {
  readonly file: string;
  readonly episode: string;
  readonly reason: string;
}

/** The episodes of a path. Iterating opens them one after the other; none stays open, so there is nothing to close. */
export interface EpisodeSet extends AsyncIterable<Episode> {
  readonly path: string;
  readonly format: EpisodeFormat;
  /** In the order of the files' names; some may turn out unreadable when they are opened. */
  readonly names: readonly string[];
  /** @throws EpisodeFileError where that episode cannot be read; RangeError for a name that is not in the set */
  open(name: string): Promise<Episode>;
  /** Episodes left out so far, with `onBad: "skip"`. */
  readonly skipped: readonly SkippedEpisode[];
}

/**
 * Opens a data set: a folder, searched through all its folders, or a single file.
 *
 * - `rt1`: RLDS TFRecord shards, with dataset_info.json and features.json if they are there; 3 frames per second; 13
 *   numbers per action: base displacement (2), base rotation, gripper, rotation (3), terminate (3), world vector (3).
 *   Other RLDS data sets open as well: their action's parts in the order of their names.
 * - `csgo`: HDF5 files of `dataset_dm_scraped_dust2`; 16 frames per second; 51 numbers per action (see `csgoActionNames`).
 * - `recon`: HDF5 files of RECON; 4 frames per second; 3 numbers per action (see `reconAction`); zeros at the last frame.
 * - `videos`: video files, with actions in a .json or .npz beside each.
 *
 * Only the places of episodes are read here, an episode's actions when it is opened, and pictures when they are asked for.
 * Checksums are checked. A picture that cannot be decoded shows, as an error, when its frame is asked for.
 *
 * @throws EpisodeFileError for files that are damaged, with file, episode and reason, and for a path without episodes
 * @throws RangeError where the format is not clear, or a listed episode is not there
 */
export async function openEpisodes(path: string, options: OpenEpisodesOptions = {}): Promise<EpisodeSet> {
  const { onBad = "throw", list } = options;
  requireChoice("openEpisodes", "onBad", onBad, ["throw", "skip"]);
  if (options.format) requireChoice("openEpisodes", "format", options.format, episodeFormats);
  const skipped = new Map<string, SkippedEpisode>();
  const onFault: OnFault = (fault) => {
    if (onBad === "throw") throw fault;
    const { file, episode, reason } = fault;
    skipped.set(`${file}\n${episode}`, { file, episode, reason });
  };

  const files = await filesBelow(path);
  const format = options.format ?? (await detect(path, files));
  const found = await findSources(path, files, format, onFault);
  const sources = list === undefined ? found : await pick(found, list, onFault);
  if (sources.length === 0 && skipped.size === 0)
    throw new EpisodeFileError(path, "", `holds no episodes in the format ${format}`);
  const byName = new Map(sources.map((source) => [source.name, source]));
  return {
    path,
    format,
    names: sources.map(({ name }) => name),
    open: async (name) => {
      const source = byName.get(name);
      if (!source) throw new RangeError(`openEpisodes: ${path} has no episode named ${name}.`);
      return source.open();
    },
    get skipped() {
      return [...skipped.values()];
    },
    async *[Symbol.asyncIterator]() {
      for (const source of sources) {
        const episode = await source.open().catch((error: unknown) => {
          if (!(error instanceof EpisodeFileError)) throw error;
          onFault(error);
        });
        if (episode) yield episode;
      }
    },
  };
}

/** All files below a path, sorted; hidden ones are left out. */
async function filesBelow(path: string): Promise<string[]> {
  const status = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const cause = error.code === "ENOENT" ? "does not exist" : `cannot be opened (${error.code})`;
    throw new EpisodeFileError(path, "", `${cause}; expected a folder or a file of episodes`);
  });
  if (status.isFile()) return [path];
  const entries = await readdir(path, { withFileTypes: true });
  const files: string[] = [];
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (entry.name.startsWith(".")) continue;
    const inner = join(path, entry.name);
    if ((await stat(inner).catch(() => undefined))?.isDirectory()) files.push(...(await filesBelow(inner)));
    else files.push(inner);
  }
  return files;
}

const isShard = (file: string) => /\.tfrecord(-\d{5,}-of-\d{5,})?$/.test(file);
const isHdf5Name = (file: string) => /\.(hdf5|h5)$/i.test(file);
const isVideo = (file: string) => videoExtensions.includes(extname(file).slice(1).toLowerCase());

async function detect(path: string, files: readonly string[]): Promise<EpisodeFormat> {
  const found: EpisodeFormat[] = [];
  if (files.some(isShard)) found.push("rt1");
  const hdf5 = files.filter(isHdf5Name);
  if (hdf5.length > 0) found.push(await detectHdf5(hdf5));
  if (files.some(isVideo)) found.push("videos");
  if (found.length > 1)
    throw new RangeError(
      `openEpisodes: ${path} holds files of more than one format; give \`format\` as one of ${found.join(", ")}.`,
    );
  if (found.length === 0)
    throw new EpisodeFileError(
      path,
      "",
      "holds no episodes; expected .tfrecord shards (rt1), .hdf5 files (csgo, recon) or video files (videos)",
    );
  return found[0];
}

/** csgo or recon, by the first file that can be opened. */
async function detectHdf5(files: readonly string[]): Promise<EpisodeFormat> {
  let fault: unknown;
  for (const file of files)
    try {
      const names = await withHdf5(file, "", (hdf5) => hdf5.names());
      if (isCsgo(names)) return "csgo";
      if (isRecon(names)) return "recon";
      const some = names.slice(0, 5).join(", ") || "nothing";
      fault = new EpisodeFileError(
        file,
        "",
        `holds ${some}; expected frame_0_x (csgo) or images and jackal (recon)`,
      );
    } catch (error) {
      fault = error;
    }
  throw fault;
}

async function findSources(
  path: string,
  files: readonly string[],
  format: EpisodeFormat,
  onFault: OnFault,
): Promise<EpisodeSource[]> {
  if (format === "rt1") return findRt1(files.filter(isShard), onFault);
  const fits = format === "videos" ? isVideo : isHdf5Name;
  const source = { videos: videoSource, csgo: csgoSource, recon: reconSource }[format];
  const sources: EpisodeSource[] = [];
  const taken = new Set<string>();
  for (const file of files.filter(fits)) {
    const inner = (relative(path, file) || basename(file)).split(sep).join("/");
    const name = inner.slice(0, inner.length - extname(inner).length);
    if (taken.has(name)) {
      onFault(new EpisodeFileError(file, name, "has the name of another file but for its extension"));
      continue;
    }
    taken.add(name);
    const problem = format === "videos" ? undefined : await hdf5Problem(file);
    if (problem) onFault(new EpisodeFileError(file, name, problem));
    else sources.push(source(name, file));
  }
  return sources;
}

async function hdf5Problem(path: string): Promise<string | undefined> {
  const file = await open(path, "r");
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    if (bytesRead === 0) return "is empty";
    return isHdf5(buffer.subarray(0, bytesRead)) ? undefined : "is no HDF5 file";
  } finally {
    await file.close();
  }
}

async function pick(
  sources: readonly EpisodeSource[],
  list: string | readonly string[],
  onFault: OnFault,
): Promise<EpisodeSource[]> {
  const lines = typeof list === "string" ? (await readFile(list, "utf8")).split("\n") : list;
  const names = lines.map((line) => line.trim()).filter((line) => line !== "");
  const byName = new Map<string, EpisodeSource>();
  const last = (name: string) => name.slice(name.lastIndexOf("/") + 1);
  for (const source of sources) {
    byName.set(source.name, source);
    if (!isShard(source.file))
      for (const key of [last(source.name), basename(source.file)]) byName.set(key, source);
  }
  return names.flatMap((name) => {
    const source = byName.get(name) ?? byName.get(last(name));
    if (source) return [source];
    onFault(new EpisodeFileError(typeof list === "string" ? list : "", name, "is listed, but not there"));
    return [];
  });
}
