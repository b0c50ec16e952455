/**
 * Which episodes are for training and which for tests, and which clips are scored: drawn from a seed, as plain JSON with a
 * hash of all that they were drawn from, so that a protocol can be repeated and a changed data set is noticed.
 *
 * The paper's own start frames cannot be repeated: its code seeds them with Python's `hash` of file names, which is salted
 * anew in every process.
 */
import { createHash } from "node:crypto";
import { requireRange, requireWhole } from "../tensor/check.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import type { Episode } from "./episode.js";

/** Names of the episodes on either side. */
export interface EpisodeSplit {
  readonly seed: number;
  /** Share of the episodes that went to the tests. */
  readonly testShare: number;
  readonly train: readonly string[];
  readonly test: readonly string[];
  /** SHA-256 of names, seed and share. */
  readonly sha256: string;
}

/** A run of frames inside an episode. */
export interface Clip {
  readonly episode: string;
  readonly start: number;
}

/** Clips of one length. */
export interface ClipList {
  readonly seed: number;
  /** Frames per clip. */
  readonly frames: number;
  readonly clips: readonly Clip[];
  /** SHA-256 of the episodes' names and lengths, seed, number and length of clips. */
  readonly sha256: string;
}

const hash = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");

function requireDistinct(caller: string, sorted: readonly string[]): void {
  const twice = sorted.find((name, i) => i > 0 && name === sorted[i - 1]);
  if (twice !== undefined) throw new RangeError(`${caller}: episode ${twice} is there twice.`);
}

/** 0 to `count - 1` in an order drawn from the seed, each order equally likely (Fisher and Yates). */
function shuffled(count: number, seed: number): number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  const draws = uniformValues(count, seed);
  for (let i = count - 1; i > 0; i--) {
    const j = Math.floor(draws[i] * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

/**
 * Splits episodes at random into training and test ones. The order in which names come does not matter.
 *
 * @param names distinct names, such as those of `openEpisodes`
 * @param options `testShare`: how much goes to the tests, between 0 and 1, rounded to whole episodes. `seed`: from 1 up
 */
export function splitEpisodes(
  names: readonly string[],
  { testShare, seed }: { testShare: number; seed: number },
): EpisodeSplit {
  requireRange("splitEpisodes", "testShare", testShare, 0, 1);
  const sorted = [...names].sort();
  requireDistinct("splitEpisodes", sorted);
  const chosen = new Set(shuffled(sorted.length, seed).slice(0, Math.round(testShare * sorted.length)));
  return {
    seed,
    testShare,
    train: sorted.filter((_, i) => !chosen.has(i)),
    test: sorted.filter((_, i) => chosen.has(i)),
    sha256: hash({ names: sorted, seed, testShare }),
  };
}

/**
 * Draws clips: every episode that is long enough gives one before any gives a second, in an order drawn from the seed, and
 * every start inside an episode is equally likely. The order in which episodes come does not matter.
 *
 * @param options `clips`: how many. `frames`: in each. `seed`: from 1 up
 * @throws RangeError if no episode has that many frames
 */
export function sampleClips(
  episodes: readonly Pick<Episode, "name" | "frameCount">[],
  { clips, frames, seed }: { clips: number; frames: number; seed: number },
): ClipList {
  requireWhole("sampleClips", "clips", clips, 1);
  requireWhole("sampleClips", "frames", frames, 1);
  const lengths = episodes.map(({ name, frameCount }) => [name, frameCount] as const);
  lengths.sort(([a], [b]) => (a < b ? -1 : 1));
  requireDistinct(
    "sampleClips",
    lengths.map(([name]) => name),
  );
  const long = lengths.filter(([, length]) => length >= frames);
  if (long.length === 0)
    throw new RangeError(
      `sampleClips: none of ${lengths.length} episodes has ${frames} frames; the longest has ` +
        `${Math.max(0, ...lengths.map(([, length]) => length))}.`,
    );
  const starts = uniformValues(clips, deriveSeed(seed, 1));
  const drawn: Clip[] = [];
  for (let round = 0; drawn.length < clips; round++)
    for (const i of shuffled(long.length, deriveSeed(seed, 2, round)).slice(0, clips - drawn.length)) {
      const [episode, length] = long[i];
      drawn.push({ episode, start: Math.floor(starts[drawn.length] * (length - frames + 1)) });
    }
  return { seed, frames, clips: drawn, sha256: hash({ lengths, seed, frames, clips }) };
}
