/**
 * The arm between shoulder and wrist, for the picture only: MuJoCo moves the gripper on motors of its own, and two links
 * and a ball for the elbow are drawn to where it is.
 */
import { capsuleMesh, sphereMesh } from "../raster/meshes.js";
import type { Instance, Vector3 } from "../raster/scene.js";
import { cross, dot, normalize } from "../raster/vector.js";
import type { Looks } from "./layout.js";

const linkLength = 0.5;
const upper = capsuleMesh(0.04, linkLength / 2, 14);
const fore = capsuleMesh(0.028, linkLength / 2, 14);
const elbow = sphereMesh(0.044, 14);
const ball = sphereMesh(0.034, 14);

/** The shoulder before the base: outside the picture, to the right of the camera. */
export const shoulder: Vector3 = [0.25, -0.66, 0.5];

/** Links and joints of an arm whose elbow hangs outwards along `outwards`. */
export function armInstances(from: Vector3, wrist: Vector3, outwards: Vector3, looks: Looks): Instance[] {
  const reach: Vector3 = [wrist[0] - from[0], wrist[1] - from[1], wrist[2] - from[2]];
  const distance = Math.sqrt(dot(reach, reach));
  const along = normalize(reach);
  const slip = dot(outwards, along);
  const side = normalize([
    outwards[0] - slip * along[0],
    outwards[1] - slip * along[1],
    outwards[2] - slip * along[2],
  ]);
  const bend = Math.sqrt(Math.max(0, linkLength ** 2 - (distance / 2) ** 2));
  const point = (share: number, aside: number): Vector3 => [
    from[0] + share * reach[0] + aside * side[0],
    from[1] + share * reach[1] + aside * side[1],
    from[2] + share * reach[2] + aside * side[2],
  ];
  const hinge = point(0.5, bend);
  const link = (mesh: Instance["mesh"], a: Vector3, b: Vector3): Instance => ({
    mesh,
    position: [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2, (a[2] + b[2]) / 2],
    rotation: axisTowards([b[0] - a[0], b[1] - a[1], b[2] - a[2]]),
    material: looks.arm,
    castsShadow: true,
  });
  const joint = (mesh: Instance["mesh"], position: Vector3): Instance => ({
    mesh,
    position,
    rotation: [1, 0, 0, 0, 1, 0, 0, 0, 1],
    material: looks.joint,
    castsShadow: true,
  });
  return [link(upper, from, hinge), link(fore, hinge, wrist), joint(elbow, hinge), joint(ball, wrist)];
}

/** A rotation that takes the z axis to this direction. */
function axisTowards(direction: Vector3): number[] {
  const z = normalize(direction);
  const x = normalize(cross(Math.abs(z[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0], z));
  const y = cross(z, x);
  return [x[0], y[0], z[0], x[1], y[1], z[1], x[2], y[2], z[2]];
}
