/**
 * Keys of every world, and the action that they make together. Codes are `KeyboardEvent.code`s, so that a key is where it is
 * on every layout; keys that a browser needs itself (Control, Tab, Escape) are no controls.
 */
import { type CsgoAction, type CsgoKey, encodeCsgoAction } from "../data/csgoAction.js";
import type { Control } from "./protocol.js";

/** How a world is steered. */
export interface Steering {
  readonly controls: readonly Control[];
  /** Whether the mouse looks around. */
  readonly mouse: boolean;
  /** The action for the controls that are down and the mouse's motion; without any, at rest. */
  action(held: readonly string[], mouse: readonly [number, number]): number[];
}

const control = (id: string, label: string, ...keys: string[]): Control => ({ id, label, keys });

const arenaKeys: readonly (readonly [Control, CsgoKey])[] = [
  [control("forward", "forward", "KeyW"), "w"],
  [control("left", "left", "KeyA"), "a"],
  [control("back", "back", "KeyS"), "s"],
  [control("right", "right", "KeyD"), "d"],
  [control("jump", "jump", "Space"), "space"],
  [control("crouch", "crouch", "KeyC"), "ctrl"],
  [control("walk", "walk", "ShiftLeft", "ShiftRight"), "shift"],
  [control("rifle", "rifle", "Digit1"), "1"],
  [control("pistol", "pistol", "Digit2"), "2"],
  [control("knife", "knife", "Digit3"), "3"],
  [control("reload", "reload", "KeyR"), "r"],
];
const arenaLook: Readonly<Record<string, readonly [number, number]>> = {
  lookLeft: [-60, 0],
  lookRight: [60, 0],
  lookUp: [0, -20],
  lookDown: [0, 20],
};

const arena: Steering = {
  controls: [
    ...arenaKeys.map(([each]) => each),
    control("fire", "fire", "mouse0", "KeyF"),
    control("aim", "aim", "mouse2", "KeyV"),
    control("lookLeft", "look left", "ArrowLeft"),
    control("lookRight", "look right", "ArrowRight"),
    control("lookUp", "look up", "ArrowUp"),
    control("lookDown", "look down", "ArrowDown"),
  ],
  mouse: true,
  action(held, [x, y]) {
    const turns = held.flatMap((id) => (Object.hasOwn(arenaLook, id) ? [arenaLook[id]] : []));
    const input: CsgoAction = {
      keys: arenaKeys.filter(([{ id }]) => held.includes(id)).map(([, key]) => key),
      leftClick: held.includes("fire"),
      rightClick: held.includes("aim"),
      mouseX: turns.reduce((sum, turn) => sum + turn[0], x),
      mouseY: turns.reduce((sum, turn) => sum + turn[1], y),
    };
    return [...encodeCsgoAction(input)];
  },
};

/** What a control adds to the action: place in the vector, and amount. */
type Push = readonly (readonly [at: number, amount: number])[];

/** A world whose controls add up; where none is down, all numbers are 0. */
function additive(size: number, pushes: readonly (readonly [Control, Push])[]): Steering {
  return {
    controls: pushes.map(([each]) => each),
    mouse: false,
    action(held) {
      const action = new Array<number>(size).fill(0);
      for (const [{ id }, push] of pushes)
        if (held.includes(id)) for (const [at, amount] of push) action[at] += amount;
      return action;
    },
  };
}

/** RT-1's order: base 0 to 2, gripper 3, rotation 4 to 6, which part acts 7 to 9, gripper's motion 10 to 12. */
const tabletop = additive(13, [
  [control("ahead", "ahead", "KeyW", "ArrowUp"), [[10, 0.04]]],
  [control("left", "left", "KeyA", "ArrowLeft"), [[11, 0.04]]],
  [control("back", "back", "KeyS", "ArrowDown"), [[10, -0.04]]],
  [control("right", "right", "KeyD", "ArrowRight"), [[11, -0.04]]],
  [control("up", "up", "KeyR"), [[12, 0.04]]],
  [control("down", "down", "KeyF"), [[12, -0.04]]],
  [control("turnLeft", "turn left", "KeyQ"), [[6, 0.15]]],
  [control("turnRight", "turn right", "KeyE"), [[6, -0.15]]],
  [control("close", "close gripper", "KeyC"), [[3, 0.5]]],
  [control("open", "open gripper", "KeyO"), [[3, -0.5]]],
]);

/** RECON's order: metres ahead, metres to the left, radians to the left, per frame. */
const trail = additive(3, [
  [control("ahead", "ahead", "KeyW", "ArrowUp"), [[0, 0.4]]],
  [control("turnLeft", "turn left", "KeyA", "ArrowLeft"), [[2, 0.15]]],
  [control("back", "back", "KeyS", "ArrowDown"), [[0, -0.2]]],
  [control("turnRight", "turn right", "KeyD", "ArrowRight"), [[2, -0.15]]],
]);

const steerings: Readonly<Record<string, Steering>> = { arena, tabletop, trail };

/** Steering of a built-in world; of any other, a pair of keys for each of the first numbers of its action. */
export function steeringOf(world: string, actionSize: number): Steering {
  if (Object.hasOwn(steerings, world)) return steerings[world];
  const pairs = ["QA", "WS", "ED", "RF", "GV", "YH", "UJ", "IK"].slice(0, actionSize);
  return additive(
    actionSize,
    pairs.flatMap(([more, less], i) => [
      [control(`more${i}`, `a${i} +`, `Key${more}`), [[i, 1]]] as const,
      [control(`less${i}`, `a${i} −`, `Key${less}`), [[i, -1]]] as const,
    ]),
  );
}
