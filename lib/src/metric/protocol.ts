/**
 * Which part of a video the paper's tables score, by data set, as the released evaluation does it. Numbers taken from
 * other frames, another crop or another resize are other numbers.
 */
import { type Tensor5D, tidy } from "@tensorflow/tfjs";
import { requireShape } from "../tensor/check.js";
import type { LpipsNetwork } from "./lpips.js";
import { resizeFrames } from "./resize.js";

export interface EvaluationProtocol {
  readonly name: ProtocolName;
  /** Frames that are scored: the last so many, or those with these numbers (from 0). */
  readonly frames: { readonly last: number } | { readonly numbers: readonly number[] };
  /** The last so many frames go into FVD; undefined where the table has none. */
  readonly fvdFrames?: number;
  /** [height, width] cut from the middle. */
  readonly crop?: readonly [number, number];
  /** [height, width] to resize the crop to: bilinear, no antialias. */
  readonly size?: readonly [number, number];
  readonly lpips: LpipsNetwork;
}

export type ProtocolName = "rt1" | "csgo" | "reconSingleStep" | "reconRollout";

/** RECON scores 320 × 320 of each frame, at 224 × 224. */
const recon = { crop: [320, 320], size: [224, 224], lpips: "alex" } as const;

/** The paper's protocols. RT-1 scores all 16 frames, the given one and the black bars included. */
export const protocols: Readonly<Record<ProtocolName, EvaluationProtocol>> = {
  rt1: { name: "rt1", frames: { last: 16 }, fvdFrames: 16, lpips: "vgg" },
  csgo: {
    name: "csgo",
    frames: { last: 12 },
    fvdFrames: 12,
    crop: [275, 512],
    size: [150, 280],
    lpips: "vgg",
  },
  reconSingleStep: { ...recon, name: "reconSingleStep", frames: { last: 1 }, fvdFrames: 16 },
  reconRollout: { ...recon, name: "reconRollout", frames: { numbers: [7, 11, 19] } },
};

/**
 * Cuts out and resizes what a protocol scores. Frames that have its final size already are left as they are.
 *
 * @param video [batch, frame, height, width, channel]
 * @param part the frames for the metrics by frame, or those for FVD
 * @throws RangeError if the video is too short or smaller than the crop
 */
export function applyProtocol(
  video: Tensor5D,
  protocol: EvaluationProtocol,
  part: "frames" | "fvd" = "frames",
): Tensor5D {
  requireShape("applyProtocol", "video", video, ["batch", "frame", "height", "width", "channel"]);
  const numbers = frameNumbers(video.shape[1], protocol, part);
  return tidy(() => {
    const { crop, size } = protocol;
    const [, , height, width] = video.shape;
    const chosen = video.gather(numbers, 1) as Tensor5D;
    if (size && height === size[0] && width === size[1]) return chosen;
    const cropped = crop ? cropMiddle(chosen, crop) : chosen;
    return size ? resizeFrames(cropped, size, "bilinear") : cropped;
  });
}

function frameNumbers(count: number, protocol: EvaluationProtocol, part: "frames" | "fvd"): number[] {
  const { frames, fvdFrames, name } = protocol;
  if (part === "fvd" && fvdFrames === undefined)
    throw new RangeError(`applyProtocol: the protocol ${name} has no frames for FVD.`);
  const chosen = part === "fvd" ? { last: fvdFrames! } : frames;
  const least = "last" in chosen ? chosen.last : Math.max(...chosen.numbers) + 1;
  if (count < least)
    throw new RangeError(`applyProtocol: video has ${count} frames; ${name} needs at least ${least}.`);
  if ("numbers" in chosen) return [...chosen.numbers];
  return Array.from({ length: chosen.last }, (_, i) => count - chosen.last + i);
}

function cropMiddle(video: Tensor5D, [rows, columns]: readonly [number, number]): Tensor5D {
  const [batch, frames, height, width, channels] = video.shape;
  if (height < rows || width < columns)
    throw new RangeError(
      `applyProtocol: frames are ${height}×${width}; expected at least the crop, ${rows}×${columns}.`,
    );
  const [top, left] = [Math.floor((height - rows) / 2), Math.floor((width - columns) / 2)];
  return video.slice([0, 0, top, left, 0], [batch, frames, rows, columns, channels]) as Tensor5D;
}
