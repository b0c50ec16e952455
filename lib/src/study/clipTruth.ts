/** What is true in each frame of a set of clips: recorded again for the states, and kept beside the pictures. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { deriveSeed } from "../tensor/noise.js";
import { recordClip } from "../worlds/recordClip.js";
import type { WorldName } from "../worlds/simulator.js";
import { type ClipSet, clipSetName } from "./clipSet.js";
import { makeOnce } from "./makeOnce.js";
import { readableAction, stateNumbers } from "./worldTruth.js";

/** One clip; all of one world have equal names and as many numbers. */
export interface ClipTruth {
  readonly world: WorldName;
  readonly stateNames: readonly string[];
  /** [frame][number] */
  readonly states: readonly (readonly number[])[];
  /** As `readableAction` gives them [frame][number]. */
  readonly actions: readonly (readonly number[])[];
}

/**
 * The truth of every clip of a set, from `folder` or recorded anew: by one process, while others that ask for it wait.
 *
 * @throws RangeError for passive clips, whose state is not known
 */
export async function openTruth(
  set: ClipSet,
  options: { readonly folder: string; readonly onProgress?: (done: number, of: number) => void },
): Promise<ClipTruth[]> {
  const path = join(options.folder, `${clipSetName(set)}.truth.json`);
  await makeOnce(path, () => recordTruth(set, path, options.onProgress));
  return JSON.parse(await readFile(path, "utf8")) as ClipTruth[];
}

async function recordTruth(
  { sources, clips, frames, skip, seed }: ClipSet,
  path: string,
  onProgress: (done: number, of: number) => void = () => {},
): Promise<void> {
  const truth: ClipTruth[] = [];
  for (let clip = 0; clip < clips; clip++) {
    const world = sources[clip % sources.length];
    if (world === "passive")
      throw new RangeError('openTruth: sources hold "passive"; expected worlds, whose state is known.');
    const { metadata, actions, actionSize } = await recordClip(world, deriveSeed(seed, clip), frames, skip);
    const states = (metadata.states as object[]).map((state) => stateNumbers(world, state));
    truth.push({
      world,
      stateNames: Object.keys(states[0]),
      states: states.map((numbers) => Object.values(numbers)),
      actions: Array.from({ length: frames }, (_, t) =>
        readableAction(world, actions!.subarray(t * actionSize, (t + 1) * actionSize)),
      ),
    });
    onProgress(clip + 1, clips);
  }
  await writeFile(`${path}.part`, JSON.stringify(truth));
  await rename(`${path}.part`, path);
}

/** Mean and deviation of every column; 1 where a column never changes. */
export function columnScale(rows: readonly (readonly number[])[]): { mean: number[]; deviation: number[] } {
  const average = (of: (row: readonly number[]) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const mean = rows[0].map((_, j) => average((row) => row[j]));
  const spread = mean.map((middle, j) => Math.sqrt(average((row) => (row[j] - middle) ** 2)));
  return { mean, deviation: spread.map((value) => (value > 1e-6 ? value : 1)) };
}
