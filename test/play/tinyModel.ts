/** A world model small enough to open in a moment: seeded, untrained, saved as any other. */
import type { Tensor4D } from "@tensorflow/tfjs";
import {
  causalize,
  fitPatchCodec,
  labRollout,
  labSchedule,
  saveWorldModel,
  type TransferRule,
  uniformNoise,
} from "vid2world";
import { loudUnet, smallConfig } from "../sample/small.js";

export const tinyRollout = { ...labRollout, steps: 2, strength: 1.5, window: 6 };

/** Writes a model for pictures of 64×64 with actions of `actionSize` numbers. */
export async function saveTinyModel(
  dir: string,
  actionSize: number,
  transfer: TransferRule = "extrapolative",
): Promise<void> {
  const unet = loudUnet({ ...smallConfig, channelMultipliers: [1], attentionAt: [], actionSize }, 1);
  const network = causalize(unet, { transfer });
  const codec = fitPatchCodec(uniformNoise([2, 64, 64, 3], 1) as Tensor4D, { patch: 8, channels: 2 });
  await saveWorldModel(dir, {
    network,
    codec: { kind: "patch", codec },
    schedule: labSchedule,
    rollout: tinyRollout,
  });
}
