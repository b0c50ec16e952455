/** Training of the networks that judge world models: what they learn from, and the network they begin as. */
import { join } from "node:path";
import { type Tensor3D, type Tensor5D, tensor } from "@tensorflow/tfjs";
import {
  type ActionBatch,
  createInverseDynamics,
  type InverseDynamics,
  inverseDynamicsObjective,
  labInverseDynamics,
} from "../metric/inverseDynamics.js";
import {
  createStateReader,
  labStateReader,
  type StateBatch,
  type StateReader,
  stateReaderObjective,
} from "../metric/stateReader.js";
import {
  createVideoEncoder,
  type EncoderBatch,
  labVideoEncoder,
  type VideoEncoder,
  videoEncoderObjective,
} from "../metric/videoEncoder.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import type { Objective } from "../train/objective.js";
import type { Clips } from "./clipSet.js";
import { type ClipTruth, columnScale } from "./clipTruth.js";
import { disturb } from "./disturb.js";
import { framesAsTensor } from "./latents.js";
import type { ReaderRecipe } from "./recipe.js";

export type Reader = InverseDynamics | StateReader | VideoEncoder;
type ReaderBatch = ActionBatch & StateBatch & EncoderBatch;

/** Where a reader's weights lie in its folder. */
export const readerFile = (dir: string) => join(dir, "network.safetensors");

/** All a training run needs to know of a reader. */
export interface ReaderTask {
  fresh(): Reader;
  objective(config: object): Objective<ReaderBatch>;
  batch(step: number): ReaderBatch;
}

/**
 * The task of a recipe. An encoder is told states and actions in deviations, those of each world in columns of their own,
 * zeros where a clip is of another; the others get theirs as they are.
 */
export function readerTask(recipe: ReaderRecipe, clips: Clips, truth: readonly ClipTruth[]): ReaderTask {
  const { kind, frames, shift, seed } = recipe;
  const state = columns(truth, "states");
  const action = columns(truth, "actions");
  const scaled = kind === "videoEncoder";
  const given = { state: scaled ? standard(state) : state, action: scaled ? standard(action) : action };
  return {
    fresh() {
      if (kind === "inverseDynamics") {
        const { mean: actionMean, deviation: actionDeviation } = columnScale(action.flat());
        return createInverseDynamics({ ...labInverseDynamics, actionMean, actionDeviation }, seed);
      }
      if (kind === "stateReader") {
        const { mean: stateMean, deviation: stateDeviation } = columnScale(state.flat());
        const { stateNames } = truth[0];
        return createStateReader({ ...labStateReader, stateNames, stateMean, stateDeviation }, seed);
      }
      const sizes = { state: state[0][0].length, action: action[0][0].length };
      return createVideoEncoder({ ...labVideoEncoder, ...sizes }, seed);
    },
    objective(config) {
      const make = {
        inverseDynamics: inverseDynamicsObjective,
        stateReader: stateReaderObjective,
        videoEncoder: videoEncoderObjective,
      }[kind] as (config: object) => Objective<never>;
      return make(config) as Objective<ReaderBatch>;
    },
    batch(step) {
      const places = drawPlaces(recipe, deriveSeed(seed, 1, step));
      const rows = (of: number[][][]) =>
        tensor(places.map(({ clip, first }) => of[clip].slice(first, first + frames))) as Tensor3D;
      const video = placesAsVideo(recipe, clips, places);
      const moved = shift > 0 ? disturb(video, shift, deriveSeed(seed, 2, step)) : video;
      if (moved !== video) video.dispose();
      return {
        frames: moved,
        state: rows(given.state),
        action: rows(given.action),
      };
    },
  };
}

interface Place {
  readonly clip: number;
  readonly first: number;
}

function drawPlaces({ batch, frames, clips }: ReaderRecipe, seed: number): Place[] {
  const drawn = uniformValues(2 * batch, seed);
  return Array.from({ length: batch }, (_, i) => ({
    clip: Math.floor(drawn[2 * i] * clips.clips),
    first: Math.floor(drawn[2 * i + 1] * (clips.frames - frames + 1)),
  }));
}

function placesAsVideo({ batch, frames, clips: set }: ReaderRecipe, clips: Clips, places: readonly Place[]) {
  const indices = places.flatMap(({ clip, first }) =>
    Array.from({ length: frames }, (_, t) => clip * set.frames + first + t),
  );
  const all = framesAsTensor(clips.pictures, indices);
  const video = all.reshape([batch, frames, ...all.shape.slice(2)]) as Tensor5D;
  all.dispose();
  return video;
}

/** [clip][frame][number], one block of columns for each world. */
function columns(truth: readonly ClipTruth[], part: "states" | "actions"): number[][][] {
  const worlds = [...new Set(truth.map(({ world }) => world))];
  const sizes = worlds.map((name) => truth.find(({ world }) => world === name)![part][0].length);
  return truth.map((clip) =>
    clip[part].map((row) =>
      worlds.flatMap((name, i) => (name === clip.world ? [...row] : Array<number>(sizes[i]).fill(0))),
    ),
  );
}

function standard(rows: number[][][]): number[][][] {
  const { mean, deviation } = columnScale(rows.flat());
  return rows.map((clip) => clip.map((row) => row.map((value, j) => (value - mean[j]) / deviation[j])));
}
