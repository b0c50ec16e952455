/** The true worlds that come with the library. */
import { makeWorld } from "../worlds/makeWorld.js";
import type { Simulator, WorldName } from "../worlds/simulator.js";
import { steeringOf } from "./controls.js";
import type { PlayableWorld } from "./playable.js";

/** The worlds that come with the library. */
export const builtInWorldNames: readonly WorldName[] = ["tabletop", "arena", "trail"];

/** @throws RangeError if there is no such world */
export function builtInWorld(name: string): PlayableWorld {
  const known = builtInWorldNames.find((each) => each === name);
  if (!known)
    throw new RangeError(`play: there is no world ${name}; there are: ${builtInWorldNames.join(", ")}.`);
  return {
    name,
    steering: steeringOf(name, 0),
    open: async (seed) => (await makeWorld(known, seed)) as unknown as Simulator,
  };
}
