/** How well a network that judges world models reads held-out clips. */
import { dispose, tidy } from "@tensorflow/tfjs";
import { type InverseDynamics, readActions } from "../metric/inverseDynamics.js";
import { readStates, type StateReader } from "../metric/stateReader.js";
import { type RunOptions, runner } from "../train/run.js";
import type { ClipSet, Clips } from "./clipSet.js";
import { type ClipTruth, columnScale } from "./clipTruth.js";
import { clipFrames } from "./scoreRollouts.js";
import { readableNames } from "./worldTruth.js";

/**
 * The share of each number's variance that reading explains: 1 where it is read exactly, 0 where its mean would do as
 * well. Numbers that never change among the clips are left out.
 */
export async function explainedShares(
  network: InverseDynamics | StateReader,
  set: ClipSet,
  clips: Clips,
  truth: readonly ClipTruth[],
  run: RunOptions,
): Promise<Record<string, number>> {
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
  const shares = names.map((name, j) => {
    const error = wanted.reduce((sum, row, i) => sum + (row[j] - found[i][j]) ** 2, 0) / wanted.length;
    return [name, 1 - error / deviation[j] ** 2] as const;
  });
  return Object.fromEntries(shares.filter((_, j) => varies(j)));
}
