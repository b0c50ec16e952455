/** Policies for the arena: a scripted player, the same with disturbances, random keys, random keys held. */
import {
  type CsgoAction,
  type CsgoKey,
  csgoKeys,
  csgoMouseX,
  csgoMouseY,
  encodeCsgoAction,
} from "../../data/csgoAction.js";
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import type { BehaviourPolicy } from "../behaviour.js";
import { noisyBehaviour, repeatedBehaviour } from "../mixedBehaviours.js";
import { directionAngle, wrapAngle } from "../raycast/angles.js";
import type { ArenaState } from "./arena.js";
import { type ArenaMap, arenaMap, cellMetres, mapCells } from "./map.js";
import { cellCentre } from "./moment.js";
import { openBeside } from "./patrol.js";

const countsPerRadian = 4096 / (2 * Math.PI);

/** Steps from every open cell to `goal`; −1 where there is no way. */
function stepsTo(map: ArenaMap, goal: number): Int16Array {
  const steps = new Int16Array(mapCells * mapCells).fill(-1);
  steps[goal] = 0;
  const queue = [goal];
  for (const cell of queue)
    for (const next of openBeside(map, cell))
      if (steps[next] < 0) {
        steps[next] = steps[cell] + 1;
        queue.push(next);
      }
  return steps;
}

/** Mouse counts that turn the view towards a point at height z. */
function mouseTowards(state: ArenaState, x: number, y: number, z: number) {
  const { pose } = state;
  const dx = x - pose.x;
  const dy = y - pose.y;
  const aside = wrapAngle(directionAngle(dx, dy) - pose.heading);
  const eye = pose.z + 1.62 - 0.6 * state.crouch;
  const up = directionAngle(Math.sqrt(dx * dx + dy * dy), z - eye) - pose.pitch;
  const counts = countsPerRadian * (state.zoom > 0 ? 2 : 1);
  return { mouseX: -aside * counts, mouseY: -up * counts, aside, up };
}

/** Walks the streets, turns to what it sees, aims, fires, reloads; now and then jumps, crouches, changes weapons. */
function scriptedPlayer(): BehaviourPolicy<ArenaState> {
  let seed = 1;
  let frame = 0;
  let map: ArenaMap | undefined;
  let mapSeed = 0;
  let steps: Int16Array = new Int16Array(0);
  let stuck = 0;
  let last = { x: 0, y: 0 };
  const draw = (count: number) => uniformValues(count, deriveSeed(seed, 1, frame));

  function fight(state: ArenaState, target: { x: number; y: number }): Partial<CsgoAction> {
    const far = Math.sqrt((target.x - state.pose.x) ** 2 + (target.y - state.pose.y) ** 2);
    const turn = mouseTowards(state, target.x, target.y, 1.2);
    const onTarget = Math.abs(turn.aside) * far < 0.25 && Math.abs(turn.up) * far < 0.45;
    const keys: CsgoKey[] = [];
    const slow = Math.floor(frame / 12);
    const [strafe, style] = uniformValues(2, deriveSeed(seed, 2, slow));
    if (strafe < 0.6) keys.push(strafe < 0.3 ? "a" : "d");
    if (style < 0.15) keys.push("ctrl");
    if (state.weapon === "knife") keys.push(far > 1.2 ? "w" : "ctrl", far > 6 ? "1" : "w");
    const inReach = state.weapon !== "knife" || far < 1.9;
    const pulls = state.weapon !== "pistol" || frame % 5 < 2;
    return {
      keys,
      mouseX: turn.mouseX,
      mouseY: turn.mouseY,
      leftClick: onTarget && inReach && pulls,
      rightClick: far > 7,
    };
  }

  function wander(state: ArenaState, grid: ArenaMap): Partial<CsgoAction> {
    const { pose } = state;
    const cell = Math.floor(pose.y / cellMetres) * mapCells + Math.floor(pose.x / cellMetres);
    const [pick, jump, quirk] = draw(3);
    if (steps.length === 0 || steps[cell] === 0 || stuck > 60)
      steps = stepsTo(grid, grid.open[Math.floor(pick * grid.open.length)]);
    const ways = openBeside(grid, cell).filter((next) => steps[next] >= 0);
    const next = ways.reduce((best, way) => (steps[way] < steps[best] ? way : best), ways[0] ?? cell);
    const [x, y] = cellCentre(next);
    const turn = mouseTowards(state, x, y, 1.5);
    const keys: CsgoKey[] = [];
    if (Math.abs(turn.aside) < 0.6) keys.push("w");
    if (stuck > 8) keys.push(frame % 40 < 20 ? "a" : "d", "space");
    if (jump < 0.012) keys.push("space");
    if (Math.floor(frame / 30) % 9 === 4) keys.push("shift");
    if (Math.floor(frame / 30) % 13 === 7) keys.push("ctrl");
    if (quirk < 0.012) keys.push((["1", "1", "2", "3"] as const)[Math.floor(pick * 4)]);
    const gentle = Math.max(-200, Math.min(200, turn.mouseX));
    return { keys, mouseX: gentle, mouseY: Math.abs(turn.up) > 0.02 ? turn.mouseY / 2 : 0 };
  }

  return {
    name: "expert",
    reset(next) {
      [seed, frame, stuck, mapSeed] = [next, 0, 0, 0];
      steps = new Int16Array(0);
    },
    act(state) {
      if (!map || mapSeed !== state.seed) {
        map = arenaMap(state.seed);
        mapSeed = state.seed;
        steps = new Int16Array(0);
      }
      const still = Math.abs(state.pose.x - last.x) + Math.abs(state.pose.y - last.y) < 0.02;
      last = { x: state.pose.x, y: state.pose.y };
      const distance = (target: { x: number; y: number }) =>
        (target.x - state.pose.x) ** 2 + (target.y - state.pose.y) ** 2;
      const seen = state.targets
        .filter(({ alive, visible }) => alive && visible)
        .reduce<ArenaState["targets"][number] | undefined>(
          (best, target) => (!best || distance(target) < distance(best) ? target : best),
          undefined,
        );
      stuck = still && !seen ? stuck + 1 : 0;
      const action = seen ? fight(state, seen) : wander(state, map);
      const rounds = state.weapon === "knife" ? 99 : state.ammunition[state.weapon];
      const low = rounds === 0 || (!seen && rounds < (state.weapon === "rifle" ? 12 : 5));
      frame++;
      if (low && state.reload === 0)
        return encodeCsgoAction({ ...action, keys: [...(action.keys ?? []), "r"] });
      return encodeCsgoAction(action);
    },
  };
}

/** Keys that go down and up at random and stay so for a while, and a mouse that drifts, rests and jerks. */
function randomPlayer(): BehaviourPolicy<ArenaState> {
  let seed = 1;
  let frame = 0;
  let down = new Set<CsgoKey | "left" | "right">();
  let [mouseX, mouseY] = [0, 0];
  const rates: Record<CsgoKey | "left" | "right", readonly [press: number, release: number]> = {
    w: [0.1, 0.06],
    a: [0.04, 0.12],
    s: [0.03, 0.12],
    d: [0.04, 0.12],
    space: [0.03, 0.5],
    ctrl: [0.015, 0.1],
    shift: [0.02, 0.1],
    "1": [0.008, 0.6],
    "2": [0.008, 0.6],
    "3": [0.005, 0.6],
    r: [0.015, 0.5],
    left: [0.06, 0.2],
    right: [0.02, 0.08],
  };
  return {
    name: "random",
    reset(next) {
      [seed, frame, mouseX, mouseY] = [next, 0, 0, 0];
      down = new Set();
    },
    act() {
      const chance = uniformValues(20, deriveSeed(seed, 1, frame++));
      (Object.keys(rates) as (keyof typeof rates)[]).forEach((key, i) => {
        const [press, release] = rates[key];
        if (down.has(key) ? chance[i] < release : chance[i] < press)
          down.has(key) ? down.delete(key) : down.add(key);
      });
      if (chance[13] < 0.2)
        mouseX =
          chance[14] < 0.35 ? 0 : csgoMouseX[Math.floor(csgoMouseX.length * (chance[15] + chance[16]) * 0.5)];
      if (chance[17] < 0.2)
        mouseY = chance[18] < 0.6 ? 0 : csgoMouseY[Math.floor(csgoMouseY.length * chance[19])];
      return encodeCsgoAction({
        keys: csgoKeys.filter((key) => down.has(key)),
        leftClick: down.has("left"),
        rightClick: down.has("right"),
        mouseX,
        mouseY,
      });
    },
  };
}

/** The arena's policies: expert, noisy expert, random keys, and random keys each held for a while. */
export function arenaBehaviours(): readonly BehaviourPolicy<ArenaState>[] {
  return [
    scriptedPlayer(),
    noisyBehaviour("noisyExpert", scriptedPlayer(), randomPlayer()),
    randomPlayer(),
    repeatedBehaviour("repeat", randomPlayer()),
  ];
}
