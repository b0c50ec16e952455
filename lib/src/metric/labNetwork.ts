/**
 * What the lab's own networks share: small convolutional networks trained on the built-in worlds, where published ones
 * have nothing to say. Their numbers compare with numbers of the same weights only, so each result names them.
 */
import { createHash } from "node:crypto";
import { concat, type Tensor, type Tensor2D, type Tensor3D, type Tensor4D } from "@tensorflow/tfjs";
import { convolveDoubled, convolveImage } from "../nn/convolution.js";
import { linear, silu } from "../nn/linear.js";
import { groupNorm } from "../nn/norm.js";
import { layerParameters, normParameters, type Parameters } from "../nn/parameters.js";
import { requireWhole } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";
import { pooledNumbers, poolParameters, poolPlaces } from "./poolPlaces.js";

const groups = 4;

/**
 * Convolutions that halve a square picture, one more at the last size, a way back to the size before, and what is pooled
 * from there: fine enough for small things, and with enough around each of them to know it.
 */
export interface TrunkConfig {
  /** Height and width of the frames. */
  readonly size: number;
  /** Channels after each halving; multiples of 4. */
  readonly channels: readonly number[];
  /** Places that are looked at, see `poolPlaces`. */
  readonly places: number;
  /** Numbers that describe a picture. */
  readonly width: number;
}

export function requireTrunk(caller: string, { size, channels, places, width }: TrunkConfig): void {
  requireWhole(caller, "size", size, 1);
  requireWhole(caller, "places", places, 1);
  requireWhole(caller, "width", width, 1);
  for (const count of channels)
    if (!Number.isInteger(count / groups) || count < groups)
      throw new RangeError(`${caller}: channels are ${channels}; expected multiples of ${groups}.`);
  if (channels.length < 2)
    throw new RangeError(`${caller}: channels are ${channels}; expected two halvings or more.`);
  if (!Number.isInteger(size / 2 ** channels.length))
    throw new RangeError(
      `${caller}: frames of ${size} cannot be halved ${channels.length} times; expected a multiple of ${2 ** channels.length}.`,
    );
}

export function trunkParameters({ channels, places, width }: TrunkConfig, inputs: number): Parameters {
  const [fine, last] = channels.slice(-2);
  return {
    ...Object.assign(
      {},
      ...channels.map((count, i) => layerWithNorm(`trunk.${i}`, i === 0 ? inputs : channels[i - 1], count)),
    ),
    ...layerWithNorm("trunk.around", last, last),
    ...layerWithNorm("trunk.back", last, fine),
    ...poolParameters("trunk.pool", fine, places),
    ...layerParameters("trunk.out", pooledNumbers(places) + inputs, width),
  };
}

const layerWithNorm = (name: string, inputs: number, outputs: number): Parameters => ({
  ...layerParameters(`${name}.conv`, inputs, outputs, [3, 3]),
  ...normParameters(`${name}.norm`, outputs),
});

/** A norm over each picture by itself, and SiLU. */
function activate(weights: Weights, name: string, x: Tensor4D): Tensor4D {
  const [count, height, width, channels] = x.shape;
  const positions = x.reshape<Tensor3D>([count, height * width, channels]);
  return silu(groupNorm(weights, `${name}.norm`, positions, groups, 1e-5)).reshape(x.shape);
}

/** The picture after each halving, [image, height, width, channel]. */
export function trunkMaps(weights: Weights, config: TrunkConfig, images: Tensor4D): Tensor4D[] {
  const maps: Tensor4D[] = [];
  let x = images.mul(2).sub(1) as Tensor4D;
  for (const i of config.channels.keys()) {
    x = activate(weights, `trunk.${i}`, convolveImage(weights, `trunk.${i}.conv`, x, 2));
    maps.push(x);
  }
  return maps;
}

/** Numbers that describe each picture, [image, width]. Norms take away how bright it is: the mean of its values says that. */
export function trunkFeatures(weights: Weights, config: TrunkConfig, images: Tensor4D): Tensor2D {
  const [fine, last] = trunkMaps(weights, config, images).slice(-2);
  const beside = activate(weights, "trunk.around", convolveImage(weights, "trunk.around.conv", last));
  const around = last.add<Tensor4D>(beside);
  const back = activate(weights, "trunk.back", convolveDoubled(weights, "trunk.back.conv", around));
  const pooled = poolPlaces(weights, "trunk.pool", fine.add<Tensor4D>(back));
  return silu(linear(weights, "trunk.out", concat([pooled, images.mean<Tensor2D>([1, 2])], 1)));
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
