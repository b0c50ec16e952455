/** A study: arms that differ in one thing, seeds, what is held equal, and what is expected, written before it runs. */
import { requireWhole } from "../tensor/check.js";
import { type Plain, type ProtocolCard, requireComparable } from "./protocolCard.js";
import type { Expectation } from "./verdict.js";

/** Per-clip values of each metric, clip i being the same clip in every unit. */
export type UnitValues = Readonly<Record<string, readonly number[]>>;

/** One arm with one seed: the smallest piece of work, computed once and kept. */
export interface Unit {
  readonly arm: string;
  readonly seed: number;
  /** Everything that decides its values; its hash names the result. */
  readonly card: ProtocolCard;
}

export interface UnitOptions {
  /** Share of this unit that is done, 0 to 1. */
  readonly onProgress: (share: number) => void;
  readonly signal?: AbortSignal;
}

export interface Study {
  readonly name: string;
  /** The question, as a sentence. */
  readonly question: string;
  /** Settings of each arm, by its name. */
  readonly arms: Readonly<Record<string, ProtocolCard>>;
  /** The arm that the others are set beside. */
  readonly reference: string;
  /** Settings in which arms may differ; see `requireComparable`. */
  readonly axis: readonly string[];
  readonly seeds: readonly number[];
  /** Settings that all arms share; an arm's own settings are laid over them. */
  readonly protocol: ProtocolCard;
  /** Claims, by metric. */
  readonly expectation: Readonly<Record<string, readonly Expectation[]>>;
  /** Computes a unit; the same card gives the same values. */
  readonly compute: (card: ProtocolCard, options: UnitOptions) => Promise<UnitValues>;
}

/**
 * Checks a study before anything is computed.
 *
 * @returns the study, unchanged
 * @throws RangeError if arms differ outside the axis, the reference is unknown, a seed is no whole number from 1 up or
 *   comes twice, or an expectation names no arm
 */
export function defineStudy(study: Study): Study {
  const { name, arms, reference, seeds, expectation, axis } = study;
  const names = Object.keys(arms);
  const known = (arm: string, what: string) => {
    if (!names.includes(arm))
      throw new RangeError(
        `defineStudy: ${what} of ${name} is ${JSON.stringify(arm)}; the arms are ${names.join(", ")}.`,
      );
  };
  known(reference, "the reference");
  for (const claims of Object.values(expectation))
    for (const { arm } of claims) known(arm, "an expected arm");
  if (seeds.length === 0 || new Set(seeds).size < seeds.length)
    throw new RangeError(
      `defineStudy: seeds of ${name} are [${seeds}]; expected one or more, all different.`,
    );
  for (const seed of seeds) requireWhole("defineStudy", "seed", seed, 1);
  requireComparable(
    units(study).map(({ card }) => card),
    [...axis, "arm", "seed"],
  );
  return study;
}

/** All units of a study: every arm with the first seed, then with the second, and so on. */
export function units({ name, arms, seeds, protocol }: Study): Unit[] {
  return seeds.flatMap((seed) =>
    Object.entries(arms).map(([arm, settings]) => ({
      arm,
      seed,
      card: { study: name, ...protocol, ...settings, seed } as Readonly<Record<string, Plain>>,
    })),
  );
}
