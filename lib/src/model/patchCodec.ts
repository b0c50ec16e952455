/**
 * The best linear autoencoder of one video, in closed form: principal components of its square patches. It stands in for
 * a trained autoencoder where there is only one clip and no time to train one. Latents are scaled to variance 1 over all
 * channels together, so that the channels keep their natural order of size.
 */
import { type Tensor2D, type Tensor4D, tensor2d, tidy } from "@tensorflow/tfjs";
import { EigenvalueDecomposition, Matrix } from "ml-matrix";
import { requireShape, requireWhole } from "../tensor/check.js";

/** A fitted codec; `basis` and `mean` belong to the caller. */
export interface PatchCodec {
  /** Side of a square patch, in pixels. */
  readonly patch: number;
  /** Latent channels kept for each patch. */
  readonly channels: number;
  /** Mean patch, [1, patch · patch · 3]. */
  readonly mean: Tensor2D;
  /** Orthonormal directions, largest variance first, [patch · patch · 3, channels]. */
  readonly basis: Tensor2D;
  /** Latents are divided by this, which brings their overall variance to 1. */
  readonly scale: number;
}

/**
 * Fits the codec to a video: the `channels` directions that keep most of the variance of its patches.
 *
 * @param video [frame, height, width, 3]; height and width are multiples of `patch`
 * @param options `patch`: side of a patch in pixels. `channels`: from 1 to patch · patch · 3; at the upper end
 *   nothing is lost
 * @throws RangeError if a size does not fit
 */
export function fitPatchCodec(
  video: Tensor4D,
  { patch, channels }: { patch: number; channels: number },
): PatchCodec {
  requireWhole("fitPatchCodec", "patch", patch, 1);
  requireWhole("fitPatchCodec", "channels", channels, 1, patch * patch * 3);
  requirePatches("fitPatchCodec", video, patch);
  const [mean, covariance] = tidy(() => {
    const patches = toPatches(video, patch);
    const centre = patches.mean(0, true) as Tensor2D;
    const deviation = patches.sub(centre);
    const moment = deviation.matMul(deviation, true).div(patches.shape[0]) as Tensor2D;
    return [centre, moment];
  });
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(
    new Matrix(covariance.arraySync()),
    {
      assumeSymmetric: true,
    },
  );
  covariance.dispose();
  const order = realEigenvalues.map((_, i) => i).sort((a, b) => realEigenvalues[b] - realEigenvalues[a]);
  const kept = order.slice(0, channels);
  const variance = kept.reduce((sum, i) => sum + Math.max(0, realEigenvalues[i]), 0) / channels;
  const basis = tensor2d(eigenvectorMatrix.to2DArray().map((row) => kept.map((column) => row[column])));
  return { patch, channels, mean, basis, scale: Math.max(Math.sqrt(variance), 1e-6) };
}

/** Video [frame, height, width, 3] to latents [frame, height / patch, width / patch, channels]. */
export function encodePatches(codec: PatchCodec, video: Tensor4D): Tensor4D {
  requirePatches("encodePatches", video, codec.patch);
  const [frames, height, width] = video.shape;
  return tidy(() =>
    toPatches(video, codec.patch)
      .sub(codec.mean)
      .matMul(codec.basis)
      .div(codec.scale)
      .reshape<Tensor4D>([frames, height / codec.patch, width / codec.patch, codec.channels]),
  );
}

/** Latents [frame, rows, columns, channels] back to video [frame, rows · patch, columns · patch, 3], clipped to [0, 1]. */
export function decodePatches(codec: PatchCodec, latents: Tensor4D): Tensor4D {
  requireShape("decodePatches", "latents", latents, ["frame", "row", "column", codec.channels]);
  const [frames, rows, columns] = latents.shape;
  const { patch } = codec;
  return tidy(() =>
    latents
      .reshape([-1, codec.channels])
      .mul(codec.scale)
      .matMul(codec.basis, false, true)
      .add(codec.mean)
      .reshape([frames * rows, columns, patch, patch * 3])
      .transpose([0, 2, 1, 3])
      .clipByValue(0, 1)
      .reshape<Tensor4D>([frames, rows * patch, columns * patch, 3]),
  );
}

/** [frame, height, width, 3] to one row per patch, [frame · rows · columns, patch · patch · 3]. */
function toPatches(video: Tensor4D, patch: number): Tensor2D {
  const [frames, height, width] = video.shape;
  return video
    .reshape([(frames * height) / patch, patch, width / patch, patch * 3])
    .transpose([0, 2, 1, 3])
    .reshape<Tensor2D>([-1, patch * patch * 3]);
}

function requirePatches(caller: string, video: Tensor4D, patch: number): void {
  requireShape(caller, "video", video, ["frame", "height", "width", 3]);
  const [, height, width] = video.shape;
  if (height % patch !== 0 || width % patch !== 0)
    throw new RangeError(
      `${caller}: video is ${height}×${width}; expected multiples of the patch side ${patch}.`,
    );
}
