import { type Tensor, type Tensor3D, tensor1d, tidy } from "@tensorflow/tfjs";
import { perceptron } from "../nn/embedding.js";
import { createWeights, weight } from "../nn/parameters.js";
import { requireWhole } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";
import { actionParameters } from "./unetPlan.js";
import type { VideoUnet } from "./videoUnet.js";
import { requireUnetConfig, type VideoUnetConfig } from "./videoUnetConfig.js";

/**
 * What each frame's action adds to its embedding.
 *
 * Continuous actions, each number times its `actionScale`, pass through three linear layers; multi-hot ones pick rows of a
 * table, whose sum passes through two.
 *
 * @param action [batch, frame, actionSize]
 * @returns [batch, frame, 4 · channels]
 * @see Vid2World, section 4.2 and appendix B.2
 */
export function embedActions(weights: Weights, config: VideoUnetConfig, action: Tensor3D): Tensor {
  return tidy(() => {
    if (config.actionKind === "continuous") {
      const scaled = config.actionScale ? action.mul(tensor1d([...config.actionScale])) : action;
      return perceptron(weights, "action_emb_proj", [0, 2, 4], scaled);
    }
    const [batch, frames, size] = action.shape;
    const table = weight(weights, "action_emb_preprocess.weight");
    const sum = action.reshape([batch * frames, size]).matMul(table);
    return perceptron(weights, "action_emb_proj", [0, 2], sum.reshape([batch, frames, config.channels]));
  });
}

/**
 * The same model with a fresh action embedding, so that a passively trained network can learn to be steered. All tensors
 * of the result belong to the caller; `model` is not changed.
 *
 * @throws RangeError if the model has actions already, or `actionScale` is not one number for each of a continuous action
 */
export function withActions(
  model: VideoUnet,
  options: {
    readonly actionSize: number;
    readonly actionKind: VideoUnetConfig["actionKind"];
    readonly actionScale?: VideoUnetConfig["actionScale"];
    readonly seed: number;
  },
): VideoUnet {
  const { actionSize, actionKind, actionScale, seed } = options;
  requireWhole("withActions", "actionSize", actionSize, 1);
  if (model.config.actionSize > 0)
    throw new RangeError(
      `withActions: the model already takes actions of ${model.config.actionSize} numbers.`,
    );
  const config: VideoUnetConfig = {
    ...model.config,
    actionSize,
    actionKind,
    ...(actionScale && { actionScale }),
  };
  requireUnetConfig("withActions", config);
  const shared = Object.fromEntries(
    Object.entries(model.weights).map(([name, each]) => [name, each.clone()]),
  );
  return { config, weights: { ...shared, ...createWeights(actionParameters(config), seed) } };
}
