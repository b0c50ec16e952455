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

/** A place in the picture: pixels to the right of its middle and down from there. */
export interface Seen {
  readonly across: number;
  readonly down: number;
}

/** Where a point before the base shows: metres ahead of it, to its left and up. Nothing if it is outside the picture. */
export function seenFromBase([ahead, left, up]: readonly number[]): Seen | undefined {
  const [x, z] = [ahead + behind, up - height];
  const norm = Math.hypot(1, slope);
  const depth = (x - slope * z) / norm;
  const [across, down] = [-left, (-slope * x - z) / norm].map((way) => (way / depth) * pixels);
  return depth > 0 && Math.max(Math.abs(across), Math.abs(down)) < edge ? { across, down } : undefined;
}

/** The same for a point of the room, from a base that stands at x, y and has turned. */
export function seenInRoom(point: readonly number[], [x, y, turn]: readonly number[]): Seen | undefined {
  const [dx, dy] = [point[0] - baseStart - x, point[1] - y];
  const [c, s] = [Math.cos(turn), Math.sin(turn)];
  return seenFromBase([c * dx + s * dy, c * dy - s * dx, point[2]]);
}
