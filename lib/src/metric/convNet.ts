/**
 * The layers of the published feature networks, on channels-last tensors with weights in PyTorch's layout
 * [out, in, …taps]. Norms run on their stored statistics (evaluation mode) and are folded into the convolution before.
 */
import { avgPool, conv2d, maxPool, type Tensor, type Tensor1D, type Tensor4D } from "@tensorflow/tfjs";

/** Weights by the names in the published files. */
export type MetricWeights = Readonly<Record<string, Tensor>>;

/** A weight by name. Throws an error that names the network where it is missing or of another shape. */
export function metricWeight(
  network: string,
  weights: MetricWeights,
  name: string,
  shape?: readonly number[],
): Tensor {
  const found = weights[name];
  if (!found)
    throw new RangeError(`${network}: the weights hold no ${name}; are they those of another network?`);
  if (shape && String(found.shape) !== String(shape))
    throw new RangeError(
      `${network}: ${name} is [${found.shape}]; expected [${shape}]. Are these the weights of another network?`,
    );
  return found;
}

export interface Scaling {
  /** Factor and shift of every output channel. */
  readonly factor: Tensor1D;
  readonly shift: Tensor1D;
}

/** The stored statistics of a norm as a factor and a shift per channel. */
export function foldedNorm(network: string, weights: MetricWeights, name: string, epsilon: number): Scaling {
  const get = (part: string) => metricWeight(network, weights, `${name}.${part}`) as Tensor1D;
  const factor = get("weight").div(get("running_var").add(epsilon).sqrt()) as Tensor1D;
  return { factor, shift: get("bias").sub(get("running_mean").mul(factor)) as Tensor1D };
}

/** Zeros put before and after rows and columns. */
export type Margins = readonly [rows: number, columns: number];

/** A convolution of images, [image, height, width, channel], with bias or folded norm, and ReLU. */
export function convolveRelu(
  x: Tensor4D,
  kernel: Tensor4D,
  stride: number,
  [rows, columns]: Margins,
  { factor, shift }: { readonly factor?: Tensor1D; readonly shift: Tensor1D },
): Tensor4D {
  const channelsLast = kernel.transpose([2, 3, 1, 0]); // [rows, columns, in, out]
  const scaled = factor ? channelsLast.mul(factor) : channelsLast;
  const padding: [[number, number], [number, number], [number, number], [number, number]] = [
    [0, 0],
    [rows, rows],
    [columns, columns],
    [0, 0],
  ];
  return conv2d(x, scaled as Tensor4D, stride, padding)
    .add(shift)
    .relu() as Tensor4D;
}

/** Largest of 3 × 3 in steps of two; with `ceil`, a last window may reach one pixel beyond the border. */
export function shrinkMax(x: Tensor4D, ceil = false): Tensor4D {
  const beyond = (size: number): [number, number] => [0, ceil && (size - 3) % 2 ? 1 : 0];
  // After a ReLU a zero beyond the border changes no maximum.
  const padded = ceil ? x.pad([[0, 0], beyond(x.shape[1]), beyond(x.shape[2]), [0, 0]]) : x;
  return maxPool(padded as Tensor4D, 3, 2, "valid");
}

/** Mean of the 3 × 3 neighbours that lie within the image. */
export function meanOfNeighbours(x: Tensor4D): Tensor4D {
  return avgPool(x, 3, 1, "same");
}
