/** Where the player looks, and what a straight line from the eye meets. */
import { cosine, sine } from "../raster/trigonometry.js";
import { type ArenaMap, castRay } from "./map.js";
import { type Moment, type Target, turnUnits } from "./moment.js";

const radians = (2 * Math.PI) / turnUnits;

export interface View {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly cos: number;
  readonly sin: number;
  readonly tilt: number;
  readonly focal: number;
}

const focalWide = 1.2; // 80° across
const focalAiming = 2.6; // 42° across

/** Height of the eye above the feet. */
export function eyeHeight(crouch: number): number {
  return 1.62 - crouch * 0.15;
}

/** The camera of a moment. */
export function viewOf(moment: Moment): View {
  const heading = (moment.heading + moment.kickAside) * radians;
  const pitch = (moment.pitch + moment.kick) * radians;
  return {
    x: moment.x,
    y: moment.y,
    z: moment.z + eyeHeight(moment.crouch),
    cos: cosine(heading),
    sin: sine(heading),
    tilt: sine(pitch) / cosine(pitch),
    focal: focalWide + ((focalAiming - focalWide) * moment.zoom) / 3,
  };
}

export const targetHeight = 1.78;
const targetRadius = 0.3;

/** Distance at which the line from the eye along the view meets a standing target; Infinity if it does not. */
function distanceTo(view: View, target: Target): number {
  const dx = target.x - view.x;
  const dy = target.y - view.y;
  const along = dx * view.cos + dy * view.sin;
  const aside = dx * view.sin - dy * view.cos;
  const inside = targetRadius * targetRadius - aside * aside;
  if (target.health === 0 || along <= 0 || inside <= 0) return Infinity;
  const distance = Math.max(0, along - Math.sqrt(inside));
  const z = view.z + view.tilt * distance;
  return z > 0 && z < targetHeight ? distance : Infinity;
}

/** What the crosshair is on. */
export interface Aim {
  /** Along the ground, in metres. */
  readonly distance: number;
  /** The target met first, if no wall is nearer. */
  readonly target: number | undefined;
  readonly head: boolean;
}

/** Follows the line through the crosshair for at most `reach` metres. */
export function aimAt(map: ArenaMap, view: View, targets: readonly Target[], reach: number): Aim {
  let distance = castRay(map, view.x, view.y, view.z, view.cos, view.sin, view.tilt, reach);
  let met: number | undefined;
  targets.forEach((target, i) => {
    const far = distanceTo(view, target);
    if (far > reach || far >= distance) return;
    distance = far;
    met = i;
  });
  return { distance, target: met, head: view.z + view.tilt * distance > 1.48 };
}

/** Whether a target's head or chest is in the picture with nothing in between. */
export function isVisible(map: ArenaMap, view: View, target: Target): boolean {
  const dx = target.x - view.x;
  const dy = target.y - view.y;
  const along = dx * view.cos + dy * view.sin;
  const aside = dx * view.sin - dy * view.cos;
  if (along < 0.3 || Math.abs(aside) - targetRadius > along / view.focal) return false;
  const heights = target.health > 0 ? [1.6, 1.1] : [0.3];
  return heights.some((z) => castRay(map, view.x, view.y, view.z, dx, dy, z - view.z, 1) >= 1);
}
