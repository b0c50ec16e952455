/** A small video U-Net in which no layer is silent: weights that start at zero are drawn too. */
import { type Tensor, tidy } from "@tensorflow/tfjs";
import {
  createVideoUnet,
  normalNoise,
  presets,
  type VideoUnet,
  type VideoUnetConfig,
  videoUnetParameters,
} from "vid2world";

export const smallConfig: VideoUnetConfig = {
  ...presets.lab,
  inChannels: 4,
  outChannels: 2,
  channels: 8,
  channelMultipliers: [1, 2],
  attentionAt: [1],
  initialAttentionHeads: 2,
  headWidth: 4,
  normGroups: 2,
  actionSize: 3,
};

export function loudUnet(config: VideoUnetConfig, seed: number): VideoUnet {
  const { weights } = createVideoUnet(config, seed);
  const parameters = videoUnetParameters(config);
  const loud: Record<string, Tensor> = {};
  for (const [i, [name, tensor]] of Object.entries(weights).entries()) {
    const { start, shape } = parameters[name];
    const noise = tidy(() =>
      normalNoise(shape as number[], seed + 100 + i).mul(start === "ones" ? 0.2 : 0.3),
    );
    loud[name] = start === "zeros" || start === "ones" ? tidy(() => tensor.add(noise)) : tensor;
  }
  return { config, weights: loud };
}
