import type { Study } from "../study/defineStudy.js";
import type { StudySummary } from "../study/summarizeStudy.js";

/** A study's outcome as text: for every metric the arms with intervals, then a verdict for every claim. */
export function describeStudy(study: Study, { comparisons, verdicts }: StudySummary): string {
  const width = Math.max(...Object.keys(study.arms).map((arm) => arm.length));
  const tables = Object.entries(comparisons).map(([metric, rows]) =>
    [
      `${metric}${" ".repeat(Math.max(2, width + 2 - metric.length))}mean [95 % interval]        beside ${study.reference}`,
      ...rows.map(({ arm, mean, interval, difference }) => {
        const beside = difference
          ? `${signed(difference.value)} ${range(difference.interval)}  p ${difference.chance.toFixed(3)}`
          : "";
        return `${arm.padEnd(width + 2)}${`${short(mean)} ${range(interval)}`.padEnd(28)}${beside}`.trimEnd();
      }),
    ].join("\n"),
  );
  const claims = Object.entries(verdicts).flatMap(([metric, all]) =>
    all.map(
      ({ arm, direction, verdict, reason, paper }) =>
        `${verdict}: ${metric} of ${arm} ${direction} ${study.reference}${paper ? ` (paper: ${paper})` : ""}: ${reason}`,
    ),
  );
  const tiny = "clips" in Object(study.protocol.base); // a base that is made on the spot
  const warning = tiny ? ["quick: no conclusion"] : [];
  return [...tables, [...warning, ...claims].join("\n")].join("\n\n");
}

const short = (value: number) => Number(value.toPrecision(4)).toString();
const signed = (value: number) => `${value > 0 ? "+" : ""}${short(value)}`;
const range = ([low, high]: readonly [number, number]) => `[${short(low)}, ${short(high)}]`;
