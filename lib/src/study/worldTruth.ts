/**
 * What is known of each frame of a built-in world, as numbers that a network can learn to read: the part of its state
 * that a single picture shows, and the action that leads to the next.
 */
import { csgoKeys, decodeCsgoAction } from "../data/csgoAction.js";
import type { ArenaState } from "../worlds/arena/arena.js";
import type { WorldName } from "../worlds/simulator.js";
import { actionNames as tabletopActionNames } from "../worlds/tabletop/actions.js";
import { blockColors } from "../worlds/tabletop/layout.js";
import type { TabletopState } from "../worlds/tabletop/tabletop.js";
import type { TrailState } from "../worlds/trail/trail.js";

/** Names that end so are 1 where a thing is there, else 0. */
export const presence = "Present";

const oneHot = <T extends string>(names: readonly T[], name: T) => names.map((each) => Number(each === name));
const fromState = (x: number, y: number) => [Math.sqrt(x * x + y * y), Math.atan2(y, x)];

const colors = Object.keys(blockColors);
const guns = ["rifle", "pistol", "knife"] as const;
const weathers = ["sun", "overcast", "fog", "dusk"] as const;

/** In metres and radians. The gripper is where it is before the base, to which the camera is fixed. */
function tabletopNumbers({ gripper, drawerOpening, blocks, light }: TabletopState): Record<string, number> {
  const [gripperX, gripperY, gripperZ] = gripper.pose;
  return {
    gripperX,
    gripperY,
    gripperZ,
    closedness: gripper.closedness,
    drawerOpening,
    light: light.ambient,
    ...Object.fromEntries(
      colors.map((color) => [`${color}${presence}`, Number(blocks.some((block) => block.color === color))]),
    ),
  };
}

/** Where the nearest target in sight stands: its distance in metres, and its place across the picture as a tangent. */
function arenaNumbers({ pose, crouch, weapon, reload, zoom, targets }: ArenaState): Record<string, number> {
  const seen = targets
    .filter(({ visible, alive }) => visible && alive)
    .map(({ x, y }) => fromState(x - pose.x, y - pose.y))
    .sort(([a], [b]) => a - b);
  const [distance, direction] = seen[0] ?? [0, pose.heading];
  return {
    pitch: pose.pitch,
    crouch,
    reload,
    zoom,
    ...Object.fromEntries(guns.map((name, i) => [name, oneHot(guns, weapon)[i]])),
    targetAcross: seen.length > 0 ? Math.tan(direction - pose.heading) : 0,
    targetNearness: seen.length > 0 ? 1 / (1 + distance / 10) : 0,
    [`target${presence}`]: Number(seen.length > 0),
  };
}

/** The flag within the picture's 90° and 20 m; weather is what the light depends on. */
function trailNumbers({ pose, goal, weather, onPath }: TrailState): Record<string, number> {
  const [distance, direction] = fromState(goal.x - pose.x, goal.y - pose.y);
  const across = direction - pose.yaw;
  const shown = distance < 20 && Math.cos(across) > Math.SQRT1_2;
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
export function readableNames(world: WorldName): readonly string[] {
  if (world === "arena") return [...csgoKeys, "leftClick", "rightClick", "mouseX", "mouseY"];
  return world === "trail" ? ["forward", "left", "turn"] : tabletopActionNames;
}

/** Mouse counts reach from 2 to 1000; their roots lie closer together. */
const root = (counts: number) => Math.sign(counts) * Math.sqrt(Math.abs(counts));

/** Mouse counts of a root. */
export const mouseCounts = (value: number) => Math.sign(value) * value * value;

/**
 * An action as it is to be read from frames. The arena's 51 zeros and ones become its 11 keys, 2 buttons and the signed
 * roots of the mouse's motion across and down; actions of the others stay as they are.
 */
export function readableAction(world: WorldName, action: ArrayLike<number>): number[] {
  if (world !== "arena") return Array.from(action);
  const { keys, leftClick, rightClick, mouseX, mouseY } = decodeCsgoAction(action);
  const down = csgoKeys.map((key) => Number(keys.includes(key)));
  return [...down, Number(leftClick), Number(rightClick), root(mouseX), root(mouseY)];
}
