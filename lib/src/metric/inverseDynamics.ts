/**
 * A network that looks at neighbouring frames and says which action was taken between them. Trained on true episodes, it
 * reads from generated frames whether they do what they were told.
 */
import {
  concat,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  tidy,
} from "@tensorflow/tfjs";
import { createWeights, type Parameters } from "../nn/parameters.js";
import { requireShape, requireWhole } from "../tensor/check.js";
import type { Objective } from "../train/objective.js";
import type { Weights } from "../weights/safetensors.js";
import { requireFinite, requireUnitRange } from "./frames.js";
import { requireTrunk, type TrunkConfig, trunkParameters } from "./labNetwork.js";
import {
  headParameters,
  inOwnUnits,
  type NumberHead,
  readingError,
  readNumbers,
  requireHead,
} from "./numberHead.js";

export interface InverseDynamicsConfig extends TrunkConfig {
  readonly kind: "inverseDynamics";
  /** Frames that are looked at; the action asked for lies between the last two. */
  readonly window: number;
  /** Mean and deviation of each component of the actions; the network reads them in these units. */
  readonly actionMean: readonly number[];
  readonly actionDeviation: readonly number[];
}

export interface InverseDynamics {
  readonly config: InverseDynamicsConfig;
  readonly weights: Weights;
}

/** For frames of 64 × 64; the actions' mean and deviation come from the data, see `actionScale`. */
export const labInverseDynamics = {
  kind: "inverseDynamics",
  size: 64,
  channels: [24, 32, 64],
  places: 32,
  width: 128,
  window: 2,
} as const satisfies Omit<InverseDynamicsConfig, "actionMean" | "actionDeviation">;

const headOf = ({ actionMean, actionDeviation }: InverseDynamicsConfig): NumberHead => ({
  name: "action",
  mean: actionMean,
  deviation: actionDeviation,
});

/** Names and shapes of the weights. */
export function inverseDynamicsParameters(config: InverseDynamicsConfig): Parameters {
  return {
    ...trunkParameters(config, 3 * (2 * config.window - 1)),
    ...headParameters(config, headOf(config)),
  };
}

/**
 * A network with fresh weights. Equal seeds give equal bits.
 *
 * @throws RangeError if no network can be built from the config
 */
export function createInverseDynamics(config: InverseDynamicsConfig, seed: number): InverseDynamics {
  requireTrunk("createInverseDynamics", config);
  requireWhole("createInverseDynamics", "window", config.window, 2);
  requireHead("createInverseDynamics", headOf(config));
  return { config, weights: createWeights(inverseDynamicsParameters(config), seed) };
}

/**
 * Mean and deviation of each component of actions, for the config; 1 where a component never changes.
 *
 * @param action [batch, frame, action]
 */
export async function actionScale(
  action: Tensor3D,
): Promise<Pick<InverseDynamicsConfig, "actionMean" | "actionDeviation">> {
  const rows = action.reshape<Tensor2D>([-1, action.shape[2]]);
  const [mean, deviation] = tidy(() => {
    const mean = rows.mean(0);
    return [mean, rows.sub(mean).square().mean(0).sqrt()];
  });
  const [actionMean, spread] = [[...(await mean.data())], [...(await deviation.data())]];
  for (const tensor of [rows, mean, deviation]) tensor.dispose();
  return { actionMean, actionDeviation: spread.map((value) => (value > 1e-6 ? value : 1)) };
}

/**
 * The action that leads to each frame, read from it and the frames before.
 *
 * @param video [batch, frame, size, size, 3], values in [0, 1]
 * @returns [batch, frame + 1 − window, action], in the actions' own units; entry i is the action taken at frame
 *   i + window − 2
 * @throws RangeError if the frames are of another size, or fewer than the window
 */
export function readActions({ config, weights }: InverseDynamics, video: Tensor5D): Tensor3D {
  requireVideo("readActions", config, video);
  return tidy(() => inOwnUnits(headOf(config), standardRead(weights, config, video)));
}

function requireVideo(caller: string, { size, window }: InverseDynamicsConfig, video: Tensor5D): void {
  requireShape(caller, "video", video, ["batch", "frame", size, size, 3]);
  if (video.shape[1] < window)
    throw new RangeError(`${caller}: video has ${video.shape[1]} frames; expected at least ${window}.`);
  requireUnitRange(caller, "video", video);
}

/** As `readActions`, in deviations from the mean. */
function standardRead(weights: Weights, config: InverseDynamicsConfig, video: Tensor5D): Tensor3D {
  const { window, size } = config;
  const [batch, frames] = video.shape;
  const count = frames + 1 - window;
  const shifted = Array.from({ length: window }, (_, i) =>
    video
      .slice([0, i, 0, 0, 0], [batch, count, size, size, 3])
      .reshape<Tensor4D>([batch * count, size, size, 3]),
  );
  const changes = shifted.slice(1).map((frame, i) => frame.sub(shifted[i]).add<Tensor4D>(0.5));
  const read = readNumbers(weights, config, headOf(config), concat([...shifted, ...changes], 3) as Tensor4D);
  return read.reshape([batch, count, config.actionMean.length]);
}

/** Episodes to learn from. */
export interface ActionBatch {
  /** [batch, frame, size, size, 3], values in [0, 1]. */
  readonly frames: Tensor5D;
  /** action[t] is taken while frame t is seen [batch, frame, action]. */
  readonly action: Tensor3D;
}

/** Mean squared error of read actions, in deviations; for `createTrainer`. */
export function inverseDynamicsObjective(config: InverseDynamicsConfig): Objective<ActionBatch> {
  const { actionMean, window } = config;
  return {
    settings: { kind: config.kind },
    inputs({ frames, action }) {
      requireVideo("trainer.step", config, frames);
      requireActions("trainer.step", frames, action, actionMean.length);
      return { frames: frames.clone(), action: action.clone() };
    },
    loss(weights, inputs) {
      const { frames, action } = inputs as unknown as ActionBatch;
      const seen = action.slice([0, window - 2, 0], [-1, frames.shape[1] + 1 - window, -1]);
      return readingError(headOf(config), standardRead(weights, config, frames), seen);
    },
  };
}

/** Throws a RangeError unless there is a finite action of `size` numbers for each frame. */
export function requireActions(caller: string, frames: Tensor, action: Tensor3D, size: number): void {
  requireShape(caller, "action", action, [frames.shape[0], frames.shape[1]!, size]);
  requireFinite(caller, "action", action);
}
