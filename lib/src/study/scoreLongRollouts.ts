/**
 * What is left of a world after many generated frames: its colours, its objects, the place where actions should have led,
 * and pictures that look like true ones.
 */
import { dispose, type Tensor3D, type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import { type Pose, reconPose } from "../data/recon.js";
import { readActions } from "../metric/inverseDynamics.js";
import { labFrechet } from "../metric/labMetrics.js";
import { readStates } from "../metric/stateReader.js";
import type { FrameCodec } from "../sample/frameCodec.js";
import { rollout } from "../sample/rollout.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import type { World } from "../sample/world.js";
import { deriveSeed } from "../tensor/noise.js";
import { type RunOptions, runner } from "../train/run.js";
import type { WorldName } from "../worlds/simulator.js";
import { type ClipSet, type Clips, clipSize, frameBytes } from "./clipSet.js";
import type { ClipTruth } from "./clipTruth.js";
import { type ClipEstimate, clipEstimate, pooledPsnr, type SquaredErrors } from "./estimate.js";
import type { Judges } from "./judges.js";
import { clipActions, clipFrames } from "./scoreRollouts.js";
import { degreesOf, presence, readableNames } from "./worldTruth.js";

export interface LongRolloutScore {
  readonly clips: number;
  readonly frames: number;
  /** Mean absolute error of the frames' mean colours, in [0, 1], at some frames counted from 1, and over all of them. */
  readonly colourError: { readonly at: Readonly<Record<number, number>>; readonly all: ClipEstimate };
  /** Over all pixels of the last 20 frames, in decibels, and of copying the last given frame. */
  readonly lastPsnr: { readonly model: number; readonly copy: number; readonly ahead: ClipEstimate };
  /**
   * Distance from the true place at the end of the path, as a share of the path's length, as read from generated and from
   * true frames: the gripper when it last shows (table top), the robot (trail), the heading (arena).
   */
  readonly placeError?: { readonly guess: ClipEstimate; readonly truth: ClipEstimate };
  /** Of things that are there in the second half, the share that is read there: from generated and from true frames. */
  readonly present?: { readonly guess: number; readonly truth: number };
  /** Lab Fréchet distance from true frames of frames 4 to 20 and 100 to 116. */
  readonly frechet?: { readonly early: number; readonly late: number; readonly ratio: number };
}

export interface LongRolloutOptions extends RunOptions {
  readonly given: number;
  readonly frames: number;
  readonly sampling: Partial<RolloutConfig>;
  readonly seed: number;
  readonly onProgress?: (done: number, of: number) => void;
}

const together = 8;
const marks = [1, 12, 48, 120];

/** Rolls out every clip of a set, in `rolling` mode if the world is causal, and looks at what is left. */
export async function scoreLongRollouts(
  world: World,
  codec: FrameCodec,
  name: WorldName,
  judges: Partial<Judges>,
  data: { readonly set: ClipSet; readonly clips: Clips; readonly truth: readonly ClipTruth[] },
  options: LongRolloutOptions,
): Promise<LongRolloutScore> {
  const { given, frames, seed } = options;
  const { set, clips, truth } = data;
  const guess = await rollOut(world, codec, set, clips, options);
  const real = tidy(() => clipFrames(clips, set, rowsOf(set.clips), given + frames).slice([0, given]));
  const colours = await colourErrors(real as Tensor5D, guess);
  const errors = await lastErrors(clips, set, real as Tensor5D, guess, given);
  const averageColour = (rows: readonly (readonly number[])[]) =>
    rows.flat().reduce((sum, value) => sum + value, 0) / rows.flat().length;
  const psnr = (side: "model" | "copy", rows: readonly LastErrors[]) =>
    pooledPsnr(rows.map((row) => row[side]));
  const readings = { real: real as Tensor5D, guess };
  const score: LongRolloutScore = {
    clips: set.clips,
    frames,
    colourError: {
      at: Object.fromEntries(
        marks.filter((t) => t <= frames).map((t) => [t, averageColour(colours.map((row) => [row[t - 1]]))]),
      ),
      all: clipEstimate(colours, averageColour, seed),
    },
    lastPsnr: {
      model: psnr("model", errors),
      copy: psnr("copy", errors),
      ahead: clipEstimate(errors, (rows) => psnr("model", rows) - psnr("copy", rows), seed),
    },
    ...(await placeAndPresence(name, judges, readings, truth, options)),
    ...(judges.encoder && frames >= 116 && { frechet: await frechetGrowth(judges.encoder, readings, seed) }),
  };
  dispose([real, guess]);
  return score;
}

const rowsOf = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Generated frames of all clips, without the given ones. */
async function rollOut(
  world: World,
  codec: FrameCodec,
  set: ClipSet,
  clips: Clips,
  { given, frames, sampling, seed, onProgress }: LongRolloutOptions,
): Promise<Tensor5D> {
  const values = new Float32Array(set.clips * frames * frameBytes);
  for (let from = 0; from < set.clips; from += together) {
    const rows = rowsOf(Math.min(together, set.clips - from)).map((i) => from + i);
    const video = clipFrames(clips, set, rows, given);
    const history = await codec.encode(video);
    const actions = clipActions(clips, set, rows, given + frames);
    const { frames: made } = await rollout(world, {
      ...sampling,
      history,
      actions,
      frames,
      seed: rows.map((row) => deriveSeed(seed, 5, row)),
      cache: world.causal ? "rolling" : "none",
      onFrame: async (latents, index) => {
        const pictures = await codec.decode(latents);
        const numbers = await pictures.data();
        pictures.dispose();
        for (const [i, row] of rows.entries())
          values.set(
            numbers.subarray(i * frameBytes, (i + 1) * frameBytes),
            (row * frames + index - given) * frameBytes,
          );
        onProgress?.(from * frames + (index - given + 1) * rows.length, set.clips * frames);
      },
    });
    dispose([video, history, actions, made]);
  }
  return tensor(values, [set.clips, frames, clipSize, clipSize, 3]) as Tensor5D;
}

/** [clip][frame] */
async function colourErrors(real: Tensor5D, guess: Tensor5D): Promise<number[][]> {
  const errors = tidy(() =>
    guess
      .mean([2, 3])
      .sub(real.mean([2, 3]))
      .abs()
      .mean(-1),
  );
  const values = (await errors.array()) as number[][];
  errors.dispose();
  return values;
}

interface LastErrors {
  readonly model: SquaredErrors;
  readonly copy: SquaredErrors;
}

async function lastErrors(
  clips: Clips,
  set: ClipSet,
  real: Tensor5D,
  guess: Tensor5D,
  given: number,
): Promise<LastErrors[]> {
  const frames = real.shape[1];
  const first = Math.max(0, frames - 20);
  const [model, copy] = tidy(() => {
    const wanted = real.slice([0, first]);
    const last = clipFrames(clips, set, rowsOf(set.clips), given).slice([0, given - 1]);
    const sums = [guess.slice([0, first]), last].map((each) =>
      each.squaredDifference(wanted).sum([1, 2, 3, 4]).dataSync(),
    );
    return sums as Float32Array[];
  });
  const numbers = (real.size / (set.clips * frames)) * (frames - first);
  return rowsOf(set.clips).map((i) => ({
    model: { numbers, error: model[i] },
    copy: { numbers, error: copy[i] },
  }));
}

interface Readings {
  readonly real: Tensor5D;
  readonly guess: Tensor5D;
}

async function placeAndPresence(
  name: WorldName,
  { inverse, reader }: Partial<Judges>,
  videos: Readings,
  truth: readonly ClipTruth[],
  { given, seed, engine, threads }: LongRolloutOptions,
): Promise<Pick<LongRolloutScore, "placeError" | "present">> {
  const run = { engine, threads };
  const states =
    reader && (await readBoth((video) => readStates(reader, video), reader.weights, videos, run));
  const actions =
    inverse && (await readBoth((video) => readActions(inverse, video), inverse.weights, videos, run));
  const places = name === "tabletop" ? states : actions;
  const errorOf = (side: keyof Readings) =>
    clipEstimate(
      truth.map((clip, i) => placeError(name, clip, places![side][i], given)),
      (rows) => rows.reduce((sum, value) => sum + value, 0) / rows.length,
      seed,
    );
  return {
    ...(places && { placeError: { guess: errorOf("guess"), truth: errorOf("real") } }),
    ...(states &&
      anythingThere(truth, given) && {
        present: {
          guess: presentShare(truth, states.guess, given),
          truth: presentShare(truth, states.real, given),
        },
      }),
  };
}

/** [clip][frame][number] of both sides. */
async function readBoth(
  read: (video: Tensor5D) => Tensor3D,
  weights: Judges["reader"]["weights"],
  videos: Readings,
  run: RunOptions,
): Promise<Record<keyof Readings, number[][][]>> {
  const compiled = runner(read, run, weights);
  const of = async (videos: Tensor5D) => {
    const rows: number[][][] = [];
    for (let clip = 0; clip < videos.shape[0]; clip++) {
      const video = videos.slice([clip], [1]) as Tensor5D;
      const answer = await compiled(video);
      rows.push(((await answer.array()) as number[][][])[0]);
      dispose([video, answer]);
    }
    return rows;
  };
  return { real: await of(videos.real), guess: await of(videos.guess) };
}

/** `read` holds states of frames `given` and later (table top), or the actions between them. */
function placeError(name: WorldName, truth: ClipTruth, read: number[][], given: number): number {
  if (name === "tabletop") {
    const number = (each: string) => truth.stateNames.indexOf(each);
    const at = ["gripperAcross", "gripperDown"].map(number);
    const distance = (a: readonly number[], b: readonly number[]) =>
      Math.hypot(...at.map((j) => a[j] - b[j]));
    const states = truth.states.slice(given);
    const seen = states.flatMap((state, t) => (state[number(`gripper${presence}`)] === 1 ? [t] : []));
    const path = seen.map((t) => states[t]);
    const pixels = Math.max(1, lengthOf(path, distance));
    return seen.length > 0 ? distance(read[seen.at(-1)!], path.at(-1)!) / pixels : 0;
  }
  const taken = truth.actions.slice(given, given + read.length);
  if (name === "arena") {
    const turn = (row: readonly number[]) => degreesOf(row[readableNames(name).indexOf("turn")]);
    const sum = (rows: readonly (readonly number[])[], of: (row: readonly number[]) => number) =>
      rows.reduce((total, row) => total + of(row), 0);
    const turned = sum(taken, (row) => Math.abs(turn(row)));
    return Math.abs(sum(read, turn) - sum(taken, turn)) / Math.max(1, turned);
  }
  const follow = (rows: readonly (readonly number[])[]) => {
    const poses: Pose[] = [{ x: 0, y: 0, yaw: 0 }];
    for (const [i, row] of rows.entries()) poses.push(reconPose(poses[i], row as number[]));
    return poses;
  };
  const apart = (a: Pose, b: Pose) => Math.hypot(a.x - b.x, a.y - b.y);
  const path = follow(taken);
  return apart(follow(read).at(-1)!, path.at(-1)!) / lengthOf(path, apart);
}

function lengthOf<Place>(path: readonly Place[], distance: (a: Place, b: Place) => number): number {
  const steps = path.slice(1).map((place, i) => distance(place, path[i]));
  return Math.max(
    1e-6,
    steps.reduce((sum, step) => sum + step, 0),
  );
}

/** Where in the second half of a clip's generated frames, and among a state's numbers, a thing is there. */
function thingsThere({ stateNames, states }: ClipTruth, given: number): { frame: number; number: number }[] {
  const things = stateNames.flatMap((name, number) => (name.endsWith(presence) ? [number] : []));
  const generated = states.slice(given);
  const half = Math.floor(generated.length / 2);
  return generated.flatMap((state, frame) =>
    frame < half ? [] : things.filter((j) => state[j] === 1).map((number) => ({ frame, number })),
  );
}

const anythingThere = (truth: readonly ClipTruth[], given: number) =>
  truth.some((clip) => thingsThere(clip, given).length > 0);

/** Of the things that are there, the share that is read as there. */
function presentShare(truth: readonly ClipTruth[], read: readonly number[][][], given: number): number {
  const readings = truth.flatMap((clip, i) =>
    thingsThere(clip, given).map(({ frame, number }) => read[i][frame][number]),
  );
  return readings.filter((value) => value > 0.5).length / readings.length;
}

async function frechetGrowth(encoder: Judges["encoder"], { real, guess }: Readings, seed: number) {
  const of = async (first: number) => {
    const [a, b] = tidy(() => [real, guess].map((video) => video.slice([0, first], [-1, 16]) as Tensor5D));
    const { value } = await labFrechet(encoder, a, b, { resamples: 0, seed });
    dispose([a, b]);
    return value;
  };
  const [early, late] = [await of(4), await of(100)];
  return { early, late, ratio: late / early };
}
