/**
 * The triangles that a picture may show, and the surfaces of the instances they belong to, as rows of numbers: objects
 * would cost more than the drawing.
 */
import type { Instance } from "./scene.js";
import { textureKinds } from "./texture.js";

/** Numbers per triangle, and where in its row each part begins. */
export const rowLength = 13;
/** p, with p · (x, y, 1) = 1 / depth in the triangle's plane for the ray through (x, y) at depth 1. */
export const planeAt = 0;
/** [3, 3]: matrix from (x, y, 1) to the normal there, in the world, of any length. */
export const normalAt = 3;
/** Where its surface begins. */
export const surfaceAt = 12;

/** Numbers per surface, and where in its row each part begins. */
const surfaceLength = 21;
export const colorAt = 0;
export const shineAt = 3;
/** Index of the texture's kind in `textureKinds`, −1 for none; its colour and size. */
export const kindAt = 4;
export const textureColorAt = 5;
export const sizeAt = 8;
/** The instance's position and rotation. */
export const positionAt = 9;
export const rotationAt = 12;

export interface TriangleList {
  triangleCount: number;
  surfaceCount: number;
  /** [triangle, rowLength] and [surface, surfaceLength]; longer than needed. */
  triangles: Float64Array;
  surfaces: Float64Array;
}

export function triangleList(): TriangleList {
  return {
    triangleCount: 0,
    surfaceCount: 0,
    triangles: new Float64Array(1024 * rowLength),
    surfaces: new Float64Array(32 * surfaceLength),
  };
}

/** Appends an empty row for a triangle and returns where it begins. */
export function appendTriangle(list: TriangleList): number {
  const start = list.triangleCount++ * rowLength;
  list.triangles = atLeast(list.triangles, start + rowLength);
  return start;
}

/** Appends the surface of an instance and returns where it begins. */
export function appendSurface(list: TriangleList, { position, rotation, material }: Instance): number {
  const start = list.surfaceCount++ * surfaceLength;
  list.surfaces = atLeast(list.surfaces, start + surfaceLength);
  const { surfaces } = list;
  const { texture } = material;
  surfaces.set(material.color, start + colorAt);
  surfaces[start + shineAt] = material.shine;
  surfaces[start + kindAt] = texture ? textureKinds.indexOf(texture.kind) : -1;
  if (texture) {
    surfaces.set(texture.color, start + textureColorAt);
    surfaces[start + sizeAt] = texture.size;
  }
  surfaces.set(position, start + positionAt);
  surfaces.set(rotation, start + rotationAt);
  return start;
}

/** The array, or a copy of twice the length if it is shorter than this. */
function atLeast(array: Float64Array, length: number): Float64Array {
  if (length <= array.length) return array;
  const longer = new Float64Array(2 * array.length);
  longer.set(array);
  return longer;
}
