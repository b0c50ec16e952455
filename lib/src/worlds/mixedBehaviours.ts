/** Behaviour policies made from others, so that data sets hold every action in every situation. */
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import type { BehaviourPolicy } from "./behaviour.js";

/**
 * Acts as `expert`, but now and then as `disturbance` for a while: a quarter of the time, a few frames to a second each.
 */
export function noisyBehaviour<State>(
  name: string,
  expert: BehaviourPolicy<State>,
  disturbance: BehaviourPolicy<State>,
): BehaviourPolicy<State> {
  let seed = 1;
  let frame = 0;
  let disturbedUntil = 0;
  return {
    name,
    reset(next) {
      [seed, frame, disturbedUntil] = [next, 0, 0];
      expert.reset(deriveSeed(next, 1));
      disturbance.reset(deriveSeed(next, 2));
    },
    act(state) {
      const [begin, length] = uniformValues(2, deriveSeed(seed, 3, frame));
      if (frame >= disturbedUntil && begin < 0.04) disturbedUntil = frame + 3 + Math.floor(length * 13);
      const [wise, wild] = [expert.act(state), disturbance.act(state)];
      return frame++ < disturbedUntil ? wild : wise;
    },
  };
}

/** Takes an action of `policy` and repeats it for 4 to 16 frames before it takes the next. */
export function repeatedBehaviour<State>(
  name: string,
  policy: BehaviourPolicy<State>,
): BehaviourPolicy<State> {
  let seed = 1;
  let frame = 0;
  let until = 0;
  let held = new Float32Array(0);
  return {
    name,
    reset(next) {
      [seed, frame, until] = [next, 0, 0];
      policy.reset(deriveSeed(next, 1));
    },
    act(state) {
      const action = policy.act(state);
      if (frame >= until) {
        held = Float32Array.from(action);
        until = frame + 4 + Math.floor(uniformValues(1, deriveSeed(seed, 2, frame))[0] * 13);
      }
      frame++;
      return held.slice();
    },
  };
}
