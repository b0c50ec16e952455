/** Short recordings from any of the built-in worlds, to train on: one seed decides everything in them. */
import type { Episode } from "../data/episode.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import { keptWorld } from "./keptWorlds.js";
import { passiveClip } from "./passive/passiveClip.js";
import { recordEpisode } from "./recordEpisode.js";
import { asRecon } from "./trail/asRecon.js";

export const clipSources = ["tabletop", "arena", "trail", "passive"] as const;

/** A world to record in, or `passive` for clips without actions, of all worlds and of moving shapes. */
export type ClipSource = (typeof clipSources)[number];

/**
 * One clip, 64 × 64; layout, looks, policy and course follow from the seed. Actions are those that the world's data set
 * holds; for the trail that is `asRecon`. A clip leaves out up to `skip` frames of its episode's beginning, so that not all
 * clips start where episodes do.
 */
export async function recordClip(
  source: ClipSource,
  seed: number,
  frames: number,
  skip = frames,
): Promise<Episode> {
  if (source === "passive") return passiveClip(seed, { frames });
  const { simulator, policies } = await keptWorld(source);
  const [choice, skipped] = uniformValues(2, deriveSeed(seed, 1));
  const policy = policies[Math.floor(choice * policies.length)];
  const recorded = recordEpisode(simulator, policy, { seed, frames, skip: Math.floor(skipped * (skip + 1)) });
  return source === "trail" ? asRecon(recorded) : recorded;
}
