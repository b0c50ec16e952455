/** How far a network that was just made causal is from the passive one it was made from, layer by layer. */
import { type Tensor, type Tensor5D, tensor, tensor2d, tidy } from "@tensorflow/tfjs";
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

    const wanted = new Map<string, Float32Array>();
    const valuesOf = (result: Tensor) => result.dataSync() as Float32Array;
    videoUnet(passive, inputs, (layer, result) => {
      wanted.set(layer, valuesOf(result));
      return result;
    });
    const own = new Map<string, number>();
    const mend: WatchLayer = (layer, result) => {
      const right = wanted.get(layer) as Float32Array;
      own.set(layer, distance(right, valuesOf(result)));
      return tensor(right, result.shape) as typeof result;
    };
    videoUnet(causal, inputs, mend);
    const errors: LayerError[] = [];
    videoUnet(causal, inputs, (layer, result) => {
      const [right, found] = [wanted.get(layer) as Float32Array, valuesOf(result)];
      const carried = distance(right, found);
      errors.push({ layer, own: own.get(layer) as number, carried, cosine: cosine(right, found) });
      return result;
    });
    return errors as never;
  }) as unknown as LayerError[];
}

const product = (a: Float32Array, b: Float32Array) => a.reduce((sum, value, i) => sum + value * b[i], 0);

/** 0 between equal results, also where both are zero everywhere, as a layer's are that begins with zero weights. */
function distance(right: Float32Array, found: Float32Array): number {
  const gap = right.map((value, i) => value - found[i]);
  return gap.every((value) => value === 0) ? 0 : Math.sqrt(product(gap, gap) / product(right, right));
}

function cosine(right: Float32Array, found: Float32Array): number {
  if (distance(right, found) === 0) return 1;
  return product(right, found) / Math.sqrt(product(right, right) * product(found, found));
}
