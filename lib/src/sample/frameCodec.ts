/** From pictures to what the network sees, and back. */
import { type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { type Autoencoder, decodeVideo, encodeVideo } from "../model/autoencoder.js";
import { decodePatches, encodePatches, type PatchCodec } from "../model/patchCodec.js";
import { type RunOptions, runner } from "../train/run.js";

/** Pictures are [batch, frame, height, width, 3] in [0, 1]; latents have the network's shape. */
export interface FrameCodec {
  encode(video: Tensor5D): Promise<Tensor5D>;
  /** Clipped to [0, 1]. */
  decode(latents: Tensor5D): Promise<Tensor5D>;
}

/** What a codec is made of. */
export type CodecModel =
  | { readonly kind: "autoencoder"; readonly autoencoder: Autoencoder }
  | { readonly kind: "patch"; readonly codec: PatchCodec }
  | { readonly kind: "pixels" };

/** The codec of a model; `pixels` maps [0, 1] to [−1, 1] and nothing more. */
export function createFrameCodec(model: CodecModel, run: RunOptions = {}): FrameCodec {
  switch (model.kind) {
    case "pixels":
      return {
        encode: async (video) => tidy(() => video.mul(2).sub(1) as Tensor5D),
        decode: async (latents) => tidy(() => latents.add(1).div(2).clipByValue(0, 1) as Tensor5D),
      };
    case "patch": {
      const { codec } = model;
      return {
        encode: async (video) => eachFrame(video, (frames) => encodePatches(codec, frames)),
        decode: async (latents) => eachFrame(latents, (frames) => decodePatches(codec, frames)),
      };
    }
    case "autoencoder": {
      const { autoencoder } = model;
      return {
        encode: runner((video: Tensor5D) => encodeVideo(autoencoder, video), run, autoencoder.weights),
        decode: runner(
          (latents: Tensor5D) => decodeVideo(autoencoder, latents).clipByValue(0, 1) as Tensor5D,
          run,
          autoencoder.weights,
        ),
      };
    }
  }
}

function eachFrame(video: Tensor5D, change: (frames: Tensor4D) => Tensor4D): Tensor5D {
  return tidy(() => {
    const [batch, frames, ...frame] = video.shape;
    const changed = change(video.reshape([batch * frames, ...frame]) as Tensor4D);
    return changed.reshape([batch, frames, ...changed.shape.slice(1)]) as Tensor5D;
  });
}
