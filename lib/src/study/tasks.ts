/** Computations that a card can name, so that any process can compute any card. */
import { requireChoice } from "../tensor/check.js";
import type { Compute, UnitOptions, UnitValues } from "./defineStudy.js";
import { fineTune, fineTuneTask } from "./fineTune.js";
import { paperTask } from "./paperTask.js";
import { paperTune } from "./paperTune.js";
import type { Plain, ProtocolCard } from "./protocolCard.js";

const tasks: Readonly<Record<string, Compute>> = { [fineTuneTask]: fineTune, [paperTask]: paperTune };

/** The computation that a card names as its `task`. */
export function taskOf(card: ProtocolCard): Compute {
  requireChoice("runStudy", "task", String(card.task), Object.keys(tasks));
  return tasks[String(card.task)];
}

export interface ComputedUnit {
  readonly values: UnitValues;
  readonly shown: Readonly<Record<string, Plain>>;
}

/**
 * Computes one card, whatever any store says: the way to see that a stored result comes out again.
 *
 * @throws RangeError if the card names no computation of the library
 */
export function computeCard(
  card: ProtocolCard,
  options: Partial<Omit<UnitOptions, "keep">> = {},
): Promise<ComputedUnit> {
  return computeUnit(taskOf(card), card, { onProgress: () => {}, ...options });
}

/** Calls a computation and collects what it keeps. */
export async function computeUnit(
  compute: Compute,
  card: ProtocolCard,
  options: Omit<UnitOptions, "keep">,
): Promise<ComputedUnit> {
  const shown: Record<string, Plain> = {};
  const keep = (name: string, value: Plain) => {
    shown[name] = value;
  };
  return { values: await compute(card, { ...options, keep }), shown };
}
