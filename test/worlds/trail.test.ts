import { advancePose, createTrail, type SimulatorSnapshot, trailBehaviours } from "vid2world";
import { describe, expect, test } from "vitest";

const world = createTrail(3);
const everything = () => ({ state: world.state(), picture: Buffer.from(world.render()) });

describe("one seed, one trail", () => {
  test("equal seeds and actions give equal bits; other seeds look different", () => {
    const drive = (seed: number) => {
      world.reset(seed);
      for (let i = 0; i < 8; i++) world.step([0.3, 0.02, 0.05]);
      return everything();
    };
    const first = drive(3);
    const other = drive(4);
    expect(drive(3)).toEqual(first);
    expect(other.picture.equals(first.picture)).toBe(false);
  });

  test("after coming back to a snapshot, the same ten steps give the same bits, in another trail too", () => {
    world.reset(5);
    for (let i = 0; i < 5; i++) world.step([0.4, 0, 0.1]);
    const snapshot = JSON.parse(JSON.stringify(world.snapshot())) as SimulatorSnapshot;
    const run = () =>
      Array.from({ length: 10 }, (_, i) => {
        world.step([0.4, 0.1, i % 3 ? 0.2 : -0.3]);
        return everything();
      });
    const once = run();
    world.restore(snapshot);
    expect(run()).toEqual(once);
    world.reset(6);
    world.restore(snapshot);
    expect(run()).toEqual(once);
  });
});

test("what was looked at before changes no picture: a robot that comes back sees what a new one sees", () => {
  world.reset(7);
  for (let i = 0; i < 6; i++) world.step([0.4, 0, 0.1]);
  const there = world.snapshot();
  const fresh = createTrail(7);
  fresh.restore(there);
  for (let i = 0; i < 30; i++) {
    world.step([0.4, 0, 0.3]);
    world.render(96);
  }
  world.restore(there);
  expect(Buffer.from(world.render()).equals(Buffer.from(fresh.render()))).toBe(true);
});

describe("turning", () => {
  test.each([0.1, 0.3333333, 1.5, 0.0001])("by %f and back shows the same picture, bit for bit", (angle) => {
    const dyaw = Math.fround(angle);
    world.reset(3);
    for (let i = 0; i < 4; i++) world.step([0.4, 0, 0.2]);
    const before = everything();
    world.step([0, 0, dyaw]);
    const turned = everything();
    if (angle > 0.01) expect(turned.picture.equals(before.picture)).toBe(false);
    expect(turned.state.pose.yaw - before.state.pose.yaw).toBe(dyaw);
    world.step([0, 0, -dyaw]);
    expect(everything().picture.equals(before.picture)).toBe(true);
    expect(world.state().pose).toEqual(before.state.pose);
  });
});

describe("(dx, dy, dyaw) adds up to the stored pose", () => {
  test("dx goes forward, dy to the left, and the turn comes after", () => {
    const { x, y, yaw } = advancePose({ x: 1, y: 2, yaw: Math.PI / 2 }, 3, 0.5, 0.25);
    expect(x).toBeCloseTo(0.5, 12);
    expect(y).toBeCloseTo(5, 12);
    expect(yaw).toBe(Math.PI / 2 + 0.25);
  });

  test("over 200 frames of every policy, to the bit, save where something stood in the way", () => {
    let blocked = 0;
    for (const policy of trailBehaviours()) {
      world.reset(3);
      policy.reset(3);
      let pose = world.state().pose as { x: number; y: number; yaw: number };
      for (let i = 0; i < 200; i++) {
        const [dx, dy, dyaw] = Array.from(policy.act(world.state()));
        world.step([dx, dy, dyaw]);
        const state = world.state();
        const free = advancePose(pose, dx, dy, dyaw);
        const plainX = pose.x + Math.cos(pose.yaw) * dx - Math.sin(pose.yaw) * dy;
        expect(Math.abs(free.x - plainX)).toBeLessThan(1e-12);
        pose = state.blocked ? { ...pose, yaw: free.yaw } : free;
        expect(state.pose).toMatchObject(pose);
        blocked += Number(state.blocked);
      }
    }
    expect(blocked).toBeGreaterThan(0);
  });

  test("two frames forward and two back return to the same place", () => {
    world.reset(4);
    const { pose } = world.state();
    for (const dx of [0.25, 0.5, -0.5, -0.25]) world.step([dx, 0, 0]);
    expect(world.state().pose.x).toBeCloseTo(pose.x, 12);
    expect(world.state().pose.y).toBeCloseTo(pose.y, 12);
  });
});

test("driving straight on, off the path, ends at something that does not let the robot through", () => {
  world.reset(1);
  world.step([0, 0, 1.5]);
  for (let i = 0; i < 2000 && !world.state().blocked; i++) world.step([0.45, 0, 0]);
  expect(world.state().blocked).toBe(true);
  const { pose } = world.state();
  for (let i = 0; i < 5; i++) world.step([0.3, 0, 0]);
  expect(world.state().pose).toEqual(pose);
  world.step([-0.3, 0, 0]);
  expect(world.state().blocked).toBe(false);
});

test("each of the three numbers moves the picture", () => {
  world.reset(2);
  const begin = world.snapshot();
  const seen = [
    [0, 0, 0],
    [0.3, 0, 0],
    [0, 0.3, 0],
    [0, 0, 0.2],
  ].map((action) => {
    world.restore(begin);
    world.step(action);
    return Buffer.from(world.render()).toString("base64");
  });
  expect(new Set(seen).size).toBe(4);
});

test("the ground and its pictures repeat after 256 m, and the robot stands on the ground", () => {
  world.reset(2);
  const snapshot = world.snapshot();
  const { pose } = world.state();
  const data = snapshot.data as { x: number };
  world.restore({ ...snapshot, data: { ...data, x: pose.x + 256 } });
  expect(world.state().pose.height).toBeCloseTo(pose.height, 5);
  expect(world.state().goalDistance).toBeCloseTo(
    (() => {
      world.restore(snapshot);
      return world.state().goalDistance;
    })(),
    9,
  );
});

test("the expert stays on the path and reaches flags; policies repeat with their seed", () => {
  const [expert] = trailBehaviours();
  world.reset(1);
  expert.reset(1);
  let onPath = 0;
  for (let i = 0; i < 300; i++) {
    world.step(expert.act(world.state()));
    onPath += world.state().onPath;
  }
  expect(onPath / 300).toBeGreaterThan(0.9);
  expect(world.state().goalsReached).toBeGreaterThan(0);
  for (const policy of trailBehaviours()) {
    const actions = (seed: number) => {
      world.reset(1);
      policy.reset(seed);
      return Array.from({ length: 30 }, () => {
        const action = Float32Array.from(policy.act(world.state()));
        world.step(action);
        return [...action];
      });
    };
    const first = actions(1);
    expect(actions(1)).toEqual(first);
    expect(actions(2)).not.toEqual(first);
  }
});

test("errors name what came and what was expected", () => {
  expect(() => createTrail(1.5)).toThrow("createTrail: seed is 1.5; expected a whole number from 1");
  expect(() => world.step([1])).toThrow("trail.step: action has 1 numbers; expected 3: dx, dy, dyaw.");
  expect(() => world.step([0, Number.NaN, 0])).toThrow(
    "trail.step: dy is NaN; expected a number from -5 to 5.",
  );
  expect(() => world.restore({ world: "arena", seed: 1, data: {} })).toThrow(
    "trail.restore: the snapshot is of arena; expected trail.",
  );
});
