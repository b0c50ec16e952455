/**
 * The I3D network of FVD: Inception with kernels that reach over frames too, trained on Kinetics-400. FVD takes the 400
 * numbers before the softmax, averaged over time. Padding is TensorFlow's "same".
 *
 * @see Carreira and Zisserman, "Quo vadis, action recognition?", CVPR 2017; Unterthiner et al., "FVD", 2019
 */
import {
  avgPool3d,
  concat,
  conv3d,
  maxPool3d,
  type Tensor1D,
  type Tensor2D,
  type Tensor5D,
  tidy,
} from "@tensorflow/tfjs";
import { requireShape } from "../tensor/check.js";
import { foldedNorm, type MetricWeights, metricWeight } from "./convNet.js";
import { requireUnitRange } from "./frames.js";
import { resizeFrames } from "./resize.js";

/** Side of the network's input. */
const side = 224;
/** Fewest frames of which two time steps are left before the last pool. */
const fewestFrames = 9;

/** In what range the frames reach the network; FVD's own is [−1, 1], others make other numbers under the same name. */
export type I3dRange = "minusOneToOne" | "zeroToOne";

export interface I3dOptions {
  /** "minusOneToOne" unless given. */
  readonly range?: I3dRange;
  /** Added to the variances of the norms: 0.001 unless given, as trained; the copy in TATS and cd-fvd has 0.00001. */
  readonly epsilon?: number;
}

/**
 * The 400 numbers of FVD for every video: frames are resized to 224 × 224 (bilinear, no antialias).
 *
 * @param weights by the names in `i3d_pretrained_400.pt`
 * @param video [batch, frame, height, width, 3], values in [0, 1], at least 9 frames
 * @returns [batch, 400]
 * @throws RangeError if there are too few frames, values lie outside [0, 1], or the weights are of another network
 */
export function i3dFeatures(
  weights: MetricWeights,
  video: Tensor5D,
  { range = "minusOneToOne", epsilon = 0.001 }: I3dOptions = {},
): Tensor2D {
  requireShape("i3dFeatures", "video", video, ["batch", "frame", "height", "width", 3]);
  requireUnitRange("i3dFeatures", "video", video);
  if (video.shape[1] < fewestFrames)
    throw new RangeError(
      `i3dFeatures: video has ${video.shape[1]} frames; expected at least ${fewestFrames}.`,
    );
  metricWeight("i3dFeatures", weights, "Conv3d_1a_7x7.conv3d.weight", [64, 3, 7, 7, 7]);
  const layer: Layer = (name, x, stride = 1) => {
    const kernel = metricWeight("i3dFeatures", weights, `${name}.conv3d.weight`) as Tensor5D;
    const { factor, shift } = foldedNorm("i3dFeatures", weights, `${name}.bn`, epsilon);
    const channelsLast = kernel.transpose([2, 3, 4, 1, 0]).mul(factor) as Tensor5D; // [time, rows, columns, in, out]
    return conv3d(x, channelsLast, stride, "same").add(shift).relu() as Tensor5D;
  };
  return tidy(() => {
    const resized = resizeFrames(video, [side, side], "bilinear");
    let x = range === "minusOneToOne" ? (resized.mul(2).sub(1) as Tensor5D) : resized;
    x = layer("Conv3d_1a_7x7", x, 2);
    x = largest(x, [1, 3, 3], [1, 2, 2]);
    x = layer("Conv3d_2c_3x3", layer("Conv3d_2b_1x1", x));
    x = largest(x, [1, 3, 3], [1, 2, 2]);
    x = mixed(layer, "Mixed_3c", mixed(layer, "Mixed_3b", x));
    x = largest(x, [3, 3, 3], [2, 2, 2]);
    for (const block of ["4b", "4c", "4d", "4e", "4f"]) x = mixed(layer, `Mixed_${block}`, x);
    x = largest(x, [2, 2, 2], [2, 2, 2]);
    x = mixed(layer, "Mixed_5c", mixed(layer, "Mixed_5b", x));
    const pooled = avgPool3d(x, [2, 7, 7], 1, "valid"); // [batch, time, 1, 1, 1024]
    const [batch, time, , , channels] = pooled.shape;
    const kernel = metricWeight("i3dFeatures", weights, "logits.conv3d.weight", [400, channels, 1, 1, 1]);
    const bias = metricWeight("i3dFeatures", weights, "logits.conv3d.bias", [400]) as Tensor1D;
    const logits = pooled
      .reshape<Tensor2D>([batch * time, channels])
      .matMul(kernel.reshape<Tensor2D>([400, channels]), false, true)
      .add(bias);
    return logits.reshape([batch, time, 400]).mean(1) as Tensor2D;
  });
}

type Layer = (name: string, x: Tensor5D, stride?: number) => Tensor5D;
type Three = [number, number, number];

/**
 * Maximum over windows, padded with zeros to TensorFlow's "same". After a ReLU, zeros change no maximum.
 */
function largest(x: Tensor5D, window: Three, strides: Three): Tensor5D {
  return maxPool3d(x, window, strides, "same");
}

function mixed(layer: Layer, name: string, x: Tensor5D): Tensor5D {
  return concat(
    [
      layer(`${name}.b0`, x),
      layer(`${name}.b1b`, layer(`${name}.b1a`, x)),
      layer(`${name}.b2b`, layer(`${name}.b2a`, x)),
      layer(`${name}.b3b`, largest(x, [3, 3, 3], [1, 1, 1])),
    ],
    4,
  );
}
