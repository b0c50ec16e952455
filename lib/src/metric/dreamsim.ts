/**
 * DreamSim: how differently people would judge two pictures. Three vision transformers (DINO, CLIP, OpenCLIP), each
 * slightly retrained by low-rank additions, give one vector per picture; the distance is one minus the cosine.
 *
 * @see Fu, Tamir, Sundaram et al., "DreamSim", NeurIPS 2023; the default ensemble of version 0.2
 */
import {
  concat,
  conv2d,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  tensor1d,
  tensor4d,
  tidy,
} from "@tensorflow/tfjs";
import { requireShape } from "../tensor/check.js";
import { type MetricWeights, metricWeight } from "./convNet.js";
import { requireUnitRange, requireVideos } from "./frames.js";
import { pillowResize } from "./resize.js";

/** One of the three transformers: how it differs from the others. `name` stands before its weights' names. */
interface Branch {
  readonly name: "dino" | "clip" | "open_clip";
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
  /** Added to variances in norms. */
  readonly epsilon: number;
  readonly quickGelu: boolean;
  /** Whether it has CLIP's norm before the first block, and its norm and projection after the last. */
  readonly projects: boolean;
}

const clipMean = [0.48145466, 0.4578275, 0.40821073];
const clipDeviation = [0.26862954, 0.26130258, 0.27577711];

const branches: readonly Branch[] = [
  {
    name: "dino",
    mean: [0.485, 0.456, 0.406],
    deviation: [0.229, 0.224, 0.225],
    epsilon: 1e-6,
    quickGelu: false,
    projects: false,
  },
  {
    name: "clip",
    mean: clipMean,
    deviation: clipDeviation,
    epsilon: 1e-5,
    quickGelu: true,
    projects: true,
  },
  {
    name: "open_clip",
    mean: clipMean,
    deviation: clipDeviation,
    epsilon: 1e-5,
    quickGelu: false,
    projects: true,
  },
];

export interface DreamsimOptions {
  /** Heads of each attention; 12 unless given. */
  readonly heads?: number;
}

/**
 * The vector of each picture: centred, and of length 1. Distances are 1 − cosine of two of them.
 *
 * @param weights names as in the transformers' own files behind `dino.`, `clip.` or `open_clip.`, the low-rank additions
 *   added to `….attn.qkv.weight`; see `loadDreamsimWeights`
 * @param images [image, height, width, 3], values in [0, 1], of the size the weights are made for (224 × 224); see
 *   `dreamsimInput`
 * @returns [image, 1792]
 * @throws RangeError if the weights are others, or the images of another size
 */
export function dreamsimEmbedding(
  weights: MetricWeights,
  images: Tensor4D,
  options: DreamsimOptions = {},
): Tensor2D {
  requireShape("dreamsimEmbedding", "images", images, ["image", "height", "width", 3]);
  requireUnitRange("dreamsimEmbedding", "images", images);
  return tidy(() => {
    const joined = concat(
      branches.map((branch) => branchFeatures(weights, branch, images, options)),
      1,
    );
    const centred = joined.sub(joined.mean(1, true));
    return centred.div(centred.square().sum(1, true).sqrt()) as Tensor2D;
  });
}

/**
 * Frames as DreamSim prepares them: to 8 bits by cutting off, then Pillow's bicubic resize, aspect ratio not kept.
 *
 * @param video [batch, frame, height, width, 3], values in [0, 1]
 * @param side of the result; 224 unless given
 * @returns [batch × frame, side, side, 3], values in [0, 1]
 * @throws RangeError if values lie outside [0, 1]
 */
export async function dreamsimInput(video: Tensor5D, side = 224): Promise<Tensor4D> {
  requireShape("dreamsimInput", "video", video, ["batch", "frame", "height", "width", 3]);
  const [batch, frames, height, width] = video.shape;
  requireUnitRange("dreamsimInput", "video", video);
  const values = await video.data();
  const size = height * width * 3;
  const prepared = new Float32Array(batch * frames * side * side * 3);
  for (let image = 0; image < batch * frames; image++) {
    const bytes = new Uint8Array(size);
    for (let i = 0; i < size; i++)
      bytes[i] = Math.min(255, Math.max(0, Math.trunc(Math.fround(values[image * size + i] * 255))));
    const resized = pillowResize(bytes, [height, width, 3], [side, side], "bicubic");
    for (let i = 0; i < resized.length; i++) prepared[image * resized.length + i] = resized[i] / 255;
  }
  return tensor4d(prepared, [batch * frames, side, side, 3]);
}

/**
 * DreamSim of every frame; 0 for equal frames, higher is more different.
 *
 * @param weights see `dreamsimEmbedding`
 * @param truth [batch, frame, height, width, 3], values in [0, 1]
 * @param guess same shape, same range
 * @returns [batch, frame]
 * @throws RangeError if the shapes differ or the weights are others
 */
export async function dreamsim(
  weights: MetricWeights,
  truth: Tensor5D,
  guess: Tensor5D,
  options: DreamsimOptions = {},
): Promise<Tensor2D> {
  requireVideos("dreamsim", truth, guess);
  const [batch, frames] = truth.shape;
  const side = inputSide(weights);
  const inputs = [await dreamsimInput(truth, side), await dreamsimInput(guess, side)];
  return tidy(() => {
    const [a, b] = inputs.map((images) => dreamsimEmbedding(weights, images, options));
    for (const images of inputs) images.dispose();
    return dreamsimDistance(a, b).reshape([batch, frames]) as Tensor2D;
  });
}

/** 1 − cosine of vectors of length 1, row by row, without taking a small number from 1: [image]. */
export function dreamsimDistance(a: Tensor2D, b: Tensor2D): Tensor1D {
  return tidy(() => a.squaredDifference(b).sum(1).div(2) as Tensor1D);
}

/** Side of the pictures that the position embedding is made for. */
function inputSide(weights: MetricWeights): number {
  const [, positions] = (metricWeight("dreamsim", weights, "dino.pos_embed") as Tensor3D).shape;
  const [, , patch] = (metricWeight("dreamsim", weights, "dino.patch_embed.proj.weight") as Tensor4D).shape;
  return Math.round(Math.sqrt(positions - 1)) * patch;
}

function branchFeatures(
  weights: MetricWeights,
  branch: Branch,
  images: Tensor4D,
  { heads = 12 }: DreamsimOptions,
): Tensor2D {
  const get = (name: string, shape?: readonly number[]) =>
    metricWeight("dreamsim", weights, `${branch.name}.${name}`, shape);
  const linear = (name: string, x: Tensor3D) =>
    affine(x, get(`${name}.weight`) as Tensor2D, get(`${name}.bias`));
  const norm = (name: string, x: Tensor3D) => {
    const centred = x.sub(x.mean(2, true));
    const scaled = centred.div(centred.square().mean(2, true).add(branch.epsilon).sqrt());
    return scaled.mul(get(`${name}.weight`)).add(get(`${name}.bias`)) as Tensor3D;
  };
  const activate = (x: Tensor3D) =>
    (branch.quickGelu ? x.mul(x.mul(1.702).sigmoid()) : exactGelu(x)) as Tensor3D;

  let x = tokens(get, branch, images);
  if (branch.projects) x = norm("pos_drop", x);
  for (let block = 0; `${branch.name}.blocks.${block}.norm1.weight` in weights; block++) {
    const at = `blocks.${block}`;
    const mixed = attention(linear(`${at}.attn.qkv`, norm(`${at}.norm1`, x)), heads);
    x = x.add(linear(`${at}.attn.proj`, mixed));
    x = x.add(linear(`${at}.mlp.fc2`, activate(linear(`${at}.mlp.fc1`, norm(`${at}.norm2`, x)))));
  }
  if (branch.projects) x = norm("norm", x);
  const [count, , width] = x.shape;
  const first = x.slice([0, 0, 0], [count, 1, width]).reshape<Tensor2D>([count, width]);
  return branch.projects ? (first.matMul(get("proj")) as Tensor2D) : first;
}

/** Patches as tokens behind the class token, with positions: [image, token, width]. */
function tokens(
  get: (name: string, shape?: readonly number[]) => Tensor,
  { name, mean, deviation }: Branch,
  images: Tensor4D,
): Tensor3D {
  const kernel = get("patch_embed.proj.weight") as Tensor4D;
  const [width, , patch] = kernel.shape;
  const scaled = images.sub(tensor1d([...mean])).div(tensor1d([...deviation])) as Tensor4D;
  const grid = conv2d(scaled, kernel.transpose([2, 3, 1, 0]) as Tensor4D, patch, "valid");
  const [count, rows, columns] = grid.shape;
  const positions = get("pos_embed") as Tensor3D;
  if (positions.shape[1] !== rows * columns + 1)
    throw new RangeError(
      `dreamsim: images of ${images.shape[1]}×${images.shape[2]} make ${rows * columns} patches; ` +
        `the weights of ${name} expect ${positions.shape[1] - 1}.`,
    );
  const patches = grid.add(get("patch_embed.proj.bias")).reshape([count, rows * columns, width]);
  const classToken = get("cls_token", [1, 1, width]).tile([count, 1, 1]);
  return concat([classToken, patches], 1).add(positions) as Tensor3D;
}

function affine(x: Tensor3D, kernel: Tensor2D, bias: Tensor): Tensor3D {
  const [count, length, width] = x.shape;
  const rows = x
    .reshape<Tensor2D>([count * length, width])
    .matMul(kernel, false, true)
    .add(bias);
  return rows.reshape([count, length, kernel.shape[0]]);
}

/** Attention of queries, keys and values that lie side by side, [image, token, 3 × width]. */
function attention(joined: Tensor3D, heads: number): Tensor3D {
  const [count, length, triple] = joined.shape;
  const width = triple / 3;
  const [q, k, v] = joined
    .reshape([count, length, 3, heads, width / heads])
    .transpose([2, 0, 3, 1, 4])
    .reshape([3, count * heads, length, width / heads])
    .split(3)
    .map((part) => part.reshape<Tensor3D>([count * heads, length, width / heads]));
  const weights = q
    .mul(Math.sqrt(heads / width))
    .matMul(k as Tensor3D, false, true)
    .softmax() as Tensor3D;
  return weights
    .matMul(v)
    .reshape([count, heads, length, width / heads])
    .transpose([0, 2, 1, 3])
    .reshape([count, length, width]);
}

function exactGelu(x: Tensor): Tensor {
  return x.mul(x.div(Math.SQRT2).erf().add(1)).mul(0.5);
}
