/** What a study says of a claim that was written down before it ran. */
import type { ArmComparison } from "./compareArms.js";

/** A claim about one arm beside the reference, on one metric. */
export interface Expectation {
  readonly arm: string;
  /** The arm's metric is above or below the reference's, or within `margin` of it. */
  readonly direction: "above" | "below" | "equal";
  /** For `equal`: the largest difference that still counts as none, in units of the metric. */
  readonly margin?: number;
  /** The paper's own number for this difference, if it gives one; for the reader, not for the verdict. */
  readonly paper?: string;
}

export type VerdictWord = "reproduced" | "not reproduced" | "undecided";

export interface Verdict extends Expectation {
  readonly verdict: VerdictWord;
  /** One sentence with the figures that decided. */
  readonly reason: string;
}

/**
 * Decides by the 95 % interval of the difference: reproduced if all of it lies on the expected side (within the margin,
 * for `equal`), not reproduced if all of it lies elsewhere, undecided otherwise.
 *
 * @throws RangeError if the arm is not there or is the reference itself, or `equal` lacks its margin
 */
export function verdictOf(expectation: Expectation, comparisons: readonly ArmComparison[]): Verdict {
  const { arm, direction, margin = 0 } = expectation;
  const row = comparisons.find((each) => each.arm === arm);
  if (!row?.difference)
    throw new RangeError(
      `verdictOf: no difference for the arm ${JSON.stringify(arm)}; expected one of ${comparisons
        .filter((each) => each.difference)
        .map((each) => each.arm)
        .join(", ")}.`,
    );
  if (direction === "equal" && margin <= 0)
    throw new RangeError(
      `verdictOf: margin is ${margin}; expected a number above 0 for a claim of equality.`,
    );
  const { value, interval, detectable } = row.difference;
  const rounding = 1e-9 * (interval[1] - interval[0]);
  const [low, high] = interval.map((end) => (Math.abs(end) < rounding ? 0 : end)); // sums of shares miss 0 by a bit
  const inside = { above: low > 0, below: high < 0, equal: low > -margin && high < margin }[direction];
  const outside = { above: high < 0, below: low > 0, equal: low > margin || high < -margin }[direction];
  const figures = `difference ${short(value)}, 95 % interval ${short(low)} to ${short(high)}`;
  if (inside) return { ...expectation, verdict: "reproduced", reason: `${figures}.` };
  if (outside) return { ...expectation, verdict: "not reproduced", reason: `${figures}.` };
  const missed = `a true difference below ${short(detectable)} would often be missed`;
  return { ...expectation, verdict: "undecided", reason: `${figures}; ${missed}.` };
}

const short = (value: number) => Number(value.toPrecision(3)).toString();
