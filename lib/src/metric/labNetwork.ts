/**
 * What the lab's own networks share: small convolutional networks trained on the built-in worlds, where published ones
 * have nothing to say. Their numbers compare with numbers of the same weights only, so each result names them.
 */
import { createHash } from "node:crypto";
import type { Tensor, Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs";
import { convolveImage } from "../nn/convolution.js";
import { linear, silu } from "../nn/linear.js";
import { groupNorm } from "../nn/norm.js";
import { layerParameters, normParameters, type Parameters } from "../nn/parameters.js";
import { requireWhole } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";

const groups = 4;

/** Convolutions that halve a square picture, and a linear layer over what is left of it. */
export interface TrunkConfig {
  /** Height and width of the frames. */
  readonly size: number;
  /** Channels after each halving; multiples of 4. */
  readonly channels: readonly number[];
  /** Numbers that describe a picture. */
  readonly width: number;
}

export function requireTrunk(caller: string, { size, channels, width }: TrunkConfig): void {
  requireWhole(caller, "size", size, 1);
  requireWhole(caller, "width", width, 1);
  for (const count of channels)
    if (!Number.isInteger(count / groups) || count < groups)
      throw new RangeError(`${caller}: channels are ${channels}; expected multiples of ${groups}.`);
  if (channels.length === 0 || !Number.isInteger(size / 2 ** channels.length))
    throw new RangeError(
      `${caller}: frames of ${size} cannot be halved ${channels.length} times; expected a multiple of ${2 ** channels.length}.`,
    );
}

export function trunkParameters({ size, channels, width }: TrunkConfig, inputs: number): Parameters {
  const left = size / 2 ** channels.length;
  return {
    ...Object.assign(
      {},
      ...channels.map((count, i) => ({
        ...layerParameters(`trunk.${i}.conv`, i === 0 ? inputs : channels[i - 1], count, [3, 3]),
        ...normParameters(`trunk.${i}.norm`, count),
      })),
    ),
    ...layerParameters("trunk.out", left * left * channels[channels.length - 1], width),
  };
}

/** The picture after each halving, [image, height, width, channel]. */
export function trunkMaps(weights: Weights, config: TrunkConfig, images: Tensor4D): Tensor4D[] {
  const maps: Tensor4D[] = [];
  let x = images.mul(2).sub(1) as Tensor4D;
  for (const i of config.channels.keys()) {
    x = convolveImage(weights, `trunk.${i}.conv`, x, 2);
    const [count, height, width, channels] = x.shape;
    const positions = x.reshape<Tensor3D>([count, height * width, channels]);
    const normal = groupNorm(weights, `trunk.${i}.norm`, positions, groups, 1e-5);
    x = silu(normal).reshape([count, height, width, channels]);
    maps.push(x);
  }
  return maps;
}

/** Numbers that describe each picture, [image, width]. */
export function trunkFeatures(weights: Weights, config: TrunkConfig, images: Tensor4D): Tensor2D {
  const last = trunkMaps(weights, config, images).at(-1)!;
  return silu(linear(weights, "trunk.out", last.reshape<Tensor2D>([images.shape[0], -1])));
}

/** A name for results: equal for equal weights only. */
export type LabNetworkName = `lab ${string}`;

/** "lab " and the beginning of the SHA-256 of all weights, in the order of their names. */
export async function labNetworkName({ weights }: { readonly weights: Weights }): Promise<LabNetworkName> {
  const hash = createHash("sha256");
  for (const name of Object.keys(weights).sort()) {
    hash.update(`${name} [${weights[name].shape}]\n`);
    hash.update(new Uint8Array((await (weights[name] as Tensor).data()).slice().buffer));
  }
  return `lab ${hash.digest("hex").slice(0, 12)}`;
}
