/**
 * First half of a picture: which triangle each sample sees. Triangles that face away are left out, those that reach
 * behind the camera are cut at the near plane. Perspective is exact: 1 / depth is linear on the screen.
 */
import { fillTriangle, type NearestBuffer } from "./fillTriangle.js";
import { framePoints } from "./framePoints.js";
import type { Instance } from "./scene.js";
import {
  appendSurface,
  appendTriangle,
  normalAt,
  planeAt,
  rowLength,
  surfaceAt,
  type TriangleList,
} from "./triangleList.js";
import type { View } from "./view.js";

/** Nothing nearer than this is drawn, in metres. */
const nearPlane = 0.02;

/** Draws all instances into `buffer`, whose numbers count the triangles of `list`; `list` is emptied first. */
export function visibleTriangles(
  view: View,
  instances: readonly Instance[],
  buffer: NearestBuffer,
  list: TriangleList,
): void {
  list.triangleCount = 0;
  list.surfaceCount = 0;
  buffer.nearness.fill(0);
  buffer.triangle.fill(-1);
  for (const instance of instances) {
    const points = framePoints(instance, view.position, view.right, view.up, view.forward);
    const surface = appendSurface(list, instance);
    const { triangles } = instance.mesh;
    for (let corner = 0; corner < triangles.length; corner += 3) {
      const i = 3 * triangles[corner];
      const j = 3 * triangles[corner + 1];
      const k = 3 * triangles[corner + 2];
      if (Math.max(points[i + 2], points[j + 2], points[k + 2]) < nearPlane) continue;
      const id = list.triangleCount;
      if (!describeTriangle(list, instance, surface, points, i, j, k)) continue;
      fillSeen(view, buffer, list, id, points, i, j, k);
    }
  }
}

/**
 * Adds the triangle with corners p, q, r, seen from the camera at the origin, to the list; false if it faces away.
 * A point a p + b q + c r has a = (q × r) · point / det(p, q, r) and so on, which gives plane and normal at once.
 */
function describeTriangle(
  list: TriangleList,
  instance: Instance,
  surface: number,
  points: Float64Array,
  i: number,
  j: number,
  k: number,
): boolean {
  const qrX = points[j + 1] * points[k + 2] - points[j + 2] * points[k + 1];
  const qrY = points[j + 2] * points[k] - points[j] * points[k + 2];
  const qrZ = points[j] * points[k + 1] - points[j + 1] * points[k];
  const determinant = points[i] * qrX + points[i + 1] * qrY + points[i + 2] * qrZ;
  if (!(determinant > 0)) return false; // (right, up, forward) is a left-handed system: positive faces the camera
  const rpX = points[k + 1] * points[i + 2] - points[k + 2] * points[i + 1];
  const rpY = points[k + 2] * points[i] - points[k] * points[i + 2];
  const rpZ = points[k] * points[i + 1] - points[k + 1] * points[i];
  const pqX = points[i + 1] * points[j + 2] - points[i + 2] * points[j + 1];
  const pqY = points[i + 2] * points[j] - points[i] * points[j + 2];
  const pqZ = points[i] * points[j + 1] - points[i + 1] * points[j];
  const start = appendTriangle(list);
  const rows = list.triangles;
  rows[start + surfaceAt] = surface;
  const plane = start + planeAt;
  const normal = start + normalAt;
  rows[plane] = (qrX + rpX + pqX) / determinant;
  rows[plane + 1] = (qrY + rpY + pqY) / determinant;
  rows[plane + 2] = (qrZ + rpZ + pqZ) / determinant;
  const { rotation: r } = instance;
  const { normals } = instance.mesh;
  for (let axis = 0; axis < 3; axis++) {
    const a = r[3 * axis];
    const b = r[3 * axis + 1];
    const c = r[3 * axis + 2];
    const p = (a * normals[i] + b * normals[i + 1] + c * normals[i + 2]) / determinant;
    const q = (a * normals[j] + b * normals[j + 1] + c * normals[j + 2]) / determinant;
    const s = (a * normals[k] + b * normals[k + 1] + c * normals[k + 2]) / determinant;
    rows[normal + 3 * axis] = p * qrX + q * rpX + s * pqX;
    rows[normal + 3 * axis + 1] = p * qrY + q * rpY + s * pqY;
    rows[normal + 3 * axis + 2] = p * qrZ + q * rpZ + s * pqZ;
  }
  return true;
}

const flat = new Float64Array(9); // one triangle on the screen

/** Projects a triangle of the list onto the screen and fills it, after a cut at the near plane if it needs one. */
function fillSeen(
  { halfHeight }: View,
  buffer: NearestBuffer,
  { triangles: rows }: TriangleList,
  id: number,
  points: Float64Array,
  i: number,
  j: number,
  k: number,
): void {
  const middle = buffer.columns / 2;
  const middleRow = (buffer.rows - 1) / 2;
  const across = middle / halfHeight; // columns per metre at depth 1
  const down = (across * buffer.rows) / buffer.columns; // rows per metre
  const start = id * rowLength + planeAt;
  const a = rows[start] / across;
  const b = -rows[start + 1] / down;
  flat[6] = a;
  flat[7] = b;
  flat[8] = rows[start + 2] - middle * a - middleRow * b;
  if (Math.min(points[i + 2], points[j + 2], points[k + 2]) >= nearPlane) {
    for (let corner = 0; corner < 3; corner++) {
      const at = corner === 0 ? i : corner === 1 ? j : k;
      flat[2 * corner] = middle + (points[at] / points[at + 2]) * across;
      flat[2 * corner + 1] = middleRow - (points[at + 1] / points[at + 2]) * down;
    }
    fillTriangle(buffer, flat, id);
    return;
  }
  const outline = cutAtNearPlane([i, j, k].map((at) => points.subarray(at, at + 3)));
  const x = outline.map((p) => middle + (p[0] / p[2]) * across);
  const y = outline.map((p) => middleRow - (p[1] / p[2]) * down);
  for (let n = 2; n < outline.length; n++) {
    flat.set([x[0], y[0], x[n - 1], y[n - 1], x[n], y[n]]);
    fillTriangle(buffer, flat, id);
  }
}

/** What of a polygon lies beyond the near plane. */
function cutAtNearPlane(points: readonly ArrayLike<number>[]): readonly ArrayLike<number>[] {
  return points.flatMap((p, i) => {
    const q = points[(i + 1) % points.length];
    const kept = p[2] >= nearPlane ? [p] : [];
    if (p[2] >= nearPlane === q[2] >= nearPlane) return kept;
    const t = (nearPlane - p[2]) / (q[2] - p[2]);
    return [...kept, [p[0] + t * (q[0] - p[0]), p[1] + t * (q[1] - p[1]), nearPlane]];
  });
}
