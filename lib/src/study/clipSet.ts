/**
 * Clips to train on, recorded in the built-in worlds: described by a few plain numbers, made once, kept in a folder under
 * the hash of the description.
 */
import { createHash } from "node:crypto";
import { open, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { requireChoice, requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import { type ClipSource, clipSources, recordClip } from "../worlds/recordClip.js";
import { makeOnce } from "./makeOnce.js";

/** What decides a set of clips; equal descriptions give equal bytes. */
export interface ClipSet {
  /** Clip i comes from source i mod length. */
  readonly sources: readonly ClipSource[];
  readonly clips: number;
  readonly frames: number;
  /** Most frames of an episode's beginning that a clip leaves out; `frames` unless given. */
  readonly skip?: number;
  /** Training and held-out sets differ in this. */
  readonly seed: number;
}

/** Clips in memory, 64 × 64 pixels. */
export interface Clips {
  /** [clip, frame, 64, 64, 3], 8-bit. */
  readonly pictures: Uint8Array;
  /** [clip, frame, actionSize]; empty unless all sources take the same actions. */
  readonly actions: Float32Array;
  readonly actionSize: number;
  /** Frames per second of each clip. */
  readonly fps: readonly number[];
  /** SHA-256 of pictures and actions. */
  readonly hash: string;
}

export const clipSize = 64;
export const frameBytes = clipSize * clipSize * 3;

/**
 * How often the pictures of each source have changed since the first release: raise it with such a change, so that clips
 * of before are not taken for new ones. Passive clips show the worlds too.
 */
const changes: Record<ClipSource, number> = { tabletop: 0, arena: 0, trail: 0, passive: 1 };

/** A name for a description: equal ones share their files. */
export function clipSetName(set: ClipSet): string {
  const { sources, clips, frames, skip, seed } = set;
  const version = sources.reduce((sum, source) => sum + changes[source], 1);
  const text = JSON.stringify({ version, sources, clips, frames, skip, seed });
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/**
 * The clips of a set, from `folder` or freshly recorded: by one process, while others that ask for them wait.
 *
 * @param options `onProgress` is called with the number of clips that are there
 * @throws RangeError if the description is out of range
 */
export async function openClips(
  set: ClipSet,
  options: { readonly folder: string; readonly onProgress?: (done: number, of: number) => void },
): Promise<Clips> {
  for (const source of set.sources) requireChoice("openClips", "sources", source, clipSources);
  for (const name of ["clips", "frames", "seed"] as const) requireWhole("openClips", name, set[name], 1);
  const base = join(options.folder, clipSetName(set));
  await makeOnce(`${base}.json`, () => recordClips(set, base, options.onProgress));
  const { actionSize, fps, hash } = JSON.parse(await readFile(`${base}.json`, "utf8")) as Clips;
  const actions = await readFile(`${base}.actions`);
  return {
    pictures: await readFile(`${base}.pictures`),
    actions: new Float32Array(new Uint8Array(actions).buffer),
    actionSize,
    fps,
    hash,
  };
}

/** Where the true states of a set lie: a line for each clip, with world, states and actions. */
export const statesFile = (base: string) => `${base}.states`;

/**
 * Writes pictures, states (unless clips are passive), actions and, last, the card; a set with a card is whole.
 *
 * @param base path of the files, to which each adds its ending
 */
export async function recordClips(
  set: ClipSet,
  base: string,
  onProgress: (done: number, of: number) => void = () => {},
): Promise<void> {
  const { sources, clips, frames, skip, seed } = set;
  const digest = createHash("sha256");
  const sizes = new Set<number>();
  const taken: Float32Array[] = [];
  const fps: number[] = [];
  const file = await open(`${base}.pictures.part`, "w");
  const told = await open(`${statesFile(base)}.part`, "w");
  try {
    for (let clip = 0; clip < clips; clip++) {
      const world = sources[clip % sources.length];
      const episode = await recordClip(world, deriveSeed(seed, clip), frames, skip);
      const pictures = await episode.frames();
      digest.update(pictures);
      await file.write(pictures);
      sizes.add(episode.actionSize);
      fps.push(episode.fps);
      taken.push(episode.actions ?? new Float32Array());
      const { states } = episode.metadata;
      await told.write(`${JSON.stringify({ world, states, actions: [...(episode.actions ?? [])] })}\n`);
      onProgress(clip + 1, clips);
    }
  } finally {
    await file.close();
    await told.close();
  }
  const actionSize = sizes.size === 1 ? [...sizes][0] : 0;
  const actions = new Float32Array(clips * frames * actionSize);
  if (actionSize > 0)
    for (const [clip, each] of taken.entries()) actions.set(each, clip * frames * actionSize);
  const bytes = Buffer.from(actions.buffer);
  await rename(`${base}.pictures.part`, `${base}.pictures`);
  await rename(`${statesFile(base)}.part`, statesFile(base));
  await writeFile(`${base}.actions`, bytes);
  const card = { ...set, actionSize, fps, hash: digest.update(bytes).digest("hex") };
  await writeFile(`${base}.json.part`, `${JSON.stringify(card, null, 2)}\n`);
  await rename(`${base}.json.part`, `${base}.json`);
}
