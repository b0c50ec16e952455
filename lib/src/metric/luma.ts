import { type Tensor, tensor1d, tidy } from "@tensorflow/tfjs";

/**
 * Brightness of red, green and blue by BT.601: 0.299 R + 0.587 G + 0.114 B, for metrics on grey frames.
 *
 * @param video [..., 3]
 * @returns [..., 1], in the range of the input
 * @throws RangeError if the last axis is not 3
 */
export function luma601<T extends Tensor>(video: T): T {
  const channels = video.shape.at(-1);
  if (channels !== 3)
    throw new RangeError(`luma601: video is [${video.shape}]; expected 3 channels on the last axis.`);
  return tidy(() => video.mul(tensor1d([0.299, 0.587, 0.114])).sum(-1, true) as T);
}
