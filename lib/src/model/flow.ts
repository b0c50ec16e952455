import { type Tensor, type Tensor4D, tidy } from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import type { StreamPast } from "./streamLayers.js";
import type { VideoUnetConfig } from "./videoUnetConfig.js";

/** Called with the name and the result of every layer; what it returns goes on in its place. */
export type WatchLayer = <T extends Tensor>(layer: string, result: T) => T;

/**
 * What all layers of one forward pass share. Activations are [batch · frame, height, width, channel], frames fastest;
 * temporal layers see the same numbers as [batch, frame, position, channel].
 */
export interface Flow {
  readonly config: VideoUnetConfig;
  readonly weights: Weights;
  readonly batch: number;
  readonly frames: number;
  /** The past of a stream of single frames; absent where a whole clip is seen. */
  readonly stream?: StreamPast;
  /** Where a stream's temporal layers leave what later frames need; absent when nobody asked. */
  readonly kept?: Record<string, Tensor>;
  readonly watch: WatchLayer;
}

/** Runs part of the network and frees what it leaves behind, except its result and what it kept for later frames. */
export function scoped(flow: Flow, part: (flow: Flow) => Tensor4D): Tensor4D {
  const kept: Record<string, Tensor> = {};
  const { result } = tidy(() => ({ result: part({ ...flow, kept: flow.kept && kept }), kept }));
  if (flow.kept) Object.assign(flow.kept, kept);
  return result;
}

/** [batch · frame, height, width, channel] as [batch, frame, position, channel]. */
export function asFrames(flow: Flow, x: Tensor4D): Tensor4D {
  const [, height, width, channels] = x.shape;
  return x.reshape([flow.batch, flow.frames, height * width, channels]);
}
