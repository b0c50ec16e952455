/**
 * The trail, which stands for recordings of RECON: a robot with a camera outdoors. An action is (dx, dy, dyaw) in the
 * robot's own directions: metres forward, metres to the left, radians to the left.
 */
import { requireRange, requireWhole } from "../../tensor/check.js";
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { directionAngle } from "../raycast/angles.js";
import { createCanvas, resolvePicture } from "../raycast/canvas.js";
import type { Simulator, SimulatorSnapshot } from "../simulator.js";
import { onPathAt } from "./ground.js";
import { groundAt, shortWay } from "./groundMap.js";
import { createLandscape, type Landscape } from "./landscape.js";
import type { Weather } from "./looks.js";
import { isWayBlocked } from "./obstacles.js";
import { advancePose, type GroundPose } from "./pose.js";
import { drawTrail } from "./scene.js";

const framesPerSecond = 4;
const goalReach = 1.5;

/** The trail's true state; metres and radians. */
export interface TrailState {
  readonly seed: number;
  readonly frame: number;
  /** Where the robot is: `height` of the ground, `yaw` from x towards y, never wrapped. x and y go on beyond the map. */
  readonly pose: GroundPose & { readonly height: number };
  /** The last action ran into something: its turn was taken, its motion was not. */
  readonly blocked: boolean;
  readonly weather: Weather;
  /** Where the flag stands, as seen from the robot over the map's edge. */
  readonly goal: { readonly x: number; readonly y: number };
  readonly goalDistance: number;
  readonly goalsReached: number;
  /** 1 on the path, 0 off it. */
  readonly onPath: number;
}

/** One moment of the trail: all that decides its future. */
interface Moment extends GroundPose {
  readonly frame: number;
  readonly blocked: boolean;
  /** Which point of the path the flag stands at. */
  readonly goalPoint: number;
  readonly goalsReached: number;
}

function firstMoment({ ground: { path } }: Landscape, seed: number): Moment {
  const [place, side, far] = uniformValues(3, deriveSeed(seed, 20));
  const start = Math.floor(place * path.length);
  const way = side < 0.5 ? 1 : -1;
  const ahead = path[(start + 4 * way + path.length) % path.length];
  const [x, y] = path[start];
  const angle = directionAngle(ahead[0] - x, ahead[1] - y);
  return {
    frame: 0,
    x,
    y,
    yaw: Math.round(angle * 2 ** 20) / 2 ** 20, // few enough bits that turns add up exactly
    blocked: false,
    goalPoint: (start + way * (25 + Math.floor(35 * far)) + path.length) % path.length,
    goalsReached: 0,
  };
}

/**
 * Opens a trail at `seed` (a whole number from 1 up), 4 frames per second. Pictures have from 8 to 1024 pixels a side.
 *
 * @throws RangeError for a seed, a picture size or an action that does not fit, or the snapshot of another world
 */
export function createTrail(seed: number): Simulator<TrailState> {
  let landscape: Landscape;
  let moment: Moment;
  let at = 0;
  let canvas = createCanvas("trail.render", 64);

  /** The flag's place, on the copy of the map closest to a pose. */
  function goalNear(pose: GroundPose, goalPoint: number): readonly [number, number] {
    const [x, y] = landscape.ground.path[goalPoint];
    return [pose.x + shortWay(pose.x, x), pose.y + shortWay(pose.y, y)];
  }

  function goalDistance(pose: GroundPose, goalPoint: number): number {
    const [x, y] = goalNear(pose, goalPoint);
    return Math.sqrt((x - pose.x) ** 2 + (y - pose.y) ** 2);
  }

  function reset(next: number): void {
    requireWhole("createTrail", "seed", next, 1, 2 ** 53 - 1);
    if (next !== at) landscape = createLandscape(next);
    at = next;
    moment = firstMoment(landscape, next);
  }

  function step(action: ArrayLike<number>): void {
    if (action.length !== 3)
      throw new RangeError(`trail.step: action has ${action.length} numbers; expected 3: dx, dy, dyaw.`);
    for (let i = 0; i < 3; i++) requireRange("trail.step", ["dx", "dy", "dyaw"][i], action[i], -5, 5);
    const wanted = advancePose(moment, action[0], action[1], action[2]);
    const blocked = isWayBlocked(landscape.ground, moment.x, moment.y, wanted.x, wanted.y);
    const pose = blocked ? { x: moment.x, y: moment.y, yaw: wanted.yaw } : wanted;
    let { goalPoint, goalsReached } = moment;
    if (goalDistance(pose, goalPoint) < goalReach) {
      goalsReached++;
      const far = 25 + Math.floor(35 * uniformValues(1, deriveSeed(at, 21, goalsReached))[0]);
      goalPoint = (goalPoint + far) % landscape.ground.path.length;
    }
    moment = { ...pose, frame: moment.frame + 1, blocked, goalPoint, goalsReached };
  }

  function render(size = 64, shown: "all" | "scenery" = "all"): Uint8Array {
    if (canvas.size !== size) canvas = createCanvas("trail.render", size);
    drawTrail(canvas, landscape, moment, landscape.ground.path[moment.goalPoint], shown);
    return resolvePicture(canvas);
  }

  function state(): TrailState {
    const { x, y, yaw, frame, blocked, goalPoint, goalsReached } = moment;
    const [goalX, goalY] = goalNear(moment, goalPoint);
    return {
      seed: at,
      frame,
      pose: { x, y, yaw, height: groundAt(landscape.ground.height, x, y) },
      blocked,
      weather: landscape.looks.weather,
      goal: { x: goalX, y: goalY },
      goalDistance: goalDistance(moment, goalPoint),
      goalsReached,
      onPath: onPathAt(landscape.ground.pathSpots, x, y),
    };
  }

  reset(seed);
  return {
    name: "trail",
    actionSize: 3,
    actionNames: ["dx", "dy", "dyaw"],
    fps: framesPerSecond,
    reset,
    step,
    render,
    state,
    snapshot: () => ({ world: "trail", seed: at, data: { ...moment } }),
    restore(snapshot: SimulatorSnapshot): void {
      if (snapshot.world !== "trail")
        throw new RangeError(`trail.restore: the snapshot is of ${snapshot.world}; expected trail.`);
      reset(snapshot.seed);
      moment = { ...(snapshot.data as Moment) };
    },
    dispose() {},
  };
}
