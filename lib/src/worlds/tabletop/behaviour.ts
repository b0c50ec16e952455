/** Who moves the robot in recordings: a scripted expert, the same with slips, chance, and chance that holds on. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import type { BehaviourPolicy } from "../behaviour.js";
import { repeatedBehaviour } from "../mixedBehaviours.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { actionAt, actionNames, gripperLimits } from "./actions.js";
import { cabinet } from "./layout.js";
import type { TabletopState } from "./tabletop.js";

type Policy = BehaviourPolicy<TabletopState>;

/** Where the gripper should be next: a place in the room, and its pitch. */
interface Waypoint {
  readonly place: readonly [number, number, number];
  readonly pitch: number;
}

/**
 * Does the task that the state names, then ends the episode. Needs no memory: each action follows from the state. The
 * seed decides how fast it is.
 */
function expert(): Policy {
  let pace = 0.06;
  return {
    name: "expert",
    reset(seed) {
      pace = 0.04 + 0.04 * uniformValues(1, deriveSeed(seed, 3))[0];
    },
    act: (state) => (state.success ? terminate() : actionTowards(state, waypoint(state), pace)),
  };
}

function waypoint(state: TabletopState): Waypoint {
  return state.task === "close the drawer" ? drawerWaypoint(state) : blockWaypoint(state);
}

/** In front of the handle, at its height, then through it. */
function drawerWaypoint({ handle: [x, y, z], gripper }: TabletopState): Waypoint {
  const [tipX, tipY, tipZ] = gripper.position;
  const pitch = 0.35;
  const before = tipX < x + 0.04;
  if (before && Math.abs(tipY - y) < 0.04 && Math.abs(tipZ - z) < 0.03)
    return { place: [x + 0.2, y, z], pitch };
  const clear = tipX < x - 0.05;
  return { place: [x - 0.09, y, clear ? z : Math.max(tipZ, cabinet.top)], pitch };
}

/** Above the near side of the block, down, then ahead. */
function blockWaypoint({ blocks, target, gripper }: TabletopState): Waypoint {
  const [x, y] = blocks[target].position;
  const [tipX, tipY, tipZ] = gripper.position;
  const pitch = 0.8;
  const [low, high] = [cabinet.top + 0.03, cabinet.top + 0.13];
  const behind = tipX < x - 0.03 && Math.abs(tipY - y) < 0.025;
  if (behind && tipZ < low + 0.025) return { place: [x + 0.2, y, low], pitch };
  if (behind && tipX < x - 0.06) return { place: [x - 0.085, y, low], pitch };
  return { place: [x - 0.085, y, tipZ < high - 0.04 ? high + 0.05 : high], pitch };
}

/** At most `pace` metres towards the waypoint, with the gripper closing and level. */
function actionTowards(
  { base, gripper }: TabletopState,
  { place, pitch }: Waypoint,
  pace: number,
): Float32Array {
  const away = place.map((value, i) => value - gripper.position[i]);
  const distance = Math.sqrt(away[0] ** 2 + away[1] ** 2 + away[2] ** 2);
  const share = Math.min(1, pace / Math.max(distance, 1e-9));
  const [c, s] = [cosine(base[2]), sine(base[2])];
  const action = new Float32Array(actionNames.length);
  action.set(
    [c * away[0] + s * away[1], c * away[1] - s * away[0], away[2]].map((value) => share * value),
    actionAt.translation,
  );
  const turn = [-gripper.pose[3], pitch - gripper.pose[4], -gripper.pose[5]];
  action.set(
    turn.map((value) => Math.max(-0.2, Math.min(0.2, value))),
    actionAt.rotation,
  );
  action[actionAt.gripper] = gripper.closedness < 0.9 ? 0.5 : 0;
  action[actionAt.mode + 1] = 1;
  return action;
}

function terminate(): Float32Array {
  const action = new Float32Array(actionNames.length);
  action[actionAt.mode] = 1;
  return action;
}

/** The expert with slips: noise on every motion, and one action in six by chance. */
function noisyExpert(): Policy {
  const follow = expert();
  const chance = createDraws(4);
  return {
    name: "noisyExpert",
    reset(seed) {
      follow.reset(seed);
      chance.reset(seed);
    },
    act(state) {
      const draws = chance.next();
      if (draws[13] < 1 / 6) return randomAction(draws);
      const action = Float32Array.from(follow.act(state));
      for (let i = 0; i < 3; i++) {
        action[actionAt.translation + i] += 0.04 * (2 * draws[i] - 1);
        action[actionAt.rotation + i] += 0.1 * (2 * draws[3 + i] - 1);
      }
      return action;
    },
  };
}

/** Every action by chance. */
function random(): Policy {
  const chance = createDraws(5);
  return { name: "random", reset: chance.reset, act: () => randomAction(chance.next()) };
}

/** The table top's policies: expert, noisy expert, random, and random actions each held for a while. */
export function tabletopBehaviours(): readonly Policy[] {
  return [expert(), noisyExpert(), random(), repeatedBehaviour("repeat", random())];
}

/** 16 numbers from 0 to 1 at a time, a function of seed and turn. */
function createDraws(use: number) {
  let episode = 1;
  let turn = 0;
  return {
    reset(seed: number) {
      episode = seed;
      turn = 0;
    },
    next: () => uniformValues(16, deriveSeed(episode, use, turn++)),
  };
}

/** Moves the arm, or one time in eight the base. */
function randomAction(draws: Float32Array): Float32Array {
  const action = new Float32Array(actionNames.length);
  const span = (i: number, most: number) => most * (2 * draws[i] - 1);
  if (draws[15] < 1 / 8) {
    action.set([span(0, 0.06), span(1, 0.06), span(2, 0.12)], actionAt.base);
    action[actionAt.mode + 2] = 1;
    return action;
  }
  const { step } = gripperLimits;
  action.set(
    [0, 1, 2].map((i) => span(3 + i, step[i])),
    actionAt.translation,
  );
  action.set(
    [3, 4, 5].map((i) => span(3 + i, 0.5 * step[i])),
    actionAt.rotation,
  );
  action[actionAt.gripper] = span(9, 1);
  action[actionAt.mode + 1] = 1;
  return action;
}
