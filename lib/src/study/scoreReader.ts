/** How well a network that judges world models reads held-out clips. */
import { dispose, tidy } from "@tensorflow/tfjs";
import { type InverseDynamics, readActions } from "../metric/inverseDynamics.js";
import { readStates, type StateReader } from "../metric/stateReader.js";
import { type RunOptions, runner } from "../train/run.js";
import type { ClipSet, Clips } from "./clipSet.js";
import { type ClipTruth, columnScale } from "./clipTruth.js";
import { clipFrames } from "./scoreRollouts.js";
import { readableNames } from "./worldTruth.js";

/** How well one number is read. */
export interface NumberScore {
  /** Share of its variance that reading explains: 1 where it is read exactly, 0 where its mean would do as well. */
  readonly explained: number;
  /** Root of the mean squared error, in its own unit. */
  readonly error: number;
}

/** Scores of each number by name. Numbers that never change among the clips are left out: there is nothing to read. */
export async function scoreNumbers(
  network: InverseDynamics | StateReader,
  set: ClipSet,
  clips: Clips,
  truth: readonly ClipTruth[],
  run: RunOptions,
): Promise<Record<string, NumberScore>> {
  const { config } = network;
  const actions = config.kind === "inverseDynamics";
  const read = runner(
    (video: Parameters<typeof readStates>[1]) =>
      tidy(() =>
        actions ? readActions(network as InverseDynamics, video) : readStates(network as StateReader, video),
      ),
    run,
    network.weights,
  );
  const wanted: (readonly number[])[] = [];
  const found: number[][] = [];
  for (const [clip, { states, actions: taken }] of truth.entries()) {
    const video = clipFrames(clips, set, [clip], set.frames);
    const answer = await read(video);
    const [rows] = (await answer.array()) as number[][][];
    dispose([video, answer]);
    found.push(...rows);
    wanted.push(...(actions ? taken.slice(config.window - 2, -1) : states));
  }
  const { deviation } = columnScale(wanted);
  const names = actions ? readableNames(truth[0].world) : truth[0].stateNames;
  const varies = (j: number) => wanted.some((row) => row[j] !== wanted[0][j]);
  const scored = names.map((name, j) => {
    const error = Math.sqrt(
      wanted.reduce((sum, row, i) => sum + (row[j] - found[i][j]) ** 2, 0) / wanted.length,
    );
    return [name, { explained: 1 - (error / deviation[j]) ** 2, error }] as const;
  });
  return Object.fromEntries(scored.filter((_, j) => varies(j)));
}
