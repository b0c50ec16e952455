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
  /** Keeps something by name that is shown but not compared clip by clip, such as a curve of losses or a picture. */
  readonly keep: (name: string, shown: Plain) => void;
  readonly folders?: StudyFolders;
}

/** Where computations find models, and keep clips, latents and whatever else can be made again. */
export interface StudyFolders {
  readonly models: string;
  readonly scratch: string;
  /** For a study at the paper's size: the shards of RT-1, and the released checkpoint. */
  readonly episodes?: string;
  readonly checkpoint?: string;
}

/** Computes a unit; the same card gives the same values. */
export type Compute = (card: ProtocolCard, options: UnitOptions) => Promise<UnitValues>;

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
  /**
   * Settings that all arms share; an arm's own settings are laid over them. A protocol with a `task` names one of the
   * library's computations: studies of one task share the results of equal cards.
   */
  readonly protocol: ProtocolCard;
  /** Claims, by metric. */
  readonly expectation: Readonly<Record<string, readonly Expectation[]>>;
  /** Left out where the protocol names a `task`. */
  readonly compute?: Compute;
}

/**
 * Checks a study before anything is computed.
 *
 * @returns the study, unchanged
 * @throws RangeError if arms differ outside the axis, the reference is unknown, a seed is no whole number from 1 up or
 *   comes twice, an expectation names no arm, or there is neither a `compute` nor a `task`
 */
export function defineStudy(study: Study): Study {
  const { name, arms, reference, seeds, expectation, axis, protocol, compute } = study;
  const names = Object.keys(arms);
  const known = (arm: string, what: string) => {
    if (!names.includes(arm))
      throw new RangeError(
        `defineStudy: ${what} of ${name} is ${JSON.stringify(arm)}; the arms are ${names.join(", ")}.`,
      );
  };
  if ((compute === undefined) === (protocol.task === undefined))
    throw new RangeError(
      `defineStudy: ${name} has ${compute ? "both a compute and a task" : "neither a compute nor a task"}; expected one of them.`,
    );
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
      card: { ...(protocol.task === undefined && { study: name }), ...protocol, ...settings, seed },
    })),
  );
}
