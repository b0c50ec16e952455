/** The built-in worlds with their policies, each made when first asked for and kept, for recordings that reset them. */
import { arenaBehaviours } from "./arena/behaviours.js";
import type { BehaviourPolicy } from "./behaviour.js";
import { makeWorld } from "./makeWorld.js";
import type { Simulator } from "./simulator.js";
import { tabletopBehaviours } from "./tabletop/behaviour.js";
import { trailBehaviours } from "./trail/behaviours.js";

interface KeptWorld {
  readonly simulator: Simulator<object>;
  readonly policies: readonly BehaviourPolicy<object>[];
}

const makers = {
  tabletop: async () => kept(await makeWorld("tabletop", 1), tabletopBehaviours()),
  arena: async () => kept(await makeWorld("arena", 1), arenaBehaviours()),
  trail: async () => kept(await makeWorld("trail", 1), trailBehaviours()),
};
const worlds = new Map<string, Promise<KeptWorld>>();

/** The one shared simulator of that name. Whoever uses it resets it first and is done before anything is awaited. */
export function keptWorld(name: keyof typeof makers): Promise<KeptWorld> {
  const world = worlds.get(name) ?? makers[name]();
  worlds.set(name, world);
  return world;
}

/** Forgets what kind of state the two share: from here on, policies only meet their own world. */
function kept<State extends object>(
  simulator: Simulator<State>,
  policies: readonly BehaviourPolicy<State>[],
): KeptWorld {
  return { simulator: simulator as Simulator<object>, policies: policies as BehaviourPolicy<object>[] };
}
