/** Walks through a built-in world, frame by frame, with the simulator at hand: to look at it, or to leave the way. */
import { deriveSeed } from "../tensor/noise.js";
import { arenaBehaviours } from "../worlds/arena/behaviours.js";
import type { BehaviourPolicy } from "../worlds/behaviour.js";
import { makeWorld } from "../worlds/makeWorld.js";
import type { Simulator, WorldName } from "../worlds/simulator.js";
import { tabletopBehaviours } from "../worlds/tabletop/behaviour.js";
import { trailBehaviours } from "../worlds/trail/behaviours.js";

export interface Walker {
  readonly simulator: Simulator<object>;
  /**
   * Begins the episode of a seed, goes `skipped` frames into it, and calls `visit` at each of the next `frames` with the
   * action that will be taken there. Policies take turns with the seeds.
   */
  walk(
    seed: number,
    options: { readonly skipped: number; readonly frames: number },
    visit: (frame: number, action: Float32Array) => void,
  ): void;
}

const policiesOf = { tabletop: tabletopBehaviours, arena: arenaBehaviours, trail: trailBehaviours };

export async function openWalker(world: WorldName): Promise<Walker> {
  const simulator = (await makeWorld(world, 1)) as Simulator<object>;
  const policies = policiesOf[world]() as readonly BehaviourPolicy<object>[];
  return {
    simulator,
    walk(seed, { skipped, frames }, visit) {
      const policy = policies[seed % policies.length];
      simulator.reset(seed);
      policy.reset(deriveSeed(seed, 1));
      for (let frame = -skipped; frame < frames; frame++) {
        const action = Float32Array.from(policy.act(simulator.state()));
        if (frame >= 0) visit(frame, action);
        if (frame + 1 < frames) simulator.step(action);
      }
    },
  };
}
