/** Policies for the trail: along the path to the flag, the same with disturbances, random drives, and drives held. */
import { deriveSeed, normalValues, uniformValues } from "../../tensor/noise.js";
import type { BehaviourPolicy } from "../behaviour.js";
import { noisyBehaviour, repeatedBehaviour } from "../mixedBehaviours.js";
import { directionAngle, wrapAngle } from "../raycast/angles.js";
import { trailPath } from "./ground.js";
import { shortWay } from "./groundMap.js";
import type { TrailState } from "./trail.js";

const fastest = 0.45; // metres per frame
const sharpest = 0.35; // radians per frame

const limit = (value: number, most: number) => Math.max(-most, Math.min(most, value));

/** Follows the path to the flag; backs off and turns where something stands in its way. */
function scriptedDriver(): BehaviourPolicy<TrailState> {
  let seed = 1;
  let frame = 0;
  let backing = 0;
  let path: readonly (readonly [number, number])[] = [];
  let pathSeed = 0;

  /** A point of the path a few metres ahead on the shorter way to the flag. */
  function pointAhead(state: TrailState): readonly [number, number] {
    const { pose, goal } = state;
    const closest = (x: number, y: number) => {
      let best = 0;
      let least = Infinity;
      path.forEach((point, i) => {
        const far = shortWay(x, point[0]) ** 2 + shortWay(y, point[1]) ** 2;
        if (far < least) [best, least] = [i, far];
      });
      return { at: best, far: Math.sqrt(least) };
    };
    const here = closest(pose.x, pose.y);
    const there = closest(goal.x, goal.y);
    if (here.far > 5) return path[here.at]; // back to the path first
    const count = path.length;
    const left = ((((there.at - here.at) % count) + count + count / 2) % count) - count / 2;
    return path[(here.at + limit(left, 4) + count) % count];
  }

  return {
    name: "expert",
    reset(next) {
      [seed, frame, backing, pathSeed] = [next, 0, 0, 0];
    },
    act(state) {
      if (pathSeed !== state.seed) [path, pathSeed] = [trailPath(state.seed), state.seed];
      const { pose, blocked } = state;
      const [jitter, drift] = normalValues(2, deriveSeed(seed, 1, frame));
      const [pace] = uniformValues(1, deriveSeed(seed, 2, Math.floor(frame / 20)));
      frame++;
      if (blocked && backing === 0) backing = 6;
      if (backing > 0) {
        backing--;
        return Float32Array.of(backing > 2 ? -0.2 : 0.05, 0, 0.25);
      }
      const [x, y] = pointAhead(state);
      const aside = wrapAngle(directionAngle(shortWay(pose.x, x), shortWay(pose.y, y)) - pose.yaw);
      const dyaw = limit(0.5 * aside + 0.02 * jitter, sharpest);
      const slow = Math.max(0.1, 1 - 1.2 * Math.abs(aside));
      const dx = fastest * (0.55 + 0.45 * pace) * slow;
      return Float32Array.of(dx, 0.5 * dx * dyaw + 0.004 * drift, dyaw);
    },
  };
}

/** Speeds that wander: forwards mostly, backwards and aside at times, with turns of all sizes and moments of rest. */
function randomDriver(): BehaviourPolicy<TrailState> {
  let seed = 1;
  let frame = 0;
  let until = 0;
  let goal = [0, 0, 0];
  let now = [0, 0, 0];
  return {
    name: "random",
    reset(next) {
      [seed, frame, until, goal, now] = [next, 0, 0, [0, 0, 0], [0, 0, 0]];
    },
    act() {
      const [length, kind, speed, side, turn] = uniformValues(5, deriveSeed(seed, 1, frame));
      if (frame >= until) {
        until = frame + 2 + Math.floor(10 * length);
        const dx = kind < 0.12 ? 0 : kind < 0.3 ? -0.25 * speed : fastest * speed;
        const dy = side < 0.8 ? 0 : (side - 0.9) * 1.5;
        goal = [dx, dy, (turn < 0.25 ? 0 : 2 * turn - 1.25) * 0.5];
      }
      frame++;
      now = now.map((value, i) => value + 0.5 * (goal[i] - value));
      return Float32Array.from(now);
    },
  };
}

/** The trail's policies: expert, noisy expert, random drives, and random drives each held for a while. */
export function trailBehaviours(): readonly BehaviourPolicy<TrailState>[] {
  return [
    scriptedDriver(),
    noisyBehaviour("noisyExpert", scriptedDriver(), randomDriver()),
    randomDriver(),
    repeatedBehaviour("repeat", randomDriver()),
  ];
}
