import { stack, type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { requireShape, requireWhole } from "../tensor/check.js";
import { uniformValues } from "../tensor/noise.js";

/**
 * Clips cut from one long video at random places, every place equally likely; they may overlap.
 *
 * @param video frames or latents [frame, height, width, channel]
 * @param options `clips`: how many. `frames`: in each, at most those of the video. `seed`: equal seeds cut at
 *   equal places
 * @returns [clip, frame, height, width, channel]
 * @throws RangeError if the video is shorter than a clip
 */
export function drawClips(
  video: Tensor4D,
  { clips, frames, seed }: { clips: number; frames: number; seed: number },
): Tensor5D {
  requireShape("drawClips", "video", video, ["frame", "height", "width", "channel"]);
  requireWhole("drawClips", "clips", clips, 1);
  requireWhole("drawClips", "frames", frames, 1, video.shape[0]);
  const [length, height, width, channels] = video.shape;
  return tidy(() => {
    const starts = [...uniformValues(clips, seed)].map((u) => Math.floor(u * (length - frames + 1)));
    return stack(starts.map((start) => video.slice([start, 0, 0, 0], [frames, height, width, channels])));
  }) as Tensor5D;
}
