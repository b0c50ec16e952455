import type { DistributionDistance } from "./distributions.js";

/**
 * Throws unless the distances may stand in one table: taken with one network, on as many samples. Numbers of the lab's
 * encoder and of published networks are of different worlds, and few samples alone raise a Fréchet distance.
 *
 * @param distances by the names of their rows
 * @throws RangeError that names two rows that differ, and in what
 */
export function requireSameNetwork(distances: Readonly<Record<string, DistributionDistance>>): void {
  const [first, ...others] = Object.entries(distances).map(([name, distance]) => ({
    name,
    said: `${distance.network}, ${distance.dimension} features, ${distance.samples.truth} and ${distance.samples.guess} samples`,
  }));
  for (const { name, said } of others)
    if (said !== first.said)
      throw new RangeError(
        `requireSameNetwork: ${first.name} is of ${first.said}; ${name} of ${said}. Such numbers cannot stand in one table.`,
      );
}
