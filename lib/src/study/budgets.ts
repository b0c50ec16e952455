/** How much a training study computes: the same arms, on a tiny base within minutes, or on the base that ships. */

import { presets } from "../model/presets.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import { labSchedule } from "../schedule/schedule.js";
import { requireChoice } from "../tensor/check.js";
import { shippedBase, type TinyBase } from "./base.js";
import type { StudyFolders } from "./defineStudy.js";
import { type FineTuneSettings, fineTuneTask } from "./fineTune.js";
import { paperProtocol } from "./paperPlaces.js";
import type { Plain, ProtocolCard } from "./protocolCard.js";
import { shippedEncoder } from "./studyEncoder.js";

export const budgets = ["quick", "standard", "paper"] as const;

/**
 * `quick` shows that everything runs, and concludes nothing; `standard` is what conclusions are drawn from; `paper` is the
 * paper's own size, for those who have its data, its checkpoint and its machines.
 */
export type Budget = (typeof budgets)[number];

const tinyNetwork: VideoUnetConfig = {
  ...presets.lab,
  inChannels: 16,
  outChannels: 8,
  channels: 32,
  defaultFps: 10,
  channelMultipliers: [1],
  attentionAt: [1],
};

const tinyBase: TinyBase = {
  clips: { sources: ["tabletop"], clips: 8, frames: 12, seed: 11 },
  codec: { patch: 8, channels: 8 },
  network: tinyNetwork,
  schedule: { ...labSchedule, predicts: "x0" }, // while little is learned: a blur, where v would leave the noise that went in
  frames: 6,
  batch: 2,
  steps: 150,
  rate: 3e-3,
  seed: 1,
};

/** What both budgets have in common. */
const shared = {
  start: "base",
  levels: "cleanHistory",
  given: 2,
} as const;

/**
 * Settings of a fine-tuning study that its arms share.
 *
 * @param models folder of models, read for `standard` only
 * @throws Error if the budget is `standard` and the base is not there
 */
export async function fineTuneProtocol(budget: "quick" | "standard", models: string): Promise<ProtocolCard> {
  requireChoice("fineTuneProtocol", "budget", budget, ["quick", "standard"]);
  const settings: Omit<FineTuneSettings, "causal" | "guidance"> =
    budget === "quick"
      ? {
          ...shared,
          base: tinyBase,
          encoder: "untrained",
          actionKind: "continuous",
          clips: { sources: ["tabletop"], clips: 8, frames: 12, seed: 21 },
          batch: 2,
          frames: 6,
          together: 10,
          rate: 1.5e-3,
          marks: [0, 15, 45],
          clipsAtMarks: 4,
          heldOut: { sources: ["tabletop"], clips: 8, frames: 8, seed: 99 },
          predicted: 6,
          sampling: { steps: 4, window: 6 },
        }
      : {
          ...shared,
          base: await shippedBase(models, "passive-lab"),
          encoder: await shippedEncoder(models),
          actionKind: "continuous",
          clips: { sources: ["tabletop"], clips: 400, frames: 24, seed: 21 },
          batch: 4,
          frames: 8,
          together: 1,
          rate: 5e-4,
          marks: [0, 75, 150, 300],
          clipsAtMarks: 8,
          heldOut: { sources: ["tabletop"], clips: 40, frames: 14, seed: 99 },
          predicted: 12,
          sampling: { steps: 10, window: 8 },
        };
  return { task: fineTuneTask, ...(settings as unknown as Readonly<Record<string, Plain>>) };
}

export interface FineTuneStudyOptions extends Omit<StudyFolders, "scratch"> {
  readonly budget: Budget;
  /** Training seeds. */
  readonly seeds: readonly number[];
}

/**
 * Settings that the arms of a study share, at any budget.
 *
 * @throws Error if what the budget needs is not there
 */
export function studyProtocol({ budget, ...places }: FineTuneStudyOptions): Promise<ProtocolCard> {
  requireChoice("studyProtocol", "budget", budget, budgets);
  return budget === "paper" ? paperProtocol(places) : fineTuneProtocol(budget, places.models);
}

/** Seconds of one core that a unit takes, about: for a first look before any unit of a run has ended. */
export const secondsPerUnit: Readonly<Partial<Record<Budget, number>>> = { quick: 10, standard: 270 };
