import { requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import { drawClipNumbers, type Estimate, middle } from "./bootstrap.js";

/** A metric of some of the clips, by their numbers: their mean PSNR, or the FVD of them as a set. */
export type ClipsScore = (clips: readonly number[]) => number | Promise<number>;

export interface ActionDeltaOptions {
  /** How many clips there are; the same for both scores. */
  readonly clips: number;
  /** Resamplings of clips for the interval; 0 for none. */
  readonly resamples: number;
  readonly seed: number;
}

/**
 * How much a metric against the true frames owes to the true actions: (M(true actions) − M(random actions)) /
 * M(random actions). For distances below 0, for similarities above 0, where actions matter. A model that falls apart
 * under random actions does well here, so read it beside `actionFollowing`.
 *
 * @param trueActions the metric of videos generated with the true actions
 * @param randomActions that of videos generated from the same frames with random actions
 * @see Vid2World, appendix D.9, table 4, which prints it times 100
 */
export async function actionDelta(
  trueActions: ClipsScore,
  randomActions: ClipsScore,
  { clips, resamples, seed }: ActionDeltaOptions,
): Promise<Estimate> {
  requireWhole("actionDelta", "clips", clips, 1);
  requireWhole("actionDelta", "resamples", resamples, 0);
  const delta = async (chosen: readonly number[]) => {
    const random = await randomActions(chosen);
    return ((await trueActions(chosen)) - random) / random;
  };
  const value = await delta(Array.from({ length: clips }, (_, clip) => clip));
  const drawn: number[] = [];
  for (let i = 0; clips > 1 && i < resamples; i++)
    drawn.push(await delta(drawClipNumbers(clips, deriveSeed(seed, i))));
  return { value, ...(drawn.length > 1 && { interval: middle(drawn) }) };
}

/** The mean of one number per clip, as a score for `actionDelta`. */
export function meanScore(values: readonly number[]): ClipsScore {
  return (clips) => clips.reduce((sum, clip) => sum + values[clip], 0) / clips.length;
}
