/** How (dx, dy, dyaw) moves a robot, the convention of RECON's recordings. */
import { cosine, sine } from "../raster/trigonometry.js";

/** A place and a direction on the ground: metres, and radians from x towards y. Yaw is not wrapped. */
export interface GroundPose {
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
}

/**
 * The pose one frame later: `dx` metres forward and `dy` to the left, both along the directions of `pose`, then a turn by
 * `dyaw` radians. Yaw is a plain sum, so turns of 10⁻⁶ or more in float32 add up and cancel exactly.
 */
export function advancePose(pose: GroundPose, dx: number, dy: number, dyaw: number): GroundPose {
  const cos = cosine(pose.yaw);
  const sin = sine(pose.yaw);
  return {
    x: pose.x + (cos * dx - sin * dy),
    y: pose.y + (sin * dx + cos * dy),
    yaw: pose.yaw + dyaw,
  };
}
