/** The vertices of an instance, as seen from a place with three axes of its own. */
import type { Instance, Vector3 } from "./scene.js";

let points = new Float64Array(0); // used anew by every call

/** [vertex, 3]: how far each vertex lies from `origin` along each axis. Valid until the next call. */
export function framePoints(
  { mesh, position, rotation: r }: Instance,
  origin: Vector3,
  ...axes: readonly [Vector3, Vector3, Vector3]
): Float64Array {
  const { positions } = mesh;
  if (points.length < positions.length) points = new Float64Array(2 * positions.length);
  for (let k = 0; k < 3; k++) {
    const [x, y, z] = axes[k];
    const a = x * r[0] + y * r[3] + z * r[6];
    const b = x * r[1] + y * r[4] + z * r[7];
    const c = x * r[2] + y * r[5] + z * r[8];
    const d = x * (position[0] - origin[0]) + y * (position[1] - origin[1]) + z * (position[2] - origin[2]);
    for (let v = 0; v < positions.length; v += 3)
      points[v + k] = a * positions[v] + b * positions[v + 1] + c * positions[v + 2] + d;
  }
  return points;
}
