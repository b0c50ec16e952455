/**
 * Whether generated frames do what they were told. A network that learned to read actions from true frames reads them
 * from generated ones; its error there, against its error on the true ones, says how much of the action is lost.
 */
import { dispose, type Tensor3D, type Tensor5D } from "@tensorflow/tfjs";
import { compile } from "../engine/compile.js";
import { requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import { drawClipNumbers, type Estimate, middle } from "./bootstrap.js";
import { requireVideos } from "./frames.js";
import { type InverseDynamics, readActions, requireActions } from "./inverseDynamics.js";
import { type LabNetworkName, labNetworkName } from "./labNetwork.js";

export interface ActionFollowing {
  /** The network that read; results of others do not compare. */
  readonly network: LabNetworkName;
  /** Mean squared error of read actions, in squared deviations of each component. */
  readonly error: { readonly truth: number; readonly guess: number };
  /** Error on generated frames over that on true ones: 1 if nothing is lost. */
  readonly ratio: Estimate;
  /**
   * Slope of read over given actions, by component; null where the given one never changes. Reading is not perfect, so
   * the slope on true frames is the mark to reach, not 1.
   */
  readonly slope: {
    readonly truth: readonly (Estimate | null)[];
    readonly guess: readonly (Estimate | null)[];
  };
  readonly clips: number;
  /** Actions that were read, over all clips. */
  readonly actions: number;
}

export interface ActionFollowingOptions {
  /** Frames that were given; actions before the last of them are not scored. */
  readonly contextFrames: number;
  /** Resamplings of clips for the intervals; 0 for none. */
  readonly resamples: number;
  readonly seed: number;
}

/**
 * Reads actions back from generated and from true frames of the same episodes.
 *
 * @param network trained on true episodes other than these
 * @param videos `truth` and `guess`: [clip, frame, size, size, 3], values in [0, 1]; `action`: [clip, frame, action],
 *   action[t] taken while frame t is seen
 * @throws RangeError if shapes do not match, or no frame is left to score
 */
export async function actionFollowing(
  network: InverseDynamics,
  { truth, guess, action }: { readonly truth: Tensor5D; readonly guess: Tensor5D; readonly action: Tensor3D },
  { contextFrames, resamples, seed }: ActionFollowingOptions,
): Promise<ActionFollowing> {
  const { window, actionDeviation } = network.config;
  requireVideos("actionFollowing", truth, guess);
  requireActions("actionFollowing", truth, action, actionDeviation.length);
  const [clips, frames] = truth.shape;
  requireWhole("actionFollowing", "contextFrames", contextFrames, 1, frames - 1);
  requireWhole("actionFollowing", "resamples", resamples, 0);
  const first = Math.max(contextFrames - 1, window - 2);
  if (first > frames - 2)
    throw new RangeError(`actionFollowing: ${frames} frames leave none to score with a window of ${window}.`);
  const given = (await action.array()) as number[][][];
  const tallies = { truth: [] as Tally[], guess: [] as Tally[] };
  const run = compile((video: Tensor5D) => readActions(network, video), { freeze: network.weights });
  try {
    for (let clip = 0; clip < clips; clip++)
      for (const [side, videos] of [
        ["truth", truth],
        ["guess", guess],
      ] as const) {
        const video = videos.slice([clip], [1]) as Tensor5D;
        const read = await run(video);
        const [rows] = (await read.array()) as number[][][];
        dispose([video, read]);
        tallies[side].push(
          tally(given[clip].slice(first, -1), rows.slice(first + 2 - window), actionDeviation),
        );
      }
  } finally {
    await run.dispose();
  }
  const all = Array.from({ length: clips }, (_, clip) => clip);
  const draws = Array.from({ length: clips < 2 ? 0 : resamples }, (_, i) =>
    drawClipNumbers(clips, deriveSeed(seed, i)),
  );
  const estimate = (of: (clips: readonly number[]) => number): Estimate => {
    const drawn = draws.map(of).filter(Number.isFinite);
    return { value: of(all), ...(drawn.length > 1 && { interval: middle(drawn) }) };
  };
  const total = (side: "truth" | "guess", chosen: readonly number[]) =>
    sum(chosen.map((clip) => tallies[side][clip]));
  const error = (side: "truth" | "guess", chosen: readonly number[]) => meanError(total(side, chosen));
  const slopes = (side: "truth" | "guess") =>
    actionDeviation.map((_, j) =>
      Number.isNaN(slope(total(side, all), j)) ? null : estimate((chosen) => slope(total(side, chosen), j)),
    );
  return {
    network: await labNetworkName(network),
    error: { truth: error("truth", all), guess: error("guess", all) },
    ratio: estimate((chosen) => error("guess", chosen) / error("truth", chosen)),
    slope: { truth: slopes("truth"), guess: slopes("guess") },
    clips,
    actions: clips * (frames - 1 - first),
  };
}

/** Sums over the actions of some clips, by component: of the given x, the read y, their products, and the squared error. */
interface Tally {
  readonly count: number;
  readonly sums: readonly (readonly [x: number, y: number, xx: number, xy: number, error: number])[];
}

function tally(given: number[][], read: number[][], deviation: readonly number[]): Tally {
  const sums = deviation.map((unit, j) => {
    const parts: [number, number, number, number, number] = [0, 0, 0, 0, 0];
    for (const [t, row] of given.entries()) {
      const [x, y] = [row[j] / unit, read[t][j] / unit];
      for (const [k, value] of [x, y, x * x, x * y, (x - y) ** 2].entries()) parts[k] += value;
    }
    return parts;
  });
  return { count: given.length, sums };
}

function sum(tallies: readonly Tally[]): Tally {
  return {
    count: tallies.reduce((count, tally) => count + tally.count, 0),
    sums: tallies[0].sums.map((_, j) => {
      const parts: [number, number, number, number, number] = [0, 0, 0, 0, 0];
      for (const { sums } of tallies) for (const [k, value] of sums[j].entries()) parts[k] += value;
      return parts;
    }),
  };
}

const meanError = ({ count, sums }: Tally) =>
  sums.reduce((total, [, , , , error]) => total + error, 0) / (count * sums.length);

/** NaN where the given actions do not vary. */
function slope({ count, sums }: Tally, component: number): number {
  const [x, y, xx, xy] = sums[component];
  const variance = xx / count - (x / count) ** 2;
  return variance > 1e-9 ? (xy / count - (x / count) * (y / count)) / variance : Number.NaN;
}
