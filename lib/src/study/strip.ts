/** A drawn clip beside its truth as one small picture, to keep with a result and to show again. */
import { type Tensor4D, type Tensor5D, tensor, tidy } from "@tensorflow/tfjs";
import { decodePicture, encodePicture, pictureSize } from "../data/pictures.js";
import { clipSize } from "./clipSet.js";
import type { StoredResult } from "./resultStore.js";

/**
 * The first clip of both as base64 of a JPEG: truth in the upper row, what was drawn in the lower one.
 *
 * @param truth [clip, frame, 64, 64, 3] in [0, 1]
 * @param guess same shape
 */
export async function drawStrip(truth: Tensor5D, guess: Tensor5D): Promise<string> {
  const [, count] = truth.shape;
  const rgb = tidy(() => {
    const rows = [truth, guess].map((videos) => videos.slice([0], [1]));
    const [upper, lower] = rows.map((row) => row.squeeze([0]).transpose([1, 0, 2, 3])); // [height, frame, width, 3]
    return upper.concat(lower).mul(255).round().dataSync();
  });
  const size = { height: 2 * clipSize, width: count * clipSize };
  return (await encodePicture(Uint8Array.from(rgb), size, 80)).toString("base64");
}

/**
 * The videos in a stored result's strip [frame, 64, 64, 3]; they belong to the caller.
 *
 * @throws Error if the result keeps none
 */
export async function stripVideos(
  result: StoredResult,
): Promise<{ readonly truth: Tensor4D; readonly drawn: Tensor4D }> {
  const text = result.shown?.strip;
  if (typeof text !== "string") throw new Error("stripVideos: the result keeps no strip.");
  const bytes = Buffer.from(text, "base64");
  const size = await pictureSize(bytes);
  const rgb = await decodePicture(bytes, size);
  const [truth, drawn] = tidy(() =>
    tensor(Float32Array.from(rgb), [2, clipSize, size.width / clipSize, clipSize, 3])
      .div(255)
      .transpose([0, 2, 1, 3, 4])
      .unstack(),
  ) as Tensor4D[];
  return { truth, drawn };
}
