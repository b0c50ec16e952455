/** The built-in worlds by name. Each is loaded when it is first made. */
import { requireChoice } from "../tensor/check.js";

const makers = {
  tabletop: async (seed: number) => (await import("./tabletop/tabletop.js")).createTabletop(seed),
  arena: async (seed: number) => (await import("./arena/arena.js")).createArena(seed),
  trail: async (seed: number) => (await import("./trail/trail.js")).createTrail(seed),
};

/** The simulator that belongs to a name. */
export type MadeWorld<Name extends keyof typeof makers> = Awaited<ReturnType<(typeof makers)[Name]>>;

/**
 * Makes a built-in world at the start of an episode.
 *
 * @param seed decides the episode's layout, looks and task; from 1 up
 * @throws RangeError for a name that is none, or a seed that is no whole number from 1 up
 */
export async function makeWorld<Name extends keyof typeof makers>(
  name: Name,
  seed: number,
): Promise<MadeWorld<Name>> {
  requireChoice("makeWorld", "name", name, Object.keys(makers) as Name[]);
  return (await makers[name](seed)) as MadeWorld<Name>;
}
