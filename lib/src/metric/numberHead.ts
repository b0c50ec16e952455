/** A linear layer that tells numbers from a picture's features, in deviations from their means: what readers share. */
import { type Scalar, type Tensor, type Tensor2D, type Tensor4D, tensor1d } from "@tensorflow/tfjs";
import { linear } from "../nn/linear.js";
import { layerParameters, type Parameters } from "../nn/parameters.js";
import type { Weights } from "../weights/safetensors.js";
import { type TrunkConfig, trunkFeatures } from "./labNetwork.js";

/** The numbers that are told. */
export interface NumberHead {
  /** Of the layer. */
  readonly name: string;
  /** Mean and deviation of each number over the data. */
  readonly mean: readonly number[];
  readonly deviation: readonly number[];
}

export function requireHead(caller: string, { mean, deviation }: NumberHead): void {
  if (mean.length === 0 || mean.length !== deviation.length || !deviation.every((d) => d > 0))
    throw new RangeError(
      `${caller}: ${mean.length} means and deviations ${deviation}; expected as many, all above 0.`,
    );
}

export function headParameters({ width }: TrunkConfig, { name, mean }: NumberHead): Parameters {
  return layerParameters(name, width, mean.length);
}

/** Numbers of each picture in deviations [image, number]. */
export function readNumbers(
  weights: Weights,
  config: TrunkConfig,
  { name }: NumberHead,
  images: Tensor4D,
): Tensor2D {
  return linear(weights, name, trunkFeatures(weights, config, images));
}

/** What was read in deviations, in the numbers' own units. */
export function inOwnUnits<Values extends Tensor>({ mean, deviation }: NumberHead, read: Values): Values {
  return read.mul(tensor1d([...deviation])).add(tensor1d([...mean])) as Values;
}

/** Mean squared error of what was read in deviations, against numbers in their own units. */
export function readingError({ mean, deviation }: NumberHead, read: Tensor, given: Tensor): Scalar {
  const wanted = given.sub(tensor1d([...mean])).div(tensor1d([...deviation]));
  return read.squaredDifference(wanted).mean();
}
