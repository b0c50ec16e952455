/** The triangles that a picture may show, as rows of numbers: objects would cost more than the drawing. */
import type { Instance } from "./scene.js";

/** Numbers per triangle, and where in its row each part begins. */
export const rowLength = 16;
/** p, with p · (x, y, 1) = 1 / depth in the triangle's plane for the ray through (x, y) at depth 1. */
export const planeAt = 0;
/** [3, 3]: matrix from (x, y, 1) to the normal there, in the world, of any length. */
export const normalAt = 3;
export const colorAt = 12;
export const shineAt = 15;

export interface TriangleList {
  /** [triangle, rowLength]; longer than needed. */
  rows: Float64Array;
  readonly instances: Instance[];
}

/** Appends an empty row for a triangle of `instance` and returns where it begins. */
export function appendTriangle(list: TriangleList, instance: Instance): number {
  const start = list.instances.length * rowLength;
  if (start + rowLength > list.rows.length) {
    const longer = new Float64Array(2 * list.rows.length);
    longer.set(list.rows);
    list.rows = longer;
  }
  list.instances.push(instance);
  return start;
}
