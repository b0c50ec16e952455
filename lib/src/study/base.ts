/** The passive model that a study starts from: one that ships, named with its hash, or a tiny one made on the spot. */
import { createHash } from "node:crypto";
import { readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { dispose, type Tensor4D, tidy } from "@tensorflow/tfjs";
import { fitPatchCodec } from "../model/patchCodec.js";
import { createVideoUnet, type VideoUnet } from "../model/videoUnet.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import type { CodecModel } from "../sample/frameCodec.js";
import { labRollout } from "../sample/rolloutConfig.js";
import { loadWorldParts, saveWorldModel, type WorldParts } from "../sample/worldFiles.js";
import type { ScheduleConfig } from "../schedule/schedule.js";
import { train } from "../train/loop.js";
import { type VideoBatch, videoObjective } from "../train/objective.js";
import { createTrainer } from "../train/trainer.js";
import { type ClipSet, openClips } from "./clipSet.js";
import type { StudyFolders } from "./defineStudy.js";
import { makeOnce } from "./makeOnce.js";
import { canonicalJson, type Plain } from "./protocolCard.js";
import { clipFrames } from "./scoreRollouts.js";
import { clipWindows, encodeClips } from "./windows.js";

/** A model of the models' folder. */
export interface ShippedBase {
  readonly model: string;
  /** SHA-256 of its network's and its codec's weights: another training is another base. */
  readonly weights: string;
}

/** A model that is trained within seconds where it is asked for: enough to run everything, and to conclude nothing. */
export interface TinyBase {
  readonly clips: ClipSet;
  /** Linear codec, fitted to the clips. */
  readonly codec: { readonly patch: number; readonly channels: number };
  readonly network: VideoUnetConfig;
  readonly schedule: ScheduleConfig;
  readonly frames: number;
  readonly batch: number;
  readonly steps: number;
  readonly rate: number;
  readonly seed: number;
}

export type StudyBase = ShippedBase | TinyBase;

const threads = 1;

/**
 * Names a shipped model for a card.
 *
 * @throws Error if it is not there
 */
export async function shippedBase(models: string, model: string): Promise<ShippedBase> {
  const digest = createHash("sha256");
  for (const file of ["network.safetensors", "codec.safetensors"]) {
    const path = join(models, model, file);
    digest.update(
      await readFile(path).catch(() => {
        throw new Error(
          `shippedBase: ${path} cannot be read; make the model with "npm run train -- ${model}", or take the budget "quick", which makes a tiny one.`,
        );
      }),
    );
  }
  return { model, weights: digest.digest("hex") };
}

/**
 * Opens a base; its tensors belong to the caller. A tiny one is made at the first call and kept in the scratch folder.
 *
 * @throws Error if a shipped model is missing or has other weights than the card says
 */
export async function openBase(base: StudyBase, { models, scratch }: StudyFolders): Promise<WorldParts> {
  if ("model" in base) {
    const found = await shippedBase(models, base.model);
    if (found.weights !== base.weights)
      throw new Error(
        `openBase: ${base.model} has weights ${found.weights.slice(0, 12)}…, the card asks for ${base.weights.slice(0, 12)}…; the result was made from another training.`,
      );
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

async function trainTiny(base: TinyBase, folder: string): Promise<WorldParts> {
  const { clips: set, schedule, frames, batch, steps, rate, seed } = base;
  const clips = await openClips(set, { folder });
  const all = Array.from({ length: set.clips }, (_, row) => row);
  const video = clipFrames(clips, set, all, set.frames);
  const pictures = tidy(() => video.reshape([-1, ...video.shape.slice(2)]) as Tensor4D);
  const codec: CodecModel = { kind: "patch", codec: fitPatchCodec(pictures, base.codec) };
  dispose([video, pictures]);
  const latents = await encodeClips(codec, set, clips, folder);
  const fresh = createVideoUnet(base.network, seed);
  const trainer = createTrainer<VideoBatch, VideoUnet>(fresh, {
    objective: videoObjective(base.network, {
      schedule,
      levels: "shared",
      actionDropout: 0,
      firstFrameDropout: 0.5,
    }),
    optimizer: { steps, rate, warmUp: Math.ceil(steps / 10) },
    seed,
    threads,
  });
  await train(trainer, {
    steps,
    together: 10,
    batch: (step) => clipWindows(set, clips, latents, { batch, frames, seed, step, actions: false }),
  });
  const network = trainer.snapshot();
  trainer.dispose();
  dispose(fresh.weights as never);
  return { network, codec, schedule, rollout: labRollout };
}
