/**
 * LPIPS version 0.1: how differently a classification network sees two frames. Differences of its features, each pixel's
 * scaled to length one, are weighted by channel, averaged over the frame and added up over the layers.
 *
 * @see Zhang et al., "The unreasonable effectiveness of deep features as a perceptual metric", CVPR 2018
 */
import {
  concat,
  maxPool,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor4D,
  type Tensor5D,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs";
import { requireChoice } from "../tensor/check.js";
import { convolveRelu, type MetricWeights, metricWeight, shrinkMax } from "./convNet.js";
import { requireVideos } from "./frames.js";

/** AlexNet, VGG-16 and SqueezeNet 1.1, as in torchvision. The paper takes VGG on RT-1 and CS:GO, AlexNet on RECON. */
export type LpipsNetwork = "alex" | "vgg" | "squeeze";

export interface LpipsOptions {
  /** The network whose weights are given. */
  readonly network: LpipsNetwork;
}

/** One step of a network; `tap` marks where features are compared. `index` is the number in the weights' names. */
type Step =
  | {
      readonly kind: "conv";
      readonly index: number;
      readonly stride: number;
      readonly margin: number;
      readonly tap: boolean;
    }
  | { readonly kind: "fire"; readonly index: number; readonly tap: boolean }
  | { readonly kind: "pool"; readonly side: 2 | 3; readonly ceil: boolean };

const conv = (index: number, tap: boolean, stride = 1, margin = 1): Step => ({
  kind: "conv",
  index,
  stride,
  margin,
  tap,
});
const fire = (index: number, tap: boolean): Step => ({ kind: "fire", index, tap });
const pool3: Step = { kind: "pool", side: 3, ceil: false };
const pool2: Step = { kind: "pool", side: 2, ceil: false };
const poolCeil: Step = { kind: "pool", side: 3, ceil: true };

interface Trunk {
  readonly steps: readonly Step[];
  /** Shape of the first kernel, by which weights of another network are told apart. */
  readonly first: readonly number[];
  /** Smallest height and width whose last features still have a pixel. */
  readonly least: number;
}

const trunks: Record<LpipsNetwork, Trunk> = {
  alex: {
    steps: [
      ...[conv(0, true, 4, 2), pool3, conv(3, true, 1, 2), pool3],
      ...[conv(6, true), conv(8, true), conv(10, true)],
    ],
    first: [64, 3, 11, 11],
    least: 31,
  },
  vgg: {
    steps: [
      ...[conv(0, false), conv(2, true), pool2, conv(5, false), conv(7, true), pool2],
      ...[conv(10, false), conv(12, false), conv(14, true), pool2],
      ...[conv(17, false), conv(19, false), conv(21, true), pool2],
      ...[conv(24, false), conv(26, false), conv(28, true)],
    ],
    first: [64, 3, 3, 3],
    least: 16,
  },
  squeeze: {
    steps: [
      ...[
        conv(0, true, 2, 0),
        poolCeil,
        fire(3, false),
        fire(4, true),
        poolCeil,
        fire(6, false),
        fire(7, true),
      ],
      ...[poolCeil, fire(9, true), fire(10, true), fire(11, true), fire(12, true)],
    ],
    first: [64, 3, 3, 3],
    least: 17,
  },
};

/**
 * LPIPS of every frame; 0 for equal frames, higher is more different.
 *
 * @param weights the trunk's `features.N.weight`, `features.N.bias` as in torchvision's files, and the metric's own
 *   `lin0.model.1.weight` and so on, [1, channel, 1, 1]
 * @param truth [batch, frame, height, width, 3], values in [0, 1]
 * @param guess same shape, same range
 * @param options `network`: the network of the weights
 * @returns [batch, frame]
 * @throws RangeError if the shapes differ, frames are too small, values lie outside [0, 1], or the weights are of
 *   another network
 */
export function lpips(
  weights: MetricWeights,
  truth: Tensor5D,
  guess: Tensor5D,
  { network }: LpipsOptions,
): Tensor2D {
  requireVideos("lpips", truth, guess);
  requireChoice("lpips", "network", network, ["alex", "vgg", "squeeze"]);
  const [batch, frames, height, width, channels] = truth.shape;
  const { steps, first, least } = trunks[network];
  if (channels !== 3 || height < least || width < least)
    throw new RangeError(
      `lpips: frames are ${height}×${width} with ${channels} channels; expected 3 channels and at least ${least}×${least} for ${network}.`,
    );
  metricWeight("lpips", weights, "features.0.weight", first);
  return tidy(() => {
    const images = concat([truth, guess]).reshape<Tensor4D>([2 * batch * frames, height, width, 3]);
    let x = images.mul(2).sub(1).sub(tensor1d(shift)).div(tensor1d(scale)) as Tensor4D;
    let sum: Tensor | undefined;
    let layer = 0;
    for (const step of steps) {
      x = advance(weights, x, step);
      if (step.kind === "pool" || !step.tap) continue;
      const difference = layerDifference(weights, x, layer++);
      sum = sum ? sum.add(difference) : difference;
    }
    return sum!.reshape([batch, frames]) as Tensor2D;
  });
}

/** Mean and deviation of ImageNet's colours for values in [−1, 1]. */
const shift = [-0.03, -0.088, -0.188];
const scale = [0.458, 0.448, 0.45];

function advance(weights: MetricWeights, x: Tensor4D, step: Step): Tensor4D {
  if (step.kind === "pool") return step.side === 3 ? shrinkMax(x, step.ceil) : maxPool(x, 2, 2, "valid");
  const layer = (name: string, input: Tensor4D, stride: number, margin: number) =>
    convolveRelu(
      input,
      metricWeight("lpips", weights, `features.${name}.weight`) as Tensor4D,
      stride,
      [margin, margin],
      { shift: metricWeight("lpips", weights, `features.${name}.bias`) as Tensor1D },
    );
  if (step.kind === "conv") return layer(`${step.index}`, x, step.stride, step.margin);
  const squeezed = layer(`${step.index}.squeeze`, x, 1, 0);
  return concat(
    [layer(`${step.index}.expand1x1`, squeezed, 1, 0), layer(`${step.index}.expand3x3`, squeezed, 1, 1)],
    3,
  );
}

/** One layer's share of the distance: [image]. The first half of `features` is of the true frames. */
function layerDifference(weights: MetricWeights, features: Tensor4D, layer: number): Tensor {
  const channels = features.shape[3];
  const name = `lin${layer}.model.1.weight`;
  const importance = metricWeight("lpips", weights, name, [1, channels, 1, 1]).reshape([channels]);
  const length = features.square().sum(3, true).sqrt().add(1e-10);
  const [truth, guess] = features.div(length).split(2);
  return truth.squaredDifference(guess).mul(importance).sum(3).mean(2).mean(1);
}
