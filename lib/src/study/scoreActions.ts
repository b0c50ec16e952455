/**
 * Whether a world model tells actions apart: from one true moment, each of six actions is taken in the simulator and in
 * the model, with the same noise. Every generated frame should be closest to the true frame of its own action among the
 * six true ones, and every true frame to its own among the six generated.
 */
import { dispose, type Tensor3D, type Tensor5D, tensor3d, tidy } from "@tensorflow/tfjs";
import { encodeCsgoAction } from "../data/csgoAction.js";
import { type Pose, reconAction } from "../data/recon.js";
import { labPerceptual } from "../metric/labMetrics.js";
import type { LabNetworkName } from "../metric/labNetwork.js";
import type { VideoEncoder } from "../metric/videoEncoder.js";
import type { FrameCodec } from "../sample/frameCodec.js";
import { rollout } from "../sample/rollout.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import type { World } from "../sample/world.js";
import { deriveSeed } from "../tensor/noise.js";
import type { Simulator, WorldName } from "../worlds/simulator.js";
import { actionAt, actionNames } from "../worlds/tabletop/actions.js";
import { clipSize, frameBytes } from "./clipSet.js";
import { type ClipEstimate, clipEstimate } from "./estimate.js";
import { framesAsTensor } from "./latents.js";
import { openWalker } from "./walkWorld.js";

export interface ActionScore {
  readonly states: number;
  /** Frames for which each action is held; the last of them is compared. */
  readonly held: number;
  /** The lab's perceptual distance is by this network. */
  readonly network: LabNetworkName;
  /** Share of generated frames that are closest to the true frame of their own action. */
  readonly nearestTrue: ClipEstimate;
  /** Share of true frames that are closest to the generated frame of their own action. */
  readonly nearestGenerated: ClipEstimate;
  /** Mean absolute change of the true picture that each action makes, of values in [0, 1]. */
  readonly visibility: Readonly<Record<string, number>>;
}

export interface ActionScoreOptions {
  readonly states: number;
  readonly given: number;
  readonly sampling: Partial<RolloutConfig>;
  readonly seed: number;
  readonly onProgress?: (done: number, of: number) => void;
}

const held = 2;
/** States are taken where any two of the true frames differ by this much, mean absolute difference of [0, 1]. */
const apart = 0.003;

/** Six actions of each world that change its picture about equally, in the simulator's own numbers. */
const trials: Record<WorldName, Readonly<Record<string, ArrayLike<number>>>> = {
  tabletop: {
    away: gripperMove(0, 0.12),
    near: gripperMove(0, -0.12),
    left: gripperMove(1, 0.1),
    right: gripperMove(1, -0.1),
    up: gripperMove(2, 0.1),
    down: gripperMove(2, -0.1),
  },
  arena: {
    left: encodeCsgoAction({ mouseX: -60 }),
    right: encodeCsgoAction({ mouseX: 60 }),
    up: encodeCsgoAction({ mouseY: -50 }),
    down: encodeCsgoAction({ mouseY: 50 }),
    leftUp: encodeCsgoAction({ mouseX: -60, mouseY: -50 }),
    rightDown: encodeCsgoAction({ mouseX: 60, mouseY: 50 }),
  },
  trail: {
    left: [0.2, 0, 0.25],
    right: [0.2, 0, -0.25],
    slightLeft: [0.2, 0, 0.1],
    slightRight: [0.2, 0, -0.1],
    ahead: [0.45, 0, 0],
    back: [-0.2, 0, 0],
  },
};

/** The table top's action that moves the gripper along one axis, in metres. */
function gripperMove(axis: number, metres: number): Float32Array {
  const action = new Float32Array(actionNames.length);
  action[actionAt.translation + axis] = metres;
  action[actionAt.mode + 1] = 1; // the arm moves
  return action;
}

/** One moment with all that follows from it. */
interface Moment {
  /** [given, 64, 64, 3] */
  readonly history: Uint8Array;
  /** The last frame of each trial [trial, 64, 64, 3]. */
  readonly outcomes: Uint8Array;
  /** [trial][given − 1 + held], as the model takes them. */
  readonly actions: readonly (readonly ArrayLike<number>[])[];
}

/** Scores a world model of one of the built-in worlds. */
export async function scoreActions(
  world: World,
  codec: FrameCodec,
  name: WorldName,
  encoder: VideoEncoder,
  { states, given, sampling, seed, onProgress }: ActionScoreOptions,
): Promise<ActionScore> {
  const names = Object.keys(trials[name]);
  const found: { readonly hits: readonly [number, number]; readonly change: readonly number[] }[] = [];
  let network: LabNetworkName | undefined;
  for await (const { moment, seed: own } of moments(name, given, states, seed)) {
    const guess = await imagine(world, codec, moment, { given, sampling, seed: own });
    const pairs = names.flatMap((_, made) => names.map((_, real) => ({ made, real }))); // [generated, true]
    const shape = [names.length, names.length, clipSize, clipSize, 3];
    const ordered = (frames: Tensor5D, by: "made" | "real") =>
      tidy(() =>
        frames
          .gather(
            pairs.map((pair) => pair[by]),
            1,
          )
          .reshape(shape),
      ) as Tensor5D;
    const outcomes = framesAsTensor(moment.outcomes, [...names.keys()]);
    const [truth, made] = [ordered(outcomes, "real"), ordered(guess, "made")];
    const { distance, network: by } = await labPerceptual(encoder, truth, made);
    network = by;
    dispose([outcomes, truth, made, guess]);
    found.push({ hits: hits(distance), change: changes(moment) });
    onProgress?.(found.length, states);
  }
  const share = (side: 0 | 1) =>
    clipEstimate(
      found,
      (rows) => rows.reduce((sum, row) => sum + row.hits[side], 0) / (rows.length * names.length),
      seed,
    );
  const mean = (i: number) => found.reduce((sum, { change }) => sum + change[i], 0) / found.length;
  return {
    states,
    held,
    network: network!,
    nearestTrue: share(0),
    nearestGenerated: share(1),
    visibility: Object.fromEntries(names.map((each, i) => [each, mean(i)])),
  };
}

/** How many rows have their smallest number on the diagonal, and how many columns. */
function hits(distance: readonly (readonly number[])[]): [number, number] {
  const smallest = (row: readonly number[]) => row.indexOf(Math.min(...row));
  const columns = distance.map((_, j) => distance.map((row) => row[j]));
  const count = (rows: readonly (readonly number[])[]) => rows.filter((row, i) => smallest(row) === i).length;
  return [count(distance), count(columns)];
}

/** Generated last frames of all trials [1, trial, 64, 64, 3]; all trials share their noise. */
async function imagine(
  world: World,
  codec: FrameCodec,
  { history, actions }: Moment,
  { given, sampling, seed }: Pick<ActionScoreOptions, "given" | "sampling" | "seed">,
): Promise<Tensor5D> {
  const count = actions.length;
  const video = framesAsTensor(
    history,
    Array.from({ length: given }, (_, t) => t),
  );
  const latents = await codec.encode(video);
  const rows = latents.tile([count, 1, 1, 1, 1]) as Tensor5D;
  const flat = actions.flatMap((row) => row.flatMap((action) => Array.from(action)));
  const taken: Tensor3D = tensor3d(flat, [count, given - 1 + held, world.actionSize]);
  const { frames } = await rollout(world, {
    ...sampling,
    history: rows,
    actions: taken,
    frames: held,
    seed: Array<number>(count).fill(seed),
    cache: world.causal ? "exact" : "none",
  });
  const last = tidy(() => {
    const [, , height, width, channels] = frames.shape;
    return frames.slice([0, held - 1], [-1, 1]).reshape([1, count, height, width, channels]) as Tensor5D;
  });
  const guess = await codec.decode(last);
  dispose([video, latents, rows, taken, frames, last]);
  return guess;
}

/** Moments of held-out walks at which the trials lead to frames that can be told apart. */
async function* moments(name: WorldName, given: number, count: number, seed: number) {
  const { simulator, walk } = await openWalker(name);
  for (let tried = 0, found = 0; found < count; tried++) {
    if (tried > 20 * count)
      throw new Error(
        `scoreActions: among ${tried} moments of ${name} only ${found} had trials that differ.`,
      );
    const own = deriveSeed(seed, 3, tried);
    const history = new Uint8Array(given * frameBytes);
    const before: ArrayLike<number>[] = [];
    let last: { readonly state: object; readonly action: Float32Array } | undefined;
    walk(own, { skipped: 6 + (tried % 11), frames: given }, (frame, action) => {
      const state = simulator.state();
      history.set(simulator.render(), frame * frameBytes);
      if (last) before.push(asModelled(name, last.action, last.state, state));
      last = { state, action };
    });
    const moment = tryAll(name, simulator, history, before);
    if (!differ(moment)) continue;
    found++;
    yield { moment, seed: own };
  }
}

/** An action as data sets hold it, which is what models take. */
function asModelled(name: WorldName, action: ArrayLike<number>, from: object, to: object): ArrayLike<number> {
  if (name !== "trail") return action;
  return reconAction((from as { pose: Pose }).pose, (to as { pose: Pose }).pose);
}

/** Takes every trial from where the simulator stands. */
function tryAll(
  name: WorldName,
  simulator: Simulator<object>,
  history: Uint8Array,
  before: readonly ArrayLike<number>[],
): Moment {
  const start = simulator.snapshot();
  const each = Object.values(trials[name]);
  const outcomes = new Uint8Array(each.length * frameBytes);
  const actions = each.map((action, i) => {
    simulator.restore(start);
    const taken = Array.from({ length: held }, () => {
      const from = simulator.state();
      simulator.step(action);
      return asModelled(name, action, from, simulator.state());
    });
    outcomes.set(simulator.render(), i * frameBytes);
    return [...before, ...taken];
  });
  return { history, outcomes, actions };
}

/** Mean absolute difference of two pictures, of values in [0, 1]. */
function distanceOf(a: Uint8Array, b: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += Math.abs(a[i] - b[i]);
  return sum / (255 * a.length);
}

const picture = (pictures: Uint8Array, i: number) => pictures.subarray(i * frameBytes, (i + 1) * frameBytes);

function differ({ outcomes, actions }: Moment): boolean {
  return actions.every((_, i) =>
    actions.every((_, j) => j <= i || distanceOf(picture(outcomes, i), picture(outcomes, j)) >= apart),
  );
}

function changes({ history, outcomes, actions }: Moment): number[] {
  const now = picture(history, history.length / frameBytes - 1);
  return actions.map((_, i) => distanceOf(now, picture(outcomes, i)));
}
