import type { Tensor } from "@tensorflow/tfjs";
import type { VideoUnet } from "../model/videoUnet.js";
import type { TemporalNorm, VideoUnetConfig } from "../model/videoUnetConfig.js";
import { requireMask, type TemporalMask } from "../nn/temporalMask.js";
import { requireChoice, requireWhole } from "../tensor/check.js";
import { type TransferRule, transferTemporalKernel } from "./transferKernel.js";

/** How a bidirectional model becomes causal. */
export interface CausalizeOptions {
  /** What becomes of the taps of temporal convolutions on future frames. */
  readonly transfer: TransferRule;
  /** Frames that the extrapolating line is fitted to; default 2, as in the paper. */
  readonly points?: number;
  /** Which frames temporal attention sees; default "causal". */
  readonly mask?: TemporalMask;
  /**
   * Statistics of temporal group norms. "frame" (default) and "cumulative" are causal; "clip" keeps the norms over all
   * frames, as the released Vid2World does, and lets every frame depend on later ones.
   */
  readonly norm?: TemporalNorm;
  /** The frame whose latent and image tokens every frame is given; only 0 is causal. */
  readonly conditionFrame?: number;
}

/** Name of a temporal convolution's kernel. */
const temporalKernel = /\.temopral_conv\.conv\d\.[23]\.weight$/;

/**
 * The causal version of a bidirectional model: weights in, weights out. Kernels of temporal convolutions are transferred
 * and padded on the past side, temporal attention (also the one after the first convolution) is masked, and the group
 * norms of temporal layers take their statistics as `norm` says. All other weights stay as they are. The config records
 * all of it.
 *
 * @returns a model whose tensors belong to the caller; `model` is not changed
 * @throws RangeError if the model is causal already, or a condition comes from a frame other than the first
 * @see Vid2World, section 4.1
 */
export function causalize(model: VideoUnet, options: CausalizeOptions): VideoUnet {
  const { transfer, points = 2, mask = "causal", norm = "frame", conditionFrame = 0 } = options;
  requireChoice("causalize", "transfer", transfer, ["shift", "masked", "extrapolative"]);
  requireWhole("causalize", "points", points, 2);
  requireMask("causalize", mask);
  requireChoice("causalize", "norm", norm, ["clip", "frame", "cumulative"]);
  if (conditionFrame !== 0)
    throw new RangeError(
      `causalize: conditionFrame is ${conditionFrame}; expected 0, since every frame is given that frame's latent and earlier frames may not know it.`,
    );
  if (model.config.convPadding === "causal")
    throw new RangeError(
      "causalize: the model is causal already; to change its mask or norm, spread its config.",
    );
  const weights: Record<string, Tensor> = {};
  for (const [name, tensor] of Object.entries(model.weights))
    weights[name] = temporalKernel.test(name)
      ? transferTemporalKernel(tensor, transfer, { points })
      : tensor.clone();
  const config: VideoUnetConfig = {
    ...model.config,
    convPadding: "causal",
    temporalTaps:
      transfer === "extrapolative" ? Math.max(model.config.temporalTaps, points) : model.config.temporalTaps,
    transfer,
    mask,
    norm,
  };
  return { config, weights };
}
