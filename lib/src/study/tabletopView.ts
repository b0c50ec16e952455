/**
 * Where things of the table top show in its picture. The camera is fixed to the robot's base, a little differently in every
 * episode; here it stands in the middle of what there is, so places are right to about two pixels.
 */
import { baseStart } from "../worlds/tabletop/model.js";

const height = 1.035; // metres above the floor
const behind = 0.08; // metres from the base's middle
const slope = 0.985; // metres down to one ahead
const pixels = 32 / Math.tan(0.405); // of a picture of 64 × 64 to a tangent of 1
const edge = 32;

/** A place in the picture: pixels to the right of its middle and down from there, and metres along the view. */
export interface Seen {
  readonly across: number;
  readonly down: number;
  readonly depth: number;
}

/** Where a point before the base shows: metres ahead of it, to its left and up from the floor. */
export function seenFromBase([ahead, left, up]: readonly number[]): Seen {
  const [x, z] = [ahead + behind, up - height];
  const norm = Math.hypot(1, slope);
  const depth = Math.max(0.05, (x - slope * z) / norm);
  return { across: (-left / depth) * pixels, down: ((-slope * x - z) / norm / depth) * pixels, depth };
}

/** The place nearest to it that is in the picture. */
export function withinPicture({ across, down, depth }: Seen): Seen {
  const held = (value: number) => Math.max(-edge, Math.min(edge, value));
  return { across: held(across), down: held(down), depth };
}

/** Whether a point of the room shows, from a base that stands at x, y and has turned. */
export function isInPicture(point: readonly number[], [x, y, turn]: readonly number[]): boolean {
  const [dx, dy] = [point[0] - baseStart - x, point[1] - y];
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  const seen = seenFromBase([c * dx + s * dy, c * dy - s * dx, point[2]]);
  return Math.max(Math.abs(seen.across), Math.abs(seen.down)) < edge - 1;
}
