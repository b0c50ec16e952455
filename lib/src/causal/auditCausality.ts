/**
 * Does the future reach the past? Every input of one frame is changed, the network runs again, and every layer's result
 * is compared at all earlier frames. In a causal model nothing moves there, not by one bit.
 */
import { type Tensor, type Tensor3D, type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import type { WatchLayer } from "../model/flow.js";
import { type VideoUnet, type VideoUnetInputs, videoUnet } from "../model/videoUnet.js";
import { requireWhole } from "../tensor/check.js";
import { deriveSeed, normalNoise, uniformNoise } from "../tensor/noise.js";

/** What one layer lets through. */
export interface LayerLeak {
  /** The layer's name in the checkpoint. */
  readonly layer: string;
  /**
   * Entry j: the largest change of this layer's result at frames before j when its own input changed at frames from j on
   * only. Leaks of earlier layers are held back, so each layer answers for itself.
   */
  readonly change: readonly number[];
}

/** The audit's findings; all changes are absolute. */
export interface CausalityReport {
  /** Every layer, in the order in which they run. */
  readonly layers: readonly LayerLeak[];
  /** Entry j: the largest change of the network's answer for frames before j when the inputs of frame j change. */
  readonly output: readonly number[];
  /** Names of the layers that let the future through, in the order in which they run. Empty in a causal model. */
  readonly leaking: readonly string[];
  /** The largest of all changes. Exactly 0 in a causal model. */
  readonly largest: number;
}

/** What the audit runs on. */
export interface AuditOptions {
  /** Frames in the clip; each but the first is changed once. Default 4. */
  readonly frames?: number;
  readonly seed?: number;
}

/** Normal noise in the place of weights that are all zero, since behind them no leak could be seen. */
function withoutZeros(weights: VideoUnet["weights"], seed: number): VideoUnet["weights"] {
  const filled = Object.entries(weights).map(([name, values], i) => {
    const zero = values.abs().max().dataSync()[0] === 0;
    const fanIn = values.size / (values.shape[0] ?? 1);
    return [
      name,
      zero ? normalNoise<never>(values.shape as never, deriveSeed(seed, i)).div(Math.sqrt(fanIn)) : values,
    ];
  });
  return Object.fromEntries(filled);
}

/** One row of inputs for a clip; `changed` names the frame whose inputs are drawn anew. */
function auditInputs({ config }: VideoUnet, frames: number, seed: number, changed?: number): VideoUnetInputs {
  const size = 2 ** config.channelMultipliers.length; // two pixels at the coarsest level
  const perFrame = (use: number, shape: readonly number[], draw = normalNoise as typeof uniformNoise) =>
    tidy(() => {
      const each = Array.from({ length: frames }, (_, frame) =>
        draw([1, 1, ...shape] as never, deriveSeed(seed, use, frame, frame === changed ? 1 : 0)),
      );
      return each.length > 1 ? each[0].concat(each.slice(1), 1) : each[0];
    }) as Tensor;
  const { inChannels, actionSize, contextWidth, imageTokens } = config;
  const text = contextWidth > 0 && normalNoise<never>([1, 77, contextWidth] as never, deriveSeed(seed, 4));
  const image = contextWidth > 0 && imageTokens && perFrame(5, [16 * contextWidth]);
  const context = text && (image ? text.concat(image.reshape([1, 16 * frames, contextWidth]), 1) : text);
  return {
    x: perFrame(1, [size, size, inChannels]) as Tensor5D,
    level: perFrame(2, [], uniformNoise).mul(999),
    ...(actionSize > 0 ? { action: perFrame(3, [actionSize]) as Tensor3D } : {}),
    ...(context ? { context: context as Tensor3D } : {}),
  };
}

/** Largest difference over the frames before `frame`; both hold `frames` frames one after another. */
function earlierChange(a: ArrayLike<number>, b: ArrayLike<number>, frame: number, frames: number): number {
  const end = (a.length / frames) * frame;
  let largest = 0;
  for (let i = 0; i < end; i++) {
    const change = Math.abs(a[i] - b[i]);
    if (!(change <= largest)) largest = change; // also when it is not a number
  }
  return largest;
}

/**
 * Runs a model on a short random clip, once as it is and again for every later frame with that frame's inputs changed:
 * noisy latent, noise level, action and image tokens. Weights that are all zero are replaced by noise for the audit, so
 * that a fresh model is tested as a trained one would be. The clip is small (two pixels at the coarsest level), since
 * leaks do not depend on the picture's size.
 *
 * @returns layer by frame, what the future moved; names the layers that let it through
 */
export function auditCausality(model: VideoUnet, options: AuditOptions = {}): CausalityReport {
  const { frames = 4, seed = 1 } = options;
  requireWhole("auditCausality", "frames", frames, 2);
  return tidy(() => {
    const audited = { config: model.config, weights: withoutZeros(model.weights, deriveSeed(seed, 9)) };
    const asItIs = new Map<string, Float32Array>();
    const record: WatchLayer = (layer, result) => {
      asItIs.set(layer, result.dataSync() as Float32Array);
      return result;
    };
    const answer = videoUnet(audited, auditInputs(audited, frames, seed), record).dataSync();
    const change = new Map([...asItIs.keys()].map((layer) => [layer, new Array<number>(frames).fill(0)]));
    const output = new Array<number>(frames).fill(0);
    for (let frame = 1; frame < frames; frame++) {
      const inputs = auditInputs(audited, frames, seed, frame);
      const compareAndMend: WatchLayer = (layer, result) => {
        const before = asItIs.get(layer) as Float32Array;
        const now = result.dataSync() as Float32Array;
        const leak = earlierChange(before, now, frame, frames);
        (change.get(layer) as number[])[frame] = leak;
        if (leak === 0) return result;
        const mended = Float32Array.from(now);
        mended.set(before.subarray(0, (before.length / frames) * frame));
        return tensor(mended, result.shape) as typeof result;
      };
      tidy(() => {
        const mended = videoUnet(audited, inputs, compareAndMend);
        // where nothing had to be mended, this already is the plain answer
        const leaks = [...change.values()].some((perFrame) => perFrame[frame] !== 0);
        const plain = leaks ? videoUnet(audited, inputs) : mended;
        output[frame] = earlierChange(answer, plain.dataSync(), frame, frames);
      });
    }
    const layers = [...change].map(([layer, perFrame]) => ({ layer, change: perFrame }));
    const worst = layers.map((each) => Math.max(...each.change));
    return {
      layers,
      output,
      leaking: layers.filter((_, i) => worst[i] !== 0).map(({ layer }) => layer),
      largest: Math.max(...worst, ...output),
    };
  }) as unknown as CausalityReport;
}
