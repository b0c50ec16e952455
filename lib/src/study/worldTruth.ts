/**
 * What is known of each frame of a built-in world, as numbers that a network can learn to read: the part of its state
 * that a single picture shows, and the action that leads to the next.
 */
import type { ArenaState } from "../worlds/arena/arena.js";
import { wrapAngle } from "../worlds/raycast/angles.js";
import type { WorldName } from "../worlds/simulator.js";
import { blockColors, cabinet } from "../worlds/tabletop/layout.js";
import type { TabletopState } from "../worlds/tabletop/tabletop.js";
import type { TrailState } from "../worlds/trail/trail.js";
import { seenFromBase, seenInRoom } from "./tabletopView.js";

/** Names that end so are 1 where a thing is there, else 0. */
export const presence = "Present";

const oneHot = <T extends string>(names: readonly T[], name: T) => names.map((each) => Number(each === name));
const fromState = (x: number, y: number) => [Math.sqrt(x * x + y * y), Math.atan2(y, x)];

const colors = Object.keys(blockColors);
const guns = ["rifle", "pistol", "knife"] as const;
const weathers = ["sun", "overcast", "fog", "dusk"] as const;

/**
 * The gripper's place in the picture, and where light comes from. A block counts as there while it is on the table and in
 * the picture.
 */
function tabletopNumbers({
  gripper,
  base,
  drawerOpening,
  blocks,
  light,
}: TabletopState): Record<string, number> {
  const seen = seenFromBase(gripper.pose);
  const shows = ({ position }: TabletopState["blocks"][number]) =>
    position[2] > cabinet.top && seenInRoom(position, base) !== undefined;
  return {
    gripperAcross: seen?.across ?? 0,
    gripperDown: seen?.down ?? 0,
    [`gripper${presence}`]: Number(seen !== undefined),
    drawerOpening,
    lightAhead: light.direction[0],
    lightLeft: light.direction[1],
    ...Object.fromEntries(
      colors.map((color) => [
        `${color}${presence}`,
        Number(blocks.some((block) => block.color === color && shows(block))),
      ]),
    ),
  };
}

/** The nearest target in sight within 12 metres, where it is six pixels high or so: its place across is a tangent. */
function arenaNumbers({ pose, weapon, reload, zoom, targets }: ArenaState): Record<string, number> {
  const seen = targets
    .filter(({ visible, alive }) => visible && alive)
    .map(({ x, y }) => fromState(x - pose.x, y - pose.y))
    .filter(([distance]) => distance < 12)
    .sort(([a], [b]) => a - b);
  const [distance, direction] = seen[0] ?? [0, pose.heading];
  return {
    pitch: pose.pitch,
    reload,
    zoom,
    ...Object.fromEntries(guns.map((name, i) => [name, oneHot(guns, weapon)[i]])),
    targetAcross: seen.length > 0 ? Math.tan(direction - pose.heading) : 0,
    targetNearness: seen.length > 0 ? 1 / (1 + distance / 10) : 0,
    [`target${presence}`]: Number(seen.length > 0),
  };
}

/** The flag within the picture's 90° and 10 metres, where it is two pixels or more; weather is what the light depends on. */
function trailNumbers({ pose, goal, weather, onPath }: TrailState): Record<string, number> {
  const [distance, direction] = fromState(goal.x - pose.x, goal.y - pose.y);
  const across = direction - pose.yaw;
  const shown = distance < 10 && Math.cos(across) > Math.SQRT1_2;
  return {
    onPath,
    ...Object.fromEntries(weathers.map((name, i) => [name, oneHot(weathers, weather)[i]])),
    flagAcross: shown ? Math.tan(across) : 0,
    flagNearness: shown ? 1 / (1 + distance / 10) : 0,
    [`flag${presence}`]: Number(shown),
  };
}

/** The numbers of a state by name; always the same names in the same order for a world. */
export function stateNumbers(world: WorldName, state: object): Record<string, number> {
  switch (world) {
    case "tabletop":
      return tabletopNumbers(state as TabletopState);
    case "arena":
      return arenaNumbers(state as ArenaState);
    case "trail":
      return trailNumbers(state as TrailState);
  }
}

/** What each number of a readable action is. */
const motions = {
  tabletop: ["baseX", "baseY", "baseTurn", "gripperAcross", "gripperDown"],
  arena: ["forward", "left", "up", "turn", "tilt", "shot"],
  trail: ["forward", "left", "turn"],
} as const satisfies Record<WorldName, readonly string[]>;

export const readableNames = (world: WorldName): readonly string[] => motions[world];

/** The motion along a direction and to its left. */
function alongAndAside(from: Place, to: Place, direction: number): [number, number] {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const [c, s] = [Math.cos(direction), Math.sin(direction)];
  return [c * dx + s * dy, c * dy - s * dx];
}

interface Place {
  readonly x: number;
  readonly y: number;
}

/** The base in its own axes, metres and radians; the gripper in the picture, while it shows there. */
function tabletopMotion(from: TabletopState, to: TabletopState): number[] {
  const place = ({ base: [x, y] }: TabletopState) => ({ x, y });
  const [before, after] = [from, to].map(({ gripper }) => seenFromBase(gripper.pose));
  const shows = before && after;
  return [
    ...alongAndAside(place(from), place(to), from.base[2]),
    to.base[2] - from.base[2],
    shows ? after.across - before.across : 0,
    shows ? after.down - before.down : 0,
  ];
}

/** Turns reach from a tenth of a degree to a quarter of a circle; their roots lie closer together. */
const root = (value: number) => Math.sign(value) * Math.sqrt(Math.abs(value));

/** Degrees of a root. */
export const degreesOf = (value: number) => Math.sign(value) * value * value;

/** In metres, and signed roots of degrees to the left and up. */
function arenaMotion(from: ArenaState, to: ArenaState): number[] {
  const degrees = (radians: number) => (radians * 180) / Math.PI;
  return [
    ...alongAndAside(from.pose, to.pose, from.pose.heading),
    to.pose.z - from.pose.z,
    root(degrees(wrapAngle(to.pose.heading - from.pose.heading))),
    root(degrees(to.pose.pitch - from.pose.pitch)),
    Number(to.shots > from.shots),
  ];
}

/**
 * What an action did, as it can be read from the frames before and after: not what was asked for, since the table top's arm
 * follows late, the arena's player stops at walls, and a key that does nothing shows nothing. The trail's actions say already
 * how the robot moved.
 *
 * @param action as the world's data set holds it
 */
export function readableAction(
  world: WorldName,
  action: ArrayLike<number>,
  from: object,
  to: object,
): number[] {
  switch (world) {
    case "tabletop":
      return tabletopMotion(from as TabletopState, to as TabletopState);
    case "arena":
      return arenaMotion(from as ArenaState, to as ArenaState);
    case "trail":
      return Array.from(action);
  }
}
