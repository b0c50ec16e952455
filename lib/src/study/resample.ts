/**
 * Statistics of paired values by resampling: what an arm of a study differs by from another, given that both were scored
 * on the same clips with the same noise, once for each training seed. Values are [seed][clip].
 */
import { deriveSeed, uniformValues } from "../tensor/noise.js";

export type SeedClipValues = readonly (readonly number[])[];

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean over all seeds and clips. */
export function grandMean(values: SeedClipValues): number {
  return mean(values.map(mean));
}

/**
 * Means of resampled values, rising: seeds are drawn with replacement, then clips, the same clips for every seed, since
 * seeds share them.
 */
export function resampledMeans(values: SeedClipValues, draws: number, seed: number): number[] {
  const seeds = values.length;
  const clips = values[0].length;
  return Array.from({ length: draws }, (_, draw) => {
    const chance = uniformValues(seeds + clips, deriveSeed(seed, draw));
    const ofSeeds = Array.from({ length: seeds }, (_, i) => values[Math.floor(chance[i] * seeds)]);
    let sum = 0;
    for (let i = 0; i < clips; i++) {
      const clip = Math.floor(chance[seeds + i] * clips);
      for (const each of ofSeeds) sum += each[clip];
    }
    return sum / (seeds * clips);
  }).sort((a, b) => a - b);
}

/** `count` whole numbers below `count`, each drawn anew. */
export function resampledIndices(count: number, seed: number): number[] {
  return Array.from(uniformValues(count, seed), (value) => Math.floor(value * count));
}

/** The value below which a share of sorted values lies, between neighbours by linear interpolation. */
export function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const below = Math.floor(at);
  const above = Math.min(sorted.length - 1, below + 1);
  return sorted[below] + (at - below) * (sorted[above] - sorted[below]);
}

/**
 * Chance, were there no difference, of a mean at least as far from 0: signs of whole clips are flipped, each clip's mean
 * over seeds standing for it. All 2ⁿ flips up to 14 clips, else `draws` random ones, the observed one among them.
 */
export function signFlipChance(values: SeedClipValues, draws: number, seed: number): number {
  const clips = values[0].map((_, clip) => mean(values.map((each) => each[clip])));
  const observed = Math.abs(mean(clips)) * (1 - 1e-12);
  const exhaustive = clips.length <= 14;
  const count = exhaustive ? 2 ** clips.length : draws;
  let asFar = exhaustive ? 0 : 1;
  for (let draw = 0; draw < count; draw++) {
    const chance = exhaustive ? undefined : uniformValues(clips.length, deriveSeed(seed, draw));
    let sum = 0;
    for (let i = 0; i < clips.length; i++) {
      const flipped = chance ? chance[i] < 0.5 : ((draw >> i) & 1) === 1;
      sum += flipped ? -clips[i] : clips[i];
    }
    if (Math.abs(sum / clips.length) >= observed) asFar++;
  }
  return asFar / (exhaustive ? count : count + 1);
}

/** Holm's correction for several tests at once: chances that may be compared with the level one by one. */
export function holm(chances: readonly number[]): number[] {
  const order = chances.map((_, i) => i).sort((a, b) => chances[a] - chances[b]);
  const corrected = Array<number>(chances.length);
  let most = 0;
  for (const [rank, i] of order.entries()) {
    most = Math.max(most, Math.min(1, (chances.length - rank) * chances[i]));
    corrected[i] = most;
  }
  return corrected;
}
