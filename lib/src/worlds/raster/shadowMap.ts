/**
 * Shadows: the scene drawn once as the light sees it, without perspective, keeping how near to the light the nearest
 * surface is. A point is in shadow where something is nearer to the light than itself.
 */
import { fillTriangle, type NearestBuffer, nearestBuffer } from "./fillTriangle.js";
import { framePoints } from "./framePoints.js";
import type { Instance, Light, Vector3 } from "./scene.js";
import type { Points } from "./shade.js";
import { cross, normalize } from "./vector.js";

const side = 256;
const buffer = nearestBuffer(side, side); // used anew by every picture
const nearnessOfStill = new WeakMap<Light, Float32Array>();

export interface ShadowMap {
  readonly buffer: NearestBuffer;
  readonly across: Vector3;
  readonly along: Vector3;
  readonly towards: Vector3;
  readonly center: Vector3;
  /** Samples per metre. */
  readonly scale: number;
}

/** The shadow map of a light; undefined if the light casts none. */
export function shadowMap(light: Light, instances: readonly Instance[]): ShadowMap | undefined {
  const { direction, shadow } = light;
  if (!shadow) return undefined;
  const towards = normalize(direction);
  const across = normalize(cross(Math.abs(towards[2]) < 0.9 ? [0, 0, 1] : [1, 0, 0], towards));
  const along = cross(towards, across);
  const scale = side / (2 * shadow.radius);
  const map = { buffer, across, along, towards, center: shadow.center, scale };
  const still = nearnessOfStill.get(light);
  if (still) buffer.nearness.set(still);
  else {
    buffer.nearness.fill(-Infinity);
    if (shadow.still) {
      for (const instance of shadow.still) drawFromLight(map, instance);
      nearnessOfStill.set(light, buffer.nearness.slice());
    }
  }
  for (const instance of instances) if (instance.castsShadow) drawFromLight(map, instance);
  return map;
}

const seen = new Float64Array(9); // one triangle as the light sees it

/** Draws the faces that look towards the light. */
function drawFromLight(
  { buffer, across, along, towards, center, scale }: ShadowMap,
  instance: Instance,
): void {
  const points = framePoints(instance, center, across, along, towards);
  const { triangles } = instance.mesh;
  const middle = side / 2 - 0.5;
  for (let t = 0; t < triangles.length; t += 3) {
    const i = 3 * triangles[t];
    const j = 3 * triangles[t + 1];
    const k = 3 * triangles[t + 2];
    const x0 = middle + scale * points[i];
    const y0 = middle + scale * points[i + 1];
    const x1 = middle + scale * points[j];
    const y1 = middle + scale * points[j + 1];
    const x2 = middle + scale * points[k];
    const y2 = middle + scale * points[k + 1];
    const facing = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0);
    if (facing <= 0) continue;
    const rise1 = points[j + 2] - points[i + 2];
    const rise2 = points[k + 2] - points[i + 2];
    const a = (rise1 * (y2 - y0) - rise2 * (y1 - y0)) / facing;
    const b = (rise2 * (x1 - x0) - rise1 * (x2 - x0)) / facing;
    seen[0] = x0;
    seen[1] = y0;
    seen[2] = x1;
    seen[3] = y1;
    seen[4] = x2;
    seen[5] = y2;
    seen[6] = a;
    seen[7] = b;
    seen[8] = points[i + 2] - a * x0 - b * y0;
    fillTriangle(buffer, seen, 0);
  }
}

/**
 * Writes how much of the light reaches each of `count` points, from 0 to 1: the mean over about three samples each way,
 * weighted so that it changes smoothly. A point is first moved along its normal, as far as the farthest sample
 * needs (2 √2 samples away, times the surface's slope): else a surface would shade itself.
 */
export function lightReaching(
  { buffer, across, along, towards, center, scale }: ShadowMap,
  { place, normal, slant: slants, lit }: Points,
  count: number,
): void {
  const { nearness } = buffer;
  for (let point = 0; point < count; point++) {
    const slant = slants[point];
    if (slant <= 0) {
      lit[point] = 0;
      continue;
    }
    const lift = (0.1 + 2.9 * Math.sqrt(Math.max(0, 1 - slant * slant))) / scale;
    const dx = place[3 * point] + lift * normal[3 * point] - center[0];
    const dy = place[3 * point + 1] + lift * normal[3 * point + 1] - center[1];
    const dz = place[3 * point + 2] + lift * normal[3 * point + 2] - center[2];
    const u = (dx * across[0] + dy * across[1] + dz * across[2]) * scale + side / 2 - 0.5;
    const v = (dx * along[0] + dy * along[1] + dz * along[2]) * scale + side / 2 - 0.5;
    const near = dx * towards[0] + dy * towards[1] + dz * towards[2];
    if (!(u >= 1 && v >= 1 && u < side - 2 && v < side - 2)) {
      lit[point] = 1;
      continue;
    }
    const column = u | 0;
    const row = v | 0;
    let sum = 0;
    for (let j = -1; j <= 2; j++) {
      const weight = j === -1 ? 1 - (v - row) : j === 2 ? v - row : 1;
      const i = (row + j) * side + column;
      let line = 0;
      if (nearness[i - 1] <= near) line += 1 - (u - column);
      if (nearness[i] <= near) line += 1;
      if (nearness[i + 1] <= near) line += 1;
      if (nearness[i + 2] <= near) line += u - column;
      sum += weight * line;
    }
    lit[point] = sum / 9;
  }
}
