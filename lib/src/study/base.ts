/** The passive model that a study starts from: one that ships, named with its hash, or a tiny one made on the spot. */
import { createHash } from "node:crypto";
import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { dispose } from "@tensorflow/tfjs";
import { labRollout } from "../sample/rolloutConfig.js";
import { loadWorldParts, saveWorldModel, type WorldParts } from "../sample/worldFiles.js";
import { type ClipSet, openClips } from "./clipSet.js";
import type { StudyFolders } from "./defineStudy.js";
import { makeOnce } from "./makeOnce.js";
import { canonicalJson, type Plain } from "./protocolCard.js";
import { requireShipped, type ShippedModel, shippedModel } from "./shippedModel.js";
import { type TinyNetwork, trainPassive } from "./tinyPassive.js";

/** A model that is trained within seconds where it is asked for: enough to run everything, and to conclude nothing. */
export interface TinyBase extends TinyNetwork {
  readonly clips: ClipSet;
}

export type StudyBase = ShippedModel | TinyBase;

const files = ["network.safetensors", "codec.safetensors"];

/**
 * Names a base that ships for a card.
 *
 * @throws Error if it is not there
 */
export function shippedBase(models: string, model: string): Promise<ShippedModel> {
  return shippedModel(models, model, files);
}

/**
 * Opens a base; its tensors belong to the caller. A tiny one is made at the first call and kept in the scratch folder.
 *
 * @throws Error if a shipped model is missing or has other weights than the card says
 */
export async function openBase(base: StudyBase, { models, scratch }: StudyFolders): Promise<WorldParts> {
  if ("model" in base) {
    await requireShipped(models, base, files);
    return loadWorldParts(join(models, base.model));
  }
  const name = createHash("sha256")
    .update(canonicalJson(base as unknown as Plain))
    .digest("hex")
    .slice(0, 16);
  const dir = join(scratch, "bases", name);
  await makeOnce(dir, async () => {
    const parts = await trainTiny(base, join(scratch, "clips"));
    await rm(`${dir}.part`, { recursive: true, force: true });
    await saveWorldModel(`${dir}.part`, parts);
    await rename(`${dir}.part`, dir);
    dispose([parts.network.weights as never, parts.codec as never]);
  });
  return loadWorldParts(dir);
}

async function trainTiny({ clips: set, ...tiny }: TinyBase, folder: string): Promise<WorldParts> {
  const clips = await openClips(set, { folder });
  const { network, codec } = await trainPassive(set, clips, tiny, {
    warmUp: Math.ceil(tiny.steps / 10),
    firstFrameDropout: 0.5,
    together: 10,
    threads: 1,
  });
  return { network, codec: { kind: "patch", codec }, schedule: tiny.schedule, rollout: labRollout };
}
