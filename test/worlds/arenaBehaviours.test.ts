import {
  type ArenaState,
  arenaBehaviours,
  type BehaviourPolicy,
  createArena,
  csgoActionNames,
} from "vid2world";
import { expect, test } from "vitest";

function actionsOf(policy: BehaviourPolicy<ArenaState>, seed: number, frames: number): Float32Array[] {
  const world = createArena(seed);
  policy.reset(seed);
  return Array.from({ length: frames }, () => {
    const action = Float32Array.from(policy.act(world.state()));
    world.step(action);
    return action;
  });
}

test("there is an expert, a noisy one, a random one and one that repeats", () => {
  expect(arenaBehaviours().map(({ name }) => name)).toEqual(["expert", "noisyExpert", "random", "repeat"]);
});

test("equal seeds give equal actions, other seeds others", () => {
  arenaBehaviours().forEach((policy, i) => {
    const first = actionsOf(policy, 2, 60);
    expect(actionsOf(arenaBehaviours()[i], 2, 60)).toEqual(first);
    expect(actionsOf(policy, 3, 60)).not.toEqual(first);
  });
});

test("together they use every one of the 51 numbers", () => {
  const actions = arenaBehaviours().flatMap((policy) =>
    [1, 2].flatMap((seed) => actionsOf(policy, seed, 400)),
  );
  const unused = csgoActionNames.filter((_, i) => actions.every((action) => action[i] === 0));
  expect(unused).toEqual([]);
});

test("the repeating one changes its action at most every fourth frame", () => {
  const actions = actionsOf(arenaBehaviours()[3], 1, 200);
  const changes = actions.flatMap((action, i) =>
    i > 0 && String(action) !== String(actions[i - 1]) ? [i] : [],
  );
  expect(changes.length).toBeGreaterThan(10);
  changes.slice(1).forEach((frame, i) => {
    expect(frame - changes[i]).toBeGreaterThanOrEqual(4);
  });
});
