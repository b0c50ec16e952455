/** The video U-Net as a denoiser: what a loss or a sampler calls. */
import { concat, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { type VideoUnet, videoUnet } from "../model/videoUnet.js";
import type { Denoise, DenoiseInputs } from "./denoise.js";

/**
 * The network as a function of noisy frames and levels. A network with twice as many input as output channels also
 * sees the clean first frame, joined to every frame on the channel axis, as in DynamiCrafter, or a frame for each; any
 * other does not.
 *
 * @throws RangeError, when called, if the network wants a first frame and none comes
 */
export function unetDenoise(model: VideoUnet): Denoise {
  return ({ x, firstFrame, ...rest }) =>
    tidy(() => videoUnet(model, { ...rest, x: joinFirstFrame(model, x, firstFrame) }));
}

/** Whether the network sees the clean first frame beside every noisy one. */
function seesFirstFrame({ config }: Pick<VideoUnet, "config">): boolean {
  return config.inChannels === 2 * config.outChannels;
}

/** Noisy frames with the first frame, or its own, joined to each, where the network wants it. */
export function joinFirstFrame(
  model: Pick<VideoUnet, "config">,
  x: Tensor5D,
  firstFrame: DenoiseInputs["firstFrame"],
): Tensor5D {
  if (!seesFirstFrame(model)) return x;
  if (!firstFrame)
    throw new RangeError(
      `unetDenoise: firstFrame is missing; the network has ${model.config.inChannels} input channels for ` +
        `${model.config.outChannels} output channels, so it expects the clean first frame.`,
    );
  const [, frames] = x.shape;
  const shown = firstFrame.shape[1] === frames ? firstFrame : firstFrame.tile([1, frames, 1, 1, 1]);
  return concat([x, shown], 4) as Tensor5D;
}
