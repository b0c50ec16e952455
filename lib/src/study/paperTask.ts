/** What a card of a study at the paper's size holds. */
import type { NetworkMetric } from "../metric/evaluate.js";
import type { FineTuneSettings } from "./fineTune.js";
import type { PaperScale } from "./paperScale.js";

/** Names the computation in cards; raise its number when the same card would give other values. */
export const paperTask = "paper 1";

export interface PaperSettings extends PaperScale, Pick<FineTuneSettings, "start" | "causal" | "guidance"> {
  /** SHA-256 of the checkpoint's file. */
  readonly checkpoint: string;
  /** SHA-256 of the split: names of all episodes, seed and share. */
  readonly episodes: string;
  /** Networks that score, each with a hash of its files of weights. */
  readonly metrics: Readonly<Partial<Record<NetworkMetric, string>>>;
}
