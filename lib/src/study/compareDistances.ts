/** Arms of a study beside one of them by a distance between sets of clips: paired, as `compareArms` does it for means. */
import { frechetDistance } from "../metric/frechet.js";
import { requireWhole } from "../tensor/check.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import { type ArmComparison, type CompareOptions, power } from "./compareArms.js";
import { holm, resampledIndices } from "./resample.js";

/** Features of the same clips, as they are and as drawn: [clip][feature]. */
export interface ClipSetFeatures {
  readonly truth: readonly (readonly number[])[];
  readonly guess: readonly (readonly number[])[];
}

/**
 * Compares arms by the Fréchet distance of their features, mean over training seeds. Every draw takes seeds, then clips,
 * with replacement, the same ones in all arms. Drawn sets hold clips twice, which alone raises a distance, so the spread
 * of the draws is put around the value. The chance comes from exchanging clips between two arms at random.
 *
 * @param features for each arm by seed, the same clips everywhere
 * @throws RangeError if arms differ in seeds or clips, or the reference is not among them
 */
export async function compareDistances(
  features: Readonly<Record<string, readonly ClipSetFeatures[]>>,
  { reference, seed, draws = 100 }: CompareOptions,
): Promise<ArmComparison[]> {
  requireWhole("compareDistances", "draws", draws, 20);
  const names = Object.keys(features);
  const base = features[reference];
  if (!base)
    throw new RangeError(
      `compareDistances: reference is ${JSON.stringify(reference)}; the arms are ${names.join(", ")}.`,
    );
  const size = (arm: readonly ClipSetFeatures[]) =>
    `[${arm.flatMap(({ truth, guess }) => [truth.length, guess.length])}]`;
  for (const name of names)
    if (size(features[name]) !== size(base))
      throw new RangeError(
        `compareDistances: ${name} has clips ${size(features[name])}, ${reference} ${size(base)}; expected the same clips for every seed of every arm.`,
      );
  const seeds = base.length;
  const clips = base[0].truth.length;

  async function distance(arm: readonly ClipSetFeatures[], ofSeeds = range(seeds), ofClips = range(clips)) {
    let sum = 0;
    for (const each of ofSeeds)
      sum += await frechetDistance(
        ofClips.map((clip) => arm[each].truth[clip]),
        ofClips.map((clip) => arm[each].guess[clip]),
      );
    return sum / ofSeeds.length;
  }

  const values: Record<string, number> = {};
  const drawn: Record<string, number[]> = {};
  for (const name of names) {
    values[name] = await distance(features[name]);
    drawn[name] = [];
  }
  for (let draw = 0; draw < draws; draw++) {
    const ofSeeds = resampledIndices(seeds, deriveSeed(seed, 3, draw));
    const ofClips = severalClips(clips, deriveSeed(seed, 4, draw));
    for (const name of names) drawn[name].push(await distance(features[name], ofSeeds, ofClips));
  }
  const others = names.filter((name) => name !== reference);
  const chances: number[] = [];
  for (const name of others) {
    const observed = Math.abs(values[name] - values[reference]) * (1 - 1e-12);
    let asFar = 1;
    for (let draw = 0; draw < draws; draw++) {
      const [one, other] = exchanged(features[name], base, deriveSeed(seed, 5, draw));
      if (Math.abs((await distance(one)) - (await distance(other))) >= observed) asFar++;
    }
    chances.push(asFar / (draws + 1));
  }
  const corrected = holm(chances);
  return names.map((arm) => {
    const row = { arm, mean: values[arm], interval: around(values[arm], deviation(drawn[arm])) };
    if (arm === reference) return row;
    const spread = deviation(drawn[arm].map((value, i) => value - drawn[reference][i]));
    const value = values[arm] - values[reference];
    return {
      ...row,
      difference: {
        value,
        interval: around(value, spread),
        chance: corrected[others.indexOf(arm)],
        detectable: power * spread,
      },
    };
  });
}

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

/** Clips drawn anew, of which at least two differ, so that there is a covariance. */
function severalClips(count: number, seed: number): number[] {
  const drawn = resampledIndices(count, seed);
  return count < 3 || new Set(drawn).size > 1 ? drawn : severalClips(count, deriveSeed(seed, count));
}

/** Both arms with the drawn clips of some places changed for the other's, the same places for every seed. */
function exchanged(a: readonly ClipSetFeatures[], b: readonly ClipSetFeatures[], seed: number) {
  const chance = uniformValues(a[0].guess.length, seed);
  const mixed = (own: readonly ClipSetFeatures[], other: readonly ClipSetFeatures[]) =>
    own.map(({ truth, guess }, i) => ({
      truth,
      guess: guess.map((each, clip) => (chance[clip] < 0.5 ? other[i].guess[clip] : each)),
    }));
  return [mixed(a, b), mixed(b, a)] as const;
}

function deviation(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}

const around = (value: number, spread: number) => [value - 1.96 * spread, value + 1.96 * spread] as const;
