import { type Tensor2D, type Tensor3D, type Tensor4D, tidy } from "@tensorflow/tfjs";
import { embedCaptions, embedImages, emptyCaption, type ImageTower, type TextTower } from "./clip.js";
import { type Resampler, resample } from "./resampler.js";

/** The networks between a picture, a caption and the U-Net's context. */
export interface ContextParts {
  readonly textTower: TextTower;
  readonly imageTower: ImageTower;
  readonly resampler: Resampler;
}

/**
 * Context tokens for the video U-Net: those of a caption, then those of the picture that the clip starts from.
 *
 * For the unconditional side of DynamiCrafter's guidance, give a grey picture (0.5 everywhere) and no caption.
 *
 * @param images [clip, height, width, 3] of any size, values in [0, 1]
 * @param captions int32 ids [clip, position]; absent for the empty caption
 * @returns [clip, 77 + 256, 1024] for the published networks
 * @throws RangeError if a shape does not fit
 */
export function pictureContext(parts: ContextParts, images: Tensor4D, captions?: Tensor2D): Tensor3D {
  return tidy(() => {
    const { textTower, imageTower, resampler } = parts;
    const ids = captions ?? emptyCaption(textTower.config);
    const text = embedCaptions(textTower, ids);
    const shared = captions ? text : (text.tile([images.shape[0], 1, 1]) as Tensor3D);
    return shared.concat(resample(resampler, embedImages(imageTower, images)), 1);
  });
}
