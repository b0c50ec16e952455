import {
  type ArenaState,
  arenaBehaviours,
  type CsgoAction,
  createArena,
  csgoActionNames,
  csgoActionSize,
  encodeCsgoAction,
  type Simulator,
  type SimulatorSnapshot,
} from "vid2world";
import { describe, expect, test } from "vitest";

type World = Simulator<ArenaState>;
type Standing = { x: number; y: number; health: number; sinceHit: number; pause: number };

function take(world: World, action: Partial<CsgoAction>, frames = 1): void {
  for (let i = 0; i < frames; i++) world.step(encodeCsgoAction(action));
}

/** The same moment with other targets. */
function withTargets(world: World, change: (target: Standing, index: number) => Partial<Standing>): void {
  const snapshot = world.snapshot();
  const data = snapshot.data as { targets: Standing[] };
  const targets = data.targets.map((target, i) => ({ ...target, ...change(target, i) }));
  world.restore({ ...snapshot, data: { ...data, targets } });
}

/** An arena whose targets lie on the ground, so that nothing moves but the player. */
function stillArena(seed: number): World {
  const world = createArena(seed);
  withTargets(world, () => ({ health: 0, sinceHit: 20 }));
  return world;
}

const everything = (world: World) => ({ state: world.state(), picture: world.render() });

describe("one seed, one arena", () => {
  test("equal seeds and actions give equal bits; other seeds look different", () => {
    const [first, second, other] = [createArena(3), createArena(3), createArena(4)];
    for (const world of [first, second, other]) take(world, { keys: ["w"], mouseX: 30, leftClick: true }, 12);
    expect(everything(first)).toEqual(everything(second));
    expect(first.render()).not.toEqual(other.render());
    other.reset(3);
    take(other, { keys: ["w"], mouseX: 30, leftClick: true }, 12);
    expect(everything(other)).toEqual(everything(first));
  });

  test("after coming back to a snapshot, the same ten steps give the same bits, in another arena too", () => {
    const world = createArena(5);
    const [expert] = arenaBehaviours();
    expert.reset(1);
    for (let i = 0; i < 30; i++) world.step(expert.act(world.state()));
    const snapshot = JSON.parse(JSON.stringify(world.snapshot())) as SimulatorSnapshot;
    const actions = Array.from({ length: 10 }, (_, i) =>
      encodeCsgoAction({ keys: i % 2 ? ["w", "a"] : ["d", "space"], mouseX: 20 * i, leftClick: i > 4 }),
    );
    const run = (through: World) =>
      actions.map((action) => {
        through.step(action);
        return everything(through);
      });
    const once = run(world);
    world.restore(snapshot);
    expect(run(world)).toEqual(once);
    const elsewhere = createArena(9);
    elsewhere.restore(snapshot);
    expect(run(elsewhere)).toEqual(once);
  });

  test("a picture has the size asked for, and taking it changes nothing", () => {
    const world = createArena(2);
    const before = world.state();
    expect(world.render().length).toBe(64 * 64 * 3);
    expect(world.render(96).length).toBe(96 * 96 * 3);
    expect(world.state()).toEqual(before);
  });
});

describe("turning", () => {
  test.each([2, 20, 300, 1000])("by %i counts and back shows the same picture, bit for bit", (counts) => {
    const world = stillArena(6);
    const picture = world.render();
    take(world, { mouseX: counts, mouseY: 20 });
    expect(world.render()).not.toEqual(picture);
    take(world, { mouseX: -counts, mouseY: -20 });
    expect(world.render()).toEqual(picture);
  });

  test("4096 counts are one full turn", () => {
    const world = stillArena(6);
    const picture = world.render();
    for (const mouseX of [1000, 1000, 1000, 1000, 60, 30, 4, 2]) take(world, { mouseX });
    expect(world.render()).toEqual(picture);
  });

  test("right turns right, up looks up", () => {
    const world = stillArena(6);
    const { heading } = world.state().pose;
    take(world, { mouseX: 100, mouseY: -50 });
    const turned = world.state().pose;
    expect(Math.cos(turned.heading - heading)).toBeCloseTo(Math.cos((2 * Math.PI * 100) / 4096), 12);
    expect(Math.sin(turned.heading - heading)).toBeLessThan(0);
    expect(turned.pitch).toBeCloseTo((2 * Math.PI * 50) / 4096, 12);
  });
});

describe("moving", () => {
  test("a run along a street ends flush with a wall, 0.35 m from the edge of a 2 m cell", () => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const world = stillArena(seed);
      const snapshot = world.snapshot();
      const data = { ...(snapshot.data as object), heading: 0 };
      world.restore({ ...snapshot, data });
      take(world, { keys: ["w"] }, 300);
      const { pose, velocity } = world.state();
      expect(velocity).toEqual({ x: 0, y: 0, z: 0 });
      expect(pose.x % 2).toBeCloseTo(1.65, 12);
      take(world, { keys: ["w"] }, 5);
      expect(world.state().pose).toEqual(pose);
      take(world, { keys: ["s"] }, 5);
      expect(world.state().pose.x).toBeLessThan(pose.x - 0.3);
    }
  });

  test("a jump rises about a metre and comes down where it began", () => {
    const world = stillArena(1);
    const heights: number[] = [];
    take(world, { keys: ["space"] });
    for (let i = 0; i < 14; i++) {
      heights.push(world.state().pose.z);
      take(world, {});
    }
    expect(Math.max(...heights)).toBeGreaterThan(0.8);
    expect(Math.max(...heights)).toBeLessThan(1.1);
    expect(world.state().pose.z).toBe(0);
  });

  test("walking is slower than running, crouching lowers the eye", () => {
    const speedWith = (keys: CsgoAction["keys"]) => {
      const world = stillArena(2);
      take(world, { keys }, 3);
      return Math.hypot(world.state().velocity.x, world.state().velocity.y);
    };
    expect(speedWith(["s", "shift"])).toBeCloseTo(speedWith(["s"]) / 2, 6);
    const world = stillArena(2);
    take(world, { keys: ["ctrl"] }, 4);
    expect(world.state().crouch).toBe(1);
  });
});

describe("fighting", () => {
  /** Puts target 0 on the player's line of sight, `ahead` metres away; the player starts a metre from its cell's edge. */
  function facing(seed: number, ahead: number): World {
    const world = stillArena(seed);
    const { x, y, heading } = world.state().pose;
    withTargets(world, (_target, i) =>
      i === 0
        ? { x: x + ahead * Math.cos(heading), y: y + ahead * Math.sin(heading), health: 100, pause: 99 }
        : {},
    );
    return world;
  }

  test("a shot at a target in the crosshair hits it; it falls and shows it", () => {
    for (const seed of [1, 2, 3, 4, 5]) {
      const world = facing(seed, 0.95);
      expect(world.state().targets[0]).toMatchObject({ alive: true, visible: true });
      take(world, { leftClick: true });
      expect(world.state()).toMatchObject({ shots: 1, hits: 1, kills: 1 });
      expect(world.state().targets[0].alive).toBe(false);
      const falling = world.render();
      take(world, {}, 8);
      expect(world.render()).not.toEqual(falling);
    }
  });

  test("a shot with the target behind, or with a wall between, does not", () => {
    const behind = facing(1, -0.95);
    take(behind, { leftClick: true });
    expect(behind.state()).toMatchObject({ shots: 1, hits: 0 });
    const outside = facing(1, 80); // beyond the outermost wall
    take(outside, { leftClick: true });
    expect(outside.state()).toMatchObject({ shots: 1, hits: 0 });
  });

  test("the expert hits what it aims at", () => {
    const [expert] = arenaBehaviours();
    const world = createArena(1);
    expert.reset(1);
    for (let i = 0; i < 500; i++) world.step(expert.act(world.state()));
    const { shots, hits } = world.state();
    expect(hits).toBeGreaterThan(5);
    expect(hits / shots).toBeGreaterThan(0.6);
  });

  test("loading takes two seconds, during which no shot falls, and fills the magazine", () => {
    const world = stillArena(4);
    take(world, { leftClick: true }, 9); // a shot every other frame
    expect(world.state().ammunition.rifle).toBe(25);
    take(world, {}, 2);
    take(world, { keys: ["r"] });
    const shares: number[] = [];
    for (let i = 0; i < 31; i++) {
      take(world, { leftClick: true });
      shares.push(world.state().reload);
    }
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(world.state()).toMatchObject({ shots: 5, ammunition: { rifle: 25 } });
    take(world, {});
    expect(world.state()).toMatchObject({ reload: 0, ammunition: { rifle: 30 } });
  });

  test("an empty magazine fires no more", () => {
    const world = stillArena(4);
    take(world, { leftClick: true }, 100);
    expect(world.state()).toMatchObject({ shots: 30, ammunition: { rifle: 0 } });
  });

  test("a pistol fires once per click", () => {
    const world = stillArena(4);
    take(world, { keys: ["2"] }, 8);
    expect(world.state().weapon).toBe("pistol");
    take(world, { leftClick: true }, 10);
    expect(world.state().ammunition.pistol).toBe(11);
    take(world, {});
    take(world, { leftClick: true });
    expect(world.state().ammunition.pistol).toBe(10);
  });
});

test("each of the 51 numbers but the two of a mouse at rest changes state and picture", () => {
  const world = stillArena(7);
  take(world, { leftClick: true });
  take(world, {}, 9);
  const withRifle = world.snapshot();
  take(world, { keys: ["2"] }, 8);
  take(world, { leftClick: true });
  take(world, {}, 9);
  const withPistol = world.snapshot();

  function after(begin: SimulatorSnapshot, places: number[]) {
    const action = new Float32Array(csgoActionSize);
    for (const place of places) action[place] = 1;
    world.restore(begin);
    for (let i = 0; i < 4; i++) world.step(action);
    return { state: JSON.stringify(world.state()), picture: Buffer.from(world.render()) };
  }
  const idle = csgoActionNames.filter((name, place) => {
    const begin = name === "2" ? withRifle : withPistol;
    const others = name === "shift" ? [2] : []; // walking instead of running shows while moving: back, here
    const [without, having] = [after(begin, others), after(begin, [...others, place])];
    return without.state === having.state || without.picture.equals(having.picture);
  });
  expect(idle).toEqual(["mouseX 0", "mouseY 0"]);
});

test("errors name what came and what was expected", () => {
  expect(() => createArena(0)).toThrow("createArena: seed is 0; expected a whole number from 1");
  const world = createArena(1);
  expect(() => world.step([1, 2])).toThrow("got 2 numbers; expected 51");
  expect(() => world.render(4)).toThrow("arena.render: size is 4; expected a whole number from 8 to 1024.");
  expect(() => world.restore({ world: "trail", seed: 1, data: {} })).toThrow(
    "arena.restore: the snapshot is of trail; expected arena.",
  );
});
