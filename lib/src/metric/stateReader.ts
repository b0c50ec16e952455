/**
 * A network that looks at one frame and says what is true in it: where things are, whether they are there, how light it
 * is. Trained on a world's true states, it reads them from generated frames.
 */
import { type Tensor3D, type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { createWeights, type Parameters } from "../nn/parameters.js";
import { requireShape } from "../tensor/check.js";
import type { Objective } from "../train/objective.js";
import type { Weights } from "../weights/safetensors.js";
import { requireFinite } from "./frames.js";
import { requireTrunk, type TrunkConfig, trunkParameters } from "./labNetwork.js";
import {
  headParameters,
  inOwnUnits,
  type NumberHead,
  readingError,
  readNumbers,
  requireHead,
} from "./numberHead.js";
import { requireEncoderVideo } from "./videoEncoder.js";

export interface StateReaderConfig extends TrunkConfig {
  readonly kind: "stateReader";
  /** What each number of a state is. */
  readonly stateNames: readonly string[];
  /** Mean and deviation of each number; the network reads them in these units. */
  readonly stateMean: readonly number[];
  readonly stateDeviation: readonly number[];
}

export interface StateReader {
  readonly config: StateReaderConfig;
  readonly weights: Weights;
}

/** For frames of 64 × 64; names, means and deviations come from the data. */
export const labStateReader = {
  kind: "stateReader",
  size: 64,
  channels: [16, 32, 64],
  places: 32,
  width: 128,
} as const satisfies Omit<StateReaderConfig, "stateNames" | "stateMean" | "stateDeviation">;

const headOf = ({ stateMean, stateDeviation }: StateReaderConfig): NumberHead => ({
  name: "state",
  mean: stateMean,
  deviation: stateDeviation,
});

/** Names and shapes of the weights. */
export function stateReaderParameters(config: StateReaderConfig): Parameters {
  return {
    ...trunkParameters(config, 3),
    ...headParameters(config, headOf(config)),
  };
}

/**
 * A reader with fresh weights. Equal seeds give equal bits.
 *
 * @throws RangeError if no network can be built from the config
 */
export function createStateReader(config: StateReaderConfig, seed: number): StateReader {
  requireTrunk("createStateReader", config);
  const { stateNames, stateMean } = config;
  if (stateNames.length !== stateMean.length)
    throw new RangeError(
      `createStateReader: ${stateNames.length} names, ${stateMean.length} means; expected as many.`,
    );
  requireHead("createStateReader", headOf(config));
  return { config, weights: createWeights(stateReaderParameters(config), seed) };
}

/**
 * The state that each frame shows.
 *
 * @param video [batch, frame, size, size, 3], values in [0, 1]
 * @returns [batch, frame, state], in the states' own units
 * @throws RangeError if the frames are of another size, or values lie outside [0, 1]
 */
export function readStates({ config, weights }: StateReader, video: Tensor5D): Tensor3D {
  requireEncoderVideo("readStates", config, video);
  return tidy(() => inOwnUnits(headOf(config), standardStates(weights, config, video)));
}

/** As `readStates`, in deviations from the mean. */
function standardStates(weights: Weights, config: StateReaderConfig, video: Tensor5D): Tensor3D {
  const { size, stateNames } = config;
  const [batch, frames] = video.shape;
  const images = video.reshape<Tensor4D>([batch * frames, size, size, 3]);
  const read = readNumbers(weights, config, headOf(config), images);
  return read.reshape([batch, frames, stateNames.length]);
}

/** Frames to learn from, and what is true in them. */
export interface StateBatch {
  /** [batch, frame, size, size, 3], values in [0, 1]. */
  readonly frames: Tensor5D;
  /** [batch, frame, state], in its own units. */
  readonly state: Tensor3D;
}

/** Mean squared error of the state that is read, in deviations; for `createTrainer`. */
export function stateReaderObjective(config: StateReaderConfig): Objective<StateBatch> {
  const { stateNames } = config;
  return {
    settings: { kind: config.kind },
    inputs({ frames, state }) {
      requireEncoderVideo("trainer.step", config, frames);
      requireShape("trainer.step", "state", state, [frames.shape[0], frames.shape[1], stateNames.length]);
      requireFinite("trainer.step", "state", state);
      return { frames: frames.clone(), state: state.clone() };
    },
    loss(weights, inputs) {
      const { frames, state } = inputs as unknown as StateBatch;
      return readingError(headOf(config), standardStates(weights, config, frames), state);
    },
  };
}
