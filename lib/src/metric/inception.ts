/**
 * The Inception v3 of FID, as ported to PyTorch: 3 × 3 averages count only cells within the image, and the last block
 * takes the maximum where Inception has an average. It runs on its stored statistics; with those of the batch, features
 * change by most of their length.
 *
 * @see Szegedy et al., "Rethinking the Inception architecture", CVPR 2016; mseitzer/pytorch-fid for the differences
 */
import { concat, maxPool, type Tensor2D, type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { requireShape } from "../tensor/check.js";
import {
  convolveRelu,
  foldedNorm,
  type Margins,
  type MetricWeights,
  meanOfNeighbours,
  metricWeight,
  shrinkMax,
} from "./convNet.js";
import { requireUnitRange } from "./frames.js";
import { resizeFrames } from "./resize.js";

/** Side of the network's input. */
const side = 299;
const epsilon = 0.001;

type Layer = (name: string, x: Tensor4D, stride?: number, margins?: Margins) => Tensor4D;

/**
 * The 2048 features of FID for every frame: frames are resized to 299 × 299 (bilinear, no antialias) and passed through
 * the network up to its last average.
 *
 * @param weights by the names in `pt_inception-2015-12-05-6726825d.pth`
 * @param video [batch, frame, height, width, 3], values in [0, 1]
 * @returns [batch × frame, 2048]
 * @throws RangeError if values lie outside [0, 1], or the weights are of another network
 */
export function inceptionFeatures(weights: MetricWeights, video: Tensor5D): Tensor2D {
  requireShape("inceptionFeatures", "video", video, ["batch", "frame", "height", "width", 3]);
  requireUnitRange("inceptionFeatures", "video", video);
  metricWeight("inceptionFeatures", weights, "Conv2d_1a_3x3.conv.weight", [32, 3, 3, 3]);
  const layer: Layer = (name, x, stride = 1, margins = [0, 0]) => {
    const kernel = metricWeight("inceptionFeatures", weights, `${name}.conv.weight`) as Tensor4D;
    return convolveRelu(
      x,
      kernel,
      stride,
      margins,
      foldedNorm("inceptionFeatures", weights, `${name}.bn`, epsilon),
    );
  };
  return tidy(() => {
    const [batch, frames] = video.shape;
    const resized = resizeFrames(video, [side, side], "bilinear");
    let x = resized
      .reshape<Tensor4D>([batch * frames, side, side, 3])
      .mul(2)
      .sub(1) as Tensor4D;
    x = layer("Conv2d_1a_3x3", x, 2);
    x = layer("Conv2d_2a_3x3", x);
    x = shrinkMax(layer("Conv2d_2b_3x3", x, 1, [1, 1]));
    x = layer("Conv2d_3b_1x1", x);
    x = shrinkMax(layer("Conv2d_4a_3x3", x));
    for (const block of ["Mixed_5b", "Mixed_5c", "Mixed_5d"]) x = blockA(layer, block, x);
    x = blockB(layer, "Mixed_6a", x);
    for (const block of ["Mixed_6b", "Mixed_6c", "Mixed_6d", "Mixed_6e"]) x = blockC(layer, block, x);
    x = blockD(layer, "Mixed_7a", x);
    x = blockE(layer, "Mixed_7b", x, meanOfNeighbours);
    x = blockE(layer, "Mixed_7c", x, (input) => maxPool(input, 3, 1, "same"));
    return x.mean(2).mean(1) as Tensor2D;
  });
}

function blockA(layer: Layer, name: string, x: Tensor4D): Tensor4D {
  const five = layer(`${name}.branch5x5_1`, x);
  const three = layer(`${name}.branch3x3dbl_2`, layer(`${name}.branch3x3dbl_1`, x), 1, [1, 1]);
  return concat(
    [
      layer(`${name}.branch1x1`, x),
      layer(`${name}.branch5x5_2`, five, 1, [2, 2]),
      layer(`${name}.branch3x3dbl_3`, three, 1, [1, 1]),
      layer(`${name}.branch_pool`, meanOfNeighbours(x)),
    ],
    3,
  );
}

function blockB(layer: Layer, name: string, x: Tensor4D): Tensor4D {
  const three = layer(`${name}.branch3x3dbl_2`, layer(`${name}.branch3x3dbl_1`, x), 1, [1, 1]);
  return concat(
    [layer(`${name}.branch3x3`, x, 2), layer(`${name}.branch3x3dbl_3`, three, 2), shrinkMax(x)],
    3,
  );
}

const wide: Margins = [0, 3];
const tall: Margins = [3, 0];

function blockC(layer: Layer, name: string, x: Tensor4D): Tensor4D {
  let seven = layer(`${name}.branch7x7_2`, layer(`${name}.branch7x7_1`, x), 1, wide);
  seven = layer(`${name}.branch7x7_3`, seven, 1, tall);
  let twice = layer(`${name}.branch7x7dbl_1`, x);
  for (const [part, margins] of [
    [2, tall],
    [3, wide],
    [4, tall],
    [5, wide],
  ] as const)
    twice = layer(`${name}.branch7x7dbl_${part}`, twice, 1, margins);
  const pooled = layer(`${name}.branch_pool`, meanOfNeighbours(x));
  return concat([layer(`${name}.branch1x1`, x), seven, twice, pooled], 3);
}

function blockD(layer: Layer, name: string, x: Tensor4D): Tensor4D {
  const three = layer(`${name}.branch3x3_2`, layer(`${name}.branch3x3_1`, x), 2);
  let seven = layer(`${name}.branch7x7x3_2`, layer(`${name}.branch7x7x3_1`, x), 1, wide);
  seven = layer(`${name}.branch7x7x3_4`, layer(`${name}.branch7x7x3_3`, seven, 1, tall), 2);
  return concat([three, seven, shrinkMax(x)], 3);
}

function blockE(layer: Layer, name: string, x: Tensor4D, pool: (x: Tensor4D) => Tensor4D): Tensor4D {
  const split = (branch: string, input: Tensor4D) => [
    layer(`${name}.${branch}a`, input, 1, [0, 1]),
    layer(`${name}.${branch}b`, input, 1, [1, 0]),
  ];
  const three = layer(`${name}.branch3x3dbl_2`, layer(`${name}.branch3x3dbl_1`, x), 1, [1, 1]);
  return concat(
    [
      layer(`${name}.branch1x1`, x),
      ...split("branch3x3_2", layer(`${name}.branch3x3_1`, x)),
      ...split("branch3x3dbl_3", three),
      layer(`${name}.branch_pool`, pool(x)),
    ],
    3,
  );
}
