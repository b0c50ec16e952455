/** What is true in each frame of a set of clips, in numbers: from the states that lie beside the pictures. */
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { WorldName } from "../worlds/simulator.js";
import { type ClipSet, clipSetName, recordClips, statesFile } from "./clipSet.js";
import { makeOnce } from "./makeOnce.js";
import { readableAction, stateNumbers } from "./worldTruth.js";

/** A line of a set's states. */
interface Recorded {
  readonly world: WorldName;
  readonly states: readonly object[];
  /** [frame × number] */
  readonly actions: readonly number[];
}

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
 * The truth of every clip of a set, from states that lie in `folder`, or recorded anew: by one process, while others that
 * ask for it wait.
 *
 * @throws RangeError for passive clips, whose state is not known
 */
export async function openTruth(
  set: ClipSet,
  options: { readonly folder: string; readonly onProgress?: (done: number, of: number) => void },
): Promise<ClipTruth[]> {
  if (set.sources.includes("passive"))
    throw new RangeError('openTruth: sources hold "passive"; expected worlds, whose state is known.');
  const base = join(options.folder, clipSetName(set));
  await makeOnce(statesFile(base), () => recordClips(set, base, options.onProgress));
  const file = await open(statesFile(base));
  const truth: ClipTruth[] = [];
  for await (const line of file.readLines()) truth.push(truthOf(JSON.parse(line)));
  return truth;
}

function truthOf({ world, states, actions }: Recorded): ClipTruth {
  const numbers = states.map((state) => stateNumbers(world, state));
  const size = actions.length / states.length;
  return {
    world,
    stateNames: Object.keys(numbers[0]),
    states: numbers.map((each) => Object.values(each)),
    actions: states.map((state, t) =>
      readableAction(world, actions.slice(t * size, (t + 1) * size), state, states[t + 1] ?? state),
    ),
  };
}

/** Mean and deviation of every column; 1 where a column never changes. */
export function columnScale(rows: readonly (readonly number[])[]): { mean: number[]; deviation: number[] } {
  const average = (of: (row: readonly number[]) => number) =>
    rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
  const mean = rows[0].map((_, j) => average((row) => row[j]));
  const spread = mean.map((middle, j) => Math.sqrt(average((row) => (row[j] - middle) ** 2)));
  return { mean, deviation: spread.map((value) => (value > 1e-6 ? value : 1)) };
}
