/** A camera's axes in the world: right, up and forward, of length 1, and how wide it sees. */
import type { Camera, Vector3 } from "./scene.js";
import { cosine, sine } from "./trigonometry.js";
import { cross, dot, normalize } from "./vector.js";

export interface View {
  readonly position: Vector3;
  readonly right: Vector3;
  readonly up: Vector3;
  readonly forward: Vector3;
  /** Tangent of half the angle of view: half the picture's height at distance 1. */
  readonly halfHeight: number;
}

/** @throws RangeError if the field of view is no angle between 0 and π, or `up` points along `forward` */
export function viewOf({ position, forward, up, fieldOfView }: Camera): View {
  if (!(fieldOfView > 0 && fieldOfView < Math.PI))
    throw new RangeError(`renderScene: fieldOfView is ${fieldOfView}; expected radians between 0 and π.`);
  const ahead = normalize(forward);
  const right = cross(ahead, up);
  if (!(dot(right, right) > 1e-12 * dot(up, up)))
    throw new RangeError(
      `renderScene: camera.up [${up}] should not be parallel to camera.forward [${forward}].`,
    );
  const unitRight = normalize(right);
  return {
    position,
    right: unitRight,
    up: cross(unitRight, ahead),
    forward: ahead,
    halfHeight: sine(fieldOfView / 2) / cosine(fieldOfView / 2),
  };
}
