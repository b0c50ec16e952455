/** How far a network that was just made causal is from the passive one it was made from, layer by layer. */
import { type Tensor, type Tensor5D, tensor2d, tidy } from "@tensorflow/tfjs";
import { addNoise } from "../diffusion/forms.js";
import { joinFirstFrame } from "../diffusion/unetDenoise.js";
import type { WatchLayer } from "../model/flow.js";
import { type VideoUnet, videoUnet } from "../model/videoUnet.js";
import { createSchedule, labSchedule } from "../schedule/schedule.js";
import { requireShape } from "../tensor/check.js";
import { normalNoise } from "../tensor/noise.js";

export interface LayerError {
  /** The layer's name in the checkpoint. */
  readonly layer: string;
  /** |causal − passive| / |passive| of the layer's result, given the passive network's own activations: this layer's doing. */
  readonly own: number;
  /** The same, given what the layers before it made of the clip in the causal network. */
  readonly carried: number;
  /** Cosine between the two results in the second case. */
  readonly cosine: number;
}

/**
 * Compares all layers on one noisy clip, without actions.
 *
 * @param clip clean latents [batch, frame, height, width, channel]
 * @param options `level`: noise level of every frame. `seed`: of the noise
 * @returns layers that both networks have, in the order in which they run
 */
export function layerErrors(
  passive: VideoUnet,
  causal: VideoUnet,
  clip: Tensor5D,
  { level, seed }: { readonly level: number; readonly seed: number },
): LayerError[] {
  requireShape("layerErrors", "clip", clip, [
    "batch",
    "frame",
    "height",
    "width",
    passive.config.outChannels,
  ]);
  return tidy(() => {
    const [batch, frames, ...frame] = clip.shape;
    const levels = tensor2d(Array.from({ length: batch }, () => Array<number>(frames).fill(level)));
    const noise = normalNoise<Tensor5D["rankType"]>(clip.shape, seed);
    const noisy = addNoise(clip, noise, levels, createSchedule(labSchedule));
    const first = clip.slice([0, 0], [batch, 1, ...frame]) as Tensor5D;
    const inputs = { x: joinFirstFrame(passive, noisy, first), level: levels };

    const wanted = new Map<string, Tensor>();
    videoUnet(passive, inputs, (layer, result) => {
      wanted.set(layer, result);
      return result;
    });
    const own = new Map<string, number>();
    const mend: WatchLayer = (layer, result) => {
      const right = wanted.get(layer) as typeof result;
      own.set(layer, distance(right, result));
      return right;
    };
    videoUnet(causal, inputs, mend);
    const errors: LayerError[] = [];
    videoUnet(causal, inputs, (layer, result) => {
      const right = wanted.get(layer) as typeof result;
      errors.push({
        layer,
        own: own.get(layer) as number,
        carried: distance(right, result),
        cosine: cosine(right, result),
      });
      return result;
    });
    return errors as never;
  }) as unknown as LayerError[];
}

const number = (value: Tensor) => value.dataSync()[0];
const distance = (right: Tensor, result: Tensor) =>
  Math.sqrt(number(right.squaredDifference(result).sum()) / number(right.square().sum()));
const cosine = (right: Tensor, result: Tensor) =>
  number(right.mul(result).sum()) / Math.sqrt(number(right.square().sum()) * number(result.square().sum()));
