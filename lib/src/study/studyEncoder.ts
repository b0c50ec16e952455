/** The encoder whose features a study's distances are of: the one that ships, named with its hash, or an untrained one. */
import { join } from "node:path";
import { loadLabNetwork } from "../metric/labNetworkFile.js";
import { createVideoEncoder, labVideoEncoder, type VideoEncoder } from "../metric/videoEncoder.js";
import { requireShipped, type ShippedModel, shippedModel } from "./shippedModel.js";
import { readerFile } from "./trainReader.js";

/**
 * `untrained`: fresh weights of one seed, whose features are random projections of what a picture's places and a clip's
 * frames show, not learned ones. Nothing has to be there for it.
 */
export type StudyEncoder = "untrained" | ShippedModel;

const files = ["network.safetensors"];

/**
 * Names the encoder that ships for a card.
 *
 * @throws Error if it is not there
 */
export function shippedEncoder(models: string): Promise<ShippedModel> {
  return shippedModel(models, "lab-features", files);
}

/**
 * Opens an encoder; its tensors belong to the caller.
 *
 * @throws Error if it is missing or has other weights than the card says
 */
export async function openStudyEncoder(encoder: StudyEncoder, models: string): Promise<VideoEncoder> {
  if (encoder === "untrained") return createVideoEncoder({ ...labVideoEncoder, state: 1, action: 1 }, 1);
  await requireShipped(models, encoder, files);
  return loadLabNetwork(readerFile(join(models, encoder.model)), "videoEncoder");
}
