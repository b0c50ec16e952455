/**
 * One frame's input of a first-person shooter as 51 numbers, in the order of the CS:GO recordings: 11 keys, left and
 * right mouse button, 23 steps of horizontal and 15 of vertical mouse motion. A number is 1 where its key is down or its
 * step is the one taken, else 0.
 *
 * @see Alonso et al., "Diffusion for World Modeling: Visual Details Matter in Atari" (DIAMOND), 2024, branch `csgo`
 */
import { requireRange } from "../tensor/check.js";

/** The keys in the order of the vector: move, jump, crouch, walk, three weapons, reload. */
export const csgoKeys = ["w", "a", "s", "d", "space", "ctrl", "shift", "1", "2", "3", "r"] as const;
export type CsgoKey = (typeof csgoKeys)[number];

const mirrored = (magnitudes: readonly number[]) => [
  ...magnitudes.map((magnitude) => -magnitude),
  0,
  ...[...magnitudes].reverse(),
];

/** Horizontal mouse motion per frame in mouse counts; right is positive. */
export const csgoMouseX: readonly number[] = mirrored([1000, 500, 300, 200, 100, 60, 30, 20, 10, 4, 2]);
/** Vertical mouse motion per frame in mouse counts; down is positive. */
export const csgoMouseY: readonly number[] = mirrored([200, 100, 50, 20, 10, 4, 2]);

/** What each of the 51 numbers means, in order. */
export const csgoActionNames: readonly string[] = [
  ...csgoKeys,
  "leftClick",
  "rightClick",
  ...csgoMouseX.map((counts) => `mouseX ${counts}`),
  ...csgoMouseY.map((counts) => `mouseY ${counts}`),
];
export const csgoActionSize = csgoActionNames.length;

const leftClickAt = csgoKeys.length;
const mouseXAt = leftClickAt + 2;
const mouseYAt = mouseXAt + csgoMouseX.length;

/** One frame's input in words. */
export interface CsgoAction {
  readonly keys: readonly CsgoKey[];
  readonly leftClick: boolean;
  readonly rightClick: boolean;
  /** Mouse counts, right positive. */
  readonly mouseX: number;
  /** Mouse counts, down positive. */
  readonly mouseY: number;
}

/** Nothing pressed, mouse at rest. */
export const csgoRest: CsgoAction = { keys: [], leftClick: false, rightClick: false, mouseX: 0, mouseY: 0 };

/** Place of the step closest to `counts`; halfway between two, the lower one. */
function nearestStep(steps: readonly number[], counts: number): number {
  let nearest = 0;
  for (let i = 1; i < steps.length; i++)
    if (Math.abs(steps[i] - counts) < Math.abs(steps[nearest] - counts)) nearest = i;
  return nearest;
}

/**
 * The 51 numbers of one frame's input; what is left out is at rest. Mouse motion goes to the closest step, and beyond
 * the last step to the last.
 *
 * @throws RangeError for a key that the vector does not have, or mouse motion that is not finite
 */
export function encodeCsgoAction(action: Partial<CsgoAction>): Float32Array {
  const { keys, leftClick, rightClick, mouseX, mouseY } = { ...csgoRest, ...action };
  requireRange("encodeCsgoAction", "mouseX", mouseX, -Infinity);
  requireRange("encodeCsgoAction", "mouseY", mouseY, -Infinity);
  const vector = new Float32Array(csgoActionSize);
  for (const key of keys) {
    const at = csgoKeys.indexOf(key);
    if (at < 0)
      throw new RangeError(
        `encodeCsgoAction: key is ${JSON.stringify(key)}; expected one of ${csgoKeys.join(", ")}.`,
      );
    vector[at] = 1;
  }
  vector[leftClickAt] = Number(leftClick);
  vector[leftClickAt + 1] = Number(rightClick);
  vector[mouseXAt + nearestStep(csgoMouseX, mouseX)] = 1;
  vector[mouseYAt + nearestStep(csgoMouseY, mouseY)] = 1;
  return vector;
}

/** Value of the step whose number is largest, the first of equals; at rest where all are 0. */
function largestStep(vector: ArrayLike<number>, at: number, steps: readonly number[]): number {
  let largest = -1;
  for (let i = 0; i < steps.length; i++)
    if (vector[at + i] > (largest < 0 ? 0 : vector[at + largest])) largest = i;
  return largest < 0 ? 0 : steps[largest];
}

/**
 * The input that 51 numbers stand for. They may be soft, such as a network's guesses: keys and buttons above one half
 * count as down, and each mouse axis takes the step with the largest number.
 *
 * @throws RangeError unless there are 51 numbers
 */
export function decodeCsgoAction(vector: ArrayLike<number>): CsgoAction {
  if (vector.length !== csgoActionSize)
    throw new RangeError(`decodeCsgoAction: got ${vector.length} numbers; expected ${csgoActionSize}.`);
  return {
    keys: csgoKeys.filter((_, i) => vector[i] > 0.5),
    leftClick: vector[leftClickAt] > 0.5,
    rightClick: vector[leftClickAt + 1] > 0.5,
    mouseX: largestStep(vector, mouseXAt, csgoMouseX),
    mouseY: largestStep(vector, mouseYAt, csgoMouseY),
  };
}
