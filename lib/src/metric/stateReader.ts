/**
 * A network that looks at one frame and says what is true in it: where things are, whether they are there, how light it
 * is. Trained on a world's true states, it reads them from generated frames.
 */
import {
  type Scalar,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs";
import { linear } from "../nn/linear.js";
import { createWeights, layerParameters, type Parameters } from "../nn/parameters.js";
import { requireShape } from "../tensor/check.js";
import type { Objective } from "../train/objective.js";
import type { Weights } from "../weights/safetensors.js";
import { requireFinite } from "./frames.js";
import { requireTrunk, type TrunkConfig, trunkFeatures, trunkParameters } from "./labNetwork.js";
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
  channels: [16, 32, 64, 64],
  width: 128,
} as const satisfies Omit<StateReaderConfig, "stateNames" | "stateMean" | "stateDeviation">;

/** Names and shapes of the weights. */
export function stateReaderParameters(config: StateReaderConfig): Parameters {
  return {
    ...trunkParameters(config, 3),
    ...layerParameters("state", config.width, config.stateNames.length),
  };
}

/**
 * A reader with fresh weights. Equal seeds give equal bits.
 *
 * @throws RangeError if no network can be built from the config
 */
export function createStateReader(config: StateReaderConfig, seed: number): StateReader {
  requireTrunk("createStateReader", config);
  const { stateNames, stateMean, stateDeviation } = config;
  const sizes = [stateNames.length, stateMean.length, stateDeviation.length];
  if (sizes[0] === 0 || new Set(sizes).size > 1 || !stateDeviation.every((d) => d > 0))
    throw new RangeError(
      `createStateReader: ${sizes[0]} names, ${sizes[1]} means and deviations ${stateDeviation}; expected as many, all above 0.`,
    );
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
  return tidy(() => {
    const { stateMean, stateDeviation } = config;
    const read = standardStates(weights, config, video);
    return read.mul(tensor1d([...stateDeviation])).add(tensor1d([...stateMean])) as Tensor3D;
  });
}

/** As `readStates`, in deviations from the mean. */
function standardStates(weights: Weights, config: StateReaderConfig, video: Tensor5D): Tensor3D {
  const { size, stateNames } = config;
  const [batch, frames] = video.shape;
  const features = trunkFeatures(weights, config, video.reshape<Tensor4D>([batch * frames, size, size, 3]));
  return (linear(weights, "state", features) as Tensor2D).reshape([batch, frames, stateNames.length]);
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
  const { stateNames, stateMean, stateDeviation } = config;
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
      const wanted = state.sub(tensor1d([...stateMean])).div(tensor1d([...stateDeviation]));
      return standardStates(weights, config, frames).squaredDifference(wanted).mean() as Scalar;
    },
  };
}
