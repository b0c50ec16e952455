/**
 * Where things are in a picture, and what is seen there: learned heat maps, of which each looks for one thing. The place of
 * a thing is the mean of all positions, weighted by its heat, so what is learned of it in one place holds in all others.
 */
import {
  concat,
  matMul,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tensor2d,
  tidy,
} from "@tensorflow/tfjs";
import { linear } from "../nn/linear.js";
import { layerParameters, type Parameters } from "../nn/parameters.js";
import type { Weights } from "../weights/safetensors.js";

/** Numbers that are read from a place, beside where it is. */
const seen = 4;

/** Factor of the heat, so that a place is found early in training: at 1 all positions count about alike for long. */
const sharpness = 8;

/** Numbers that are pooled from each picture. */
export const pooledNumbers = (places: number) => places * (2 + seen);

export function poolParameters(name: string, channels: number, places: number): Parameters {
  return {
    ...layerParameters(`${name}.heat`, channels, places),
    ...layerParameters(`${name}.seen`, channels, places * seen),
  };
}

/**
 * Of every heat map, where it is hot, across and down from −1 to 1, and the numbers seen there.
 *
 * @param weights those of `poolParameters` under the same name
 * @param map [image, height, width, channel]
 * @returns [image, place × 6]; of each place where it is, then what is seen there
 */
export function poolPlaces(weights: Weights, name: string, map: Tensor4D): Tensor2D {
  return tidy(() => {
    const [count, height, width, channels] = map.shape;
    const positions = map.reshape<Tensor3D>([count, height * width, channels]);
    const hot = linear(weights, `${name}.heat`, positions).mul(sharpness);
    const places = hot.shape[2]!;
    const share = hot.transpose<Tensor3D>([0, 2, 1]).softmax();
    const values = linear(weights, `${name}.seen`, positions)
      .reshape<Tensor4D>([count, height * width, places, seen])
      .transpose<Tensor4D>([0, 2, 1, 3]);
    const where = matMul(share.reshape<Tensor2D>([count * places, height * width]), grid(height, width));
    const what = matMul(share.reshape<Tensor4D>([count, places, 1, height * width]), values);
    const pooled = concat([where.reshape([count, places, 2]), what.reshape([count, places, seen])], 2);
    return pooled.reshape([count, pooledNumbers(places)]);
  });
}

/** The middle of each position, across and down [position, 2]. */
function grid(height: number, width: number): Tensor2D {
  const middle = (i: number, size: number) => (2 * i + 1) / size - 1;
  return tensor2d(
    Array.from({ length: height * width }, (_, i) => [
      middle(i % width, width),
      middle(Math.floor(i / width), height),
    ]),
  );
}
