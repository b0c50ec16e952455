/**
 * The two towers of OpenCLIP that give DynamiCrafter its context: one turns a picture into tokens, the other a caption.
 * Names and shapes are the official checkpoint's, without `embedder.model.` and `cond_stage_model.model.`.
 *
 * @see Ilharco et al., "OpenCLIP", 2021; ViT-H/14 trained on LAION-2B
 */
import {
  concat,
  type Tensor,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tensor1d,
  tidy,
} from "@tensorflow/tfjs";
import { attend, joinHeads, splitHeads } from "../nn/attention.js";
import { gelu, linear } from "../nn/linear.js";
import { layerNorm } from "../nn/norm.js";
import {
  createWeights,
  layerParameters,
  normParameters,
  type Parameters,
  weight,
  withPrefix,
} from "../nn/parameters.js";
import { maskLogits } from "../nn/temporalMask.js";
import { requireShape } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";
import { resizeAntialiased } from "./resizeAntialiased.js";

/** What decides the picture tower's parameters. */
export interface ImageTowerConfig {
  readonly width: number;
  readonly layers: number;
  readonly heads: number;
  /** Pixels of a square patch in each direction. */
  readonly patch: number;
  /** Pixels of the square picture in each direction. */
  readonly imageSize: number;
}

/** What decides the caption tower's parameters. */
export interface TextTowerConfig {
  readonly width: number;
  /** Layers that are run; the checkpoint has one more, which DynamiCrafter skips. */
  readonly layers: number;
  readonly heads: number;
  /** Positions of a caption. */
  readonly positions: number;
  readonly vocabulary: number;
}

export const vitH14Image: ImageTowerConfig = {
  width: 1280,
  layers: 32,
  heads: 16,
  patch: 14,
  imageSize: 224,
};
export const vitH14Text: TextTowerConfig = {
  width: 1024,
  layers: 23,
  heads: 16,
  positions: 77,
  vocabulary: 49408,
};

/** A tower: what it is, and its weights. */
export interface ImageTower {
  readonly config: ImageTowerConfig;
  readonly weights: Weights;
}
export interface TextTower {
  readonly config: TextTowerConfig;
  readonly weights: Weights;
}

function blockParameters(prefix: string, width: number, layers: number): Parameters {
  const uniform = { start: "uniform" as const, bound: width ** -0.5 };
  const block: Parameters = {
    ...normParameters("ln_1", width),
    "attn.in_proj_weight": { shape: [3 * width, width], ...uniform },
    "attn.in_proj_bias": { shape: [3 * width], start: "zeros" },
    ...layerParameters("attn.out_proj", width, width),
    ...normParameters("ln_2", width),
    ...layerParameters("mlp.c_fc", width, 4 * width),
    ...layerParameters("mlp.c_proj", 4 * width, width),
  };
  const all: Parameters = {};
  for (let i = 0; i < layers; i++)
    Object.assign(all, withPrefix(`${prefix}transformer.resblocks.${i}.`, block));
  return all;
}

/** Names, shapes and first values of the weights that the picture tower uses. */
export function imageTowerParameters({ width, layers, patch, imageSize }: ImageTowerConfig): Parameters {
  const tokens = (imageSize / patch) ** 2 + 1;
  const own = { start: "normal" as const, bound: width ** -0.5 };
  return {
    "visual.class_embedding": { shape: [width], ...own },
    "visual.positional_embedding": { shape: [tokens, width], ...own },
    ...layerParameters("visual.conv1", 3, width, [patch, patch], { bias: false }),
    ...normParameters("visual.ln_pre", width),
    ...blockParameters("visual.", width, layers),
  };
}

/** Names, shapes and first values of the weights that the caption tower uses. */
export function textTowerParameters(config: TextTowerConfig): Parameters {
  const { width, layers, positions, vocabulary } = config;
  return {
    positional_embedding: { shape: [positions, width], start: "normal", bound: 0.01 },
    "token_embedding.weight": { shape: [vocabulary, width], start: "normal", bound: 0.02 },
    ...blockParameters("", width, layers),
    ...normParameters("ln_final", width),
  };
}

/** Towers with fresh weights. Equal seeds give equal bits. */
export function createImageTower(config: ImageTowerConfig, seed: number): ImageTower {
  return { config, weights: createWeights(imageTowerParameters(config), seed) };
}
export function createTextTower(config: TextTowerConfig, seed: number): TextTower {
  return { config, weights: createWeights(textTowerParameters(config), seed) };
}

function block(weights: Weights, name: string, x: Tensor3D, heads: number, mask?: Tensor2D): Tensor3D {
  return tidy(() => {
    const normal = layerNorm(weights, `${name}.ln_1`, x);
    const joint = linear(
      {
        "in_proj.weight": weight(weights, `${name}.attn.in_proj_weight`),
        "in_proj.bias": weight(weights, `${name}.attn.in_proj_bias`),
      },
      "in_proj",
      normal,
    );
    const [query, key, value] = joint.split(3, -1).map((part) => splitHeads(part as Tensor3D, heads));
    const seen = joinHeads(attend(query, key, value, mask), heads);
    const h = x.add(linear(weights, `${name}.attn.out_proj`, seen)) as Tensor3D;
    const wide = gelu(linear(weights, `${name}.mlp.c_fc`, layerNorm(weights, `${name}.ln_2`, h)));
    return h.add(linear(weights, `${name}.mlp.c_proj`, wide)) as Tensor3D;
  });
}

const meanColour = [0.48145466, 0.4578275, 0.40821073];
const colourDeviation = [0.26862954, 0.26130258, 0.27577711];

/**
 * Tokens of pictures: the class token, then one for every patch, row by row; before the tower's last norm.
 *
 * @param images [image, height, width, 3] of any size, values in [0, 1]; they are resized to the tower's square
 * @returns [image, 257, 1280] for ViT-H/14
 * @throws RangeError if the shape does not fit
 */
export function embedImages({ config, weights }: ImageTower, images: Tensor4D): Tensor3D {
  requireShape("embedImages", "images", images, ["image", "height", "width", 3]);
  const { width, layers, heads, patch, imageSize } = config;
  return tidy(() => {
    const count = images.shape[0];
    const side = imageSize / patch;
    // the resize is run on [-1, 1], as in the original; it is linear, so this only matters for round-off
    const square = resizeAntialiased(images.mul(2).sub(1), [imageSize, imageSize]).add(1).div(2);
    const normal = square.sub(tensor1d(meanColour)).div(tensor1d(colourDeviation));
    const patches = normal
      .reshape([count * side, patch, side, patch * 3])
      .transpose([0, 2, 1, 3])
      .reshape([count * side * side, patch * patch * 3]);
    const kernel = weight(weights, "visual.conv1.weight").transpose([2, 3, 1, 0]);
    const tokens = patches
      .matMul(kernel.reshape([patch * patch * 3, width]))
      .reshape([count, side * side, width]);
    const first = weight(weights, "visual.class_embedding").reshape([1, 1, width]).tile([count, 1, 1]);
    const placed = concat([first, tokens], 1).add(weight(weights, "visual.positional_embedding"));
    let h = layerNorm(weights, "visual.ln_pre", placed as Tensor3D);
    for (let i = 0; i < layers; i++) h = block(weights, `visual.transformer.resblocks.${i}`, h, heads);
    return h;
  });
}

/**
 * Context tokens of captions: every position, after the last layer but one and the final norm. A position sees itself
 * and those before it.
 *
 * @param ids int32 token ids [caption, position], as `captionIds` gives them
 * @returns [caption, 77, 1024] for ViT-H/14
 * @throws RangeError if the shape does not fit
 */
export function embedCaptions({ config, weights }: TextTower, ids: Tensor2D): Tensor3D {
  const { width, layers, heads, positions } = config;
  requireShape("embedCaptions", "ids", ids, ["caption", positions]);
  return tidy(() => {
    const rows: Tensor = weight(weights, "token_embedding.weight").gather(ids.toInt().flatten());
    let h = rows
      .reshape([ids.shape[0], positions, width])
      .add(weight(weights, "positional_embedding")) as Tensor3D;
    const mask = maskLogits(positions, "causal");
    for (let i = 0; i < layers; i++) h = block(weights, `transformer.resblocks.${i}`, h, heads, mask);
    return layerNorm(weights, "ln_final", h);
  });
}

/**
 * The ids of an empty caption: start, end, then zeros. The marks are the vocabulary's last two entries.
 *
 * @returns int32 [1, positions]
 */
export function emptyCaption({ vocabulary, positions }: TextTowerConfig): Tensor2D {
  const ids = [vocabulary - 2, vocabulary - 1, ...new Array<number>(positions - 2).fill(0)];
  return tensor1d(ids, "int32").reshape([1, positions]);
}
