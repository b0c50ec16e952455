/** Laws of the table top: it is a function of seed and actions, it can be gone back to, and it behaves like matter. */

import {
  type BehaviourPolicy,
  type MadeWorld,
  makeWorld,
  recordEpisode,
  type TabletopState,
  tabletopBehaviours,
} from "vid2world";
import { afterAll, beforeAll, expect, test } from "vitest";

const policyNamed = (name: string) => tabletopBehaviours().find((policy) => policy.name === name)!;
let world: MadeWorld<"tabletop">;
beforeAll(async () => {
  world = await makeWorld("tabletop", 1);
});
afterAll(() => world.dispose());

const arm = 8;
const ahead = 10;

/** An action of zeros but for these. */
function action(parts: Readonly<Record<number, number>>): number[] {
  return Array.from({ length: 13 }, (_, i) => parts[i] ?? 0);
}

/** The first seeds whose task is this. */
function seedsFor(task: TabletopState["task"], count: number): number[] {
  const seeds: number[] = [];
  for (let seed = 1; seeds.length < count; seed++) {
    world.reset(seed);
    if (world.state().task === task) seeds.push(seed);
  }
  return seeds;
}

/** The last state, after at most this many actions or at success. */
function play(policy: BehaviourPolicy<TabletopState>, seed: number, frames: number): TabletopState {
  world.reset(seed);
  policy.reset(seed);
  for (let frame = 0; frame < frames && !world.state().success; frame++)
    world.step(policy.act(world.state()));
  return world.state();
}

/** States and pictures of some frames from here. */
function run(policy: BehaviourPolicy<TabletopState>, frames: number) {
  return Array.from({ length: frames }, () => {
    world.step(policy.act(world.state()));
    return { state: world.state(), picture: world.render() };
  });
}

test("equal seeds and actions give equal bits; another seed gives another room", () => {
  const episode = (seed: number) => {
    world.reset(seed);
    const policy = policyNamed("random");
    policy.reset(5);
    return run(policy, 6);
  };
  const first = episode(3);
  const other = episode(4);
  expect(episode(3)).toEqual(first);
  expect(other[0].state).not.toEqual(first[0].state);
  expect(other[0].picture).not.toEqual(first[0].picture);
});

test("from a snapshot the same ten actions lead through the same bits, in state and picture", () => {
  world.reset(4);
  const expert = policyNamed("noisyExpert");
  expert.reset(2);
  run(expert, 5); // in motion, with the drawer touched
  const moment = world.snapshot();
  const replay = () => {
    const policy = policyNamed("random");
    policy.reset(9);
    return run(policy, 10);
  };
  const first = replay();
  world.restore(JSON.parse(JSON.stringify(moment)));
  expect(replay()).toEqual(first);
  world.reset(77); // and from another room
  world.restore(moment);
  expect(replay()).toEqual(first);
});

test("a snapshot holds for any table top, and looking changes nothing", async () => {
  world.reset(6);
  world.step(action({ [arm]: 1, [ahead]: 0.1 }));
  const twin = await makeWorld("tabletop", 1);
  twin.restore(world.snapshot());
  expect(twin.state()).toEqual(world.state());
  for (let i = 0; i < 3; i++) twin.render(32);
  twin.state();
  for (const each of [world, twin]) each.step(action({ [arm]: 1, 12: -0.1 }));
  expect(twin.state()).toEqual(world.state());
  expect(twin.render()).toEqual(world.render());
  twin.dispose();
});

test("each of the 13 numbers changes what follows", () => {
  const [moveArm, moveBase] = [action({ 8: 1 }), action({ 9: 1 })];
  const after = (parts: readonly number[]) => {
    world.reset(2);
    world.step(parts);
    const { terminated, gripper, base } = world.state();
    return { terminated, gripper, base };
  };
  const changes: [string, readonly number[], Readonly<Record<number, number>>][] = [
    ["base x", moveBase, { 0: 0.05 }],
    ["base y", moveBase, { 1: 0.05 }],
    ["base turn", moveBase, { 2: 0.1 }],
    ["gripper", moveArm, { 3: 1 }],
    ["roll", moveArm, { 4: 0.2 }],
    ["pitch", moveArm, { 5: 0.2 }],
    ["yaw", moveArm, { 6: 0.2 }],
    ["terminate", action({ 8: 0.5, 10: 0.1 }), { 7: 1 }],
    ["arm", action({ 7: 0.5, 10: 0.1 }), { 8: 1 }],
    ["base", action({ 8: 0.5, 0: 0.1 }), { 9: 1 }],
    ["x", moveArm, { 10: 0.1 }],
    ["y", moveArm, { 11: 0.1 }],
    ["z", moveArm, { 12: 0.1 }],
  ];
  changes.forEach(([name, rest, change], i) => {
    expect(Object.keys(change), name).toEqual([String(i)]);
    expect(after(rest.map((value, j) => change[j] ?? value)), name).not.toEqual(after(rest));
  });
});

test("the gripper goes where it is told: 0.1 m along each axis, in the axes of the base, to within 5 mm", () => {
  for (const axis of [0, 1, 2]) {
    world.reset(2);
    const before = world.state().gripper.pose;
    world.step(action({ [arm]: 1, [ahead + axis]: axis === 2 ? 0.1 : -0.1 }));
    world.step(action({ [arm]: 1 })); // time to arrive
    const moved = world.state().gripper.pose.map((value, i) => value - before[i]);
    const asked = [0, 0, 0].map((_, i) => (i !== axis ? 0 : axis === 2 ? 0.1 : -0.1));
    for (let i = 0; i < 3; i++) expect(Math.abs(moved[i] - asked[i])).toBeLessThan(0.005);
  }
});

test("nothing moves by itself: untouched drawers stay to the micrometre, blocks to the millimetre", () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    world.reset(seed);
    const before = world.state();
    for (let i = 0; i < 15; i++) world.step(action({ [arm]: 1, 12: 0.02 }));
    const after = world.state();
    expect(after.contacts).toEqual(before.contacts);
    expect(Math.abs(after.drawerOpening - before.drawerOpening)).toBeLessThan(1e-6);
    for (const block of after.blocks) expect(block.moved).toBeLessThan(1e-3);
  }
});

test("what lies still sleeps: once at rest, untouched drawers and blocks keep every bit, in a restored world too", async () => {
  const twin = await makeWorld("tabletop", 1);
  for (const seed of [1, 2, 3]) {
    world.reset(seed);
    for (let i = 0; i < 3; i++) world.step(action({ [arm]: 1, 12: 0.02 }));
    const { blocks, handle } = world.state();
    twin.restore(JSON.parse(JSON.stringify(world.snapshot())));
    for (const each of [world, twin]) {
      for (let i = 0; i < 3; i++) each.step(action({ [arm]: 1, 12: 0.02 }));
      expect(each.state()).toMatchObject({ blocks, handle });
    }
    expect(twin.state()).toEqual(world.state());
  }
  twin.dispose();
});

test("the drawer moves only in frames in which it is touched", () => {
  for (const seed of seedsFor("close the drawer", 4)) {
    world.reset(seed);
    const policy = policyNamed("expert");
    policy.reset(seed);
    let moved = 0;
    for (let frame = 0; frame < 25; frame++) {
      const before = world.state().drawerOpening;
      world.step(policy.act(world.state()));
      const { drawerOpening, contacts } = world.state();
      if (Math.abs(drawerOpening - before) > 1e-3) {
        expect(contacts.drawer).toBe(true);
        moved++;
      }
    }
    expect(moved).toBeGreaterThan(0);
  }
});

test("a closed drawer stays closed, and cannot be pushed farther than closed", () => {
  const [seed] = seedsFor("close the drawer", 1);
  expect(play(policyNamed("expert"), seed, 40).success).toBe(true);
  for (let i = 0; i < 5; i++) world.step(action({ [arm]: 1, [ahead]: 0.1 }));
  expect(Math.abs(world.state().drawerOpening)).toBeLessThan(0.005);
  for (let i = 0; i < 10; i++) world.step(action({ [arm]: 1, [ahead]: -0.05 }));
  expect(world.state().contacts.drawer).toBe(false);
  expect(world.state().success).toBe(true);
});

test("no action drives gripper or blocks through the table", () => {
  const policy = policyNamed("repeat");
  for (const seed of [1, 2, 3]) {
    world.reset(seed);
    policy.reset(seed);
    for (let frame = 0; frame < 40; frame++) {
      world.step(policy.act(world.state()));
      const { blocks, gripper } = world.state();
      const [x, y, z] = gripper.position;
      if (x > 0.52 && x < 0.9 && Math.abs(y) < 0.36) expect(z).toBeGreaterThan(0.4);
      for (const { position } of blocks) expect(position[2]).toBeGreaterThan(0.02);
    }
  }
});

test("the expert does both tasks in at least 16 of 20 rooms each; chance does not", () => {
  for (const task of ["close the drawer", "push the block"] as const) {
    const seeds = seedsFor(task, 20);
    const rate = (policy: BehaviourPolicy<TabletopState>) =>
      seeds.filter((seed) => play(policy, seed, 40).success).length;
    expect(rate(policyNamed("expert"))).toBeGreaterThanOrEqual(16);
    expect(rate(policyNamed("random"))).toBeLessThan(8);
  }
});

test("a recording holds what happened: action t leads from frame t to frame t + 1", async () => {
  const episode = recordEpisode(world, policyNamed("noisyExpert"), { seed: 7, frames: 8 });
  expect(episode).toMatchObject({ frameCount: 8, height: 64, width: 64, fps: 3, actionSize: 13 });
  expect(episode.metadata).toMatchObject({ world: "tabletop", policy: "noisyExpert", seed: 7 });
  const frames = await episode.frames();
  const states = episode.metadata.states as TabletopState[];
  world.reset(7);
  for (let t = 0; t < 8; t++) {
    expect(world.state()).toEqual(states[t]);
    expect(world.render()).toEqual(frames.subarray(t * 64 * 64 * 3, (t + 1) * 64 * 64 * 3));
    world.step(episode.actions!.subarray(13 * t, 13 * t + 13));
  }
  expect(await episode.frames(3, 2)).toEqual(frames.slice(3 * 64 * 64 * 3, 5 * 64 * 64 * 3));
  expect(recordEpisode(world, policyNamed("noisyExpert"), { seed: 7, frames: 8 }).actions).toEqual(
    episode.actions,
  );
});

test("every policy is a function of its seed", () => {
  for (const { name } of tabletopBehaviours()) {
    const actions = (policySeed: number) => {
      world.reset(8);
      const policy = policyNamed(name);
      policy.reset(policySeed);
      return Array.from({ length: 12 }, () => policy.act(world.state()));
    };
    expect(actions(2)).toEqual(actions(2));
    expect(actions(2)).not.toEqual(actions(3));
  }
});

test("wrong input is named", async () => {
  expect(() => world.step([1, 2])).toThrow("tabletop: an action of 2 numbers; expected 13.");
  expect(() => world.step(action({ 10: Number.NaN }))).toThrow(/world_vector_x is NaN/);
  expect(() => world.reset(0)).toThrow(/seed is 0/);
  expect(() => world.restore({ world: "arena", seed: 1, data: {} })).toThrow(
    /snapshot is of the world arena/,
  );
  await expect(makeWorld("kitchen" as "tabletop", 1)).rejects.toThrow(/makeWorld: name is "kitchen"/);
});
