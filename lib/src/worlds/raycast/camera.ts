/**
 * A camera that stands upright: looking up or down shifts the picture instead of tilting the camera, so verticals stay
 * vertical and whole columns can be drawn at once. Metres; x, y on the ground, z up; headings run from x towards y.
 *
 * The sample at picture coordinates (across, up) shows the points eye + depth · ray(across, up), where the ray has length
 * 1 along the view direction.
 */
import type { Canvas } from "./canvas.js";
import { wholeFrom } from "./whole.js";

export interface Camera {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly cos: number;
  readonly sin: number;
  /** Tangent of the angle at which the middle of the picture looks up. */
  readonly tilt: number;
  /** 1 / tan(half the field of view). */
  readonly focal: number;
}

/** How far right of the middle a column looks, in lengths of the view direction. */
export function columnSlope(canvas: Canvas, camera: Camera, column: number): number {
  return (((column + 0.5) / canvas.side) * 2 - 1) / camera.focal;
}

const slopes = new Float64Array(2048);
let slopesOf = { side: 0, tilt: 0, focal: 0 };

/** How far up each row looks, in lengths of the view direction; valid until another camera's are asked for. */
export function rowSlopes({ side }: Canvas, { tilt, focal }: Camera): Float64Array {
  if (side !== slopesOf.side || tilt !== slopesOf.tilt || focal !== slopesOf.focal) {
    for (let row = 0; row < side; row++) slopes[row] = tilt + (1 - ((row + 0.5) / side) * 2) / focal;
    slopesOf = { side, tilt, focal };
  }
  return slopes;
}

/** The row, as a fraction, that looks up by `slope`. */
export function rowAtSlope(canvas: Canvas, camera: Camera, slope: number): number {
  return ((1 - (slope - camera.tilt) * camera.focal) * canvas.side) / 2 - 0.5;
}

/** A rectangle of samples, last ones left out. */
export interface SampleBox {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

const nearest = 0.02;

/** Whether what the canvas shows already hides a whole ball around (x, y, z), or the ball is not in the picture. */
export function isHidden(
  canvas: Canvas,
  camera: Camera,
  x: number,
  y: number,
  z: number,
  radius: number,
): boolean {
  const box = boxAround(canvas, camera, [x, y, z], radius);
  if (!box) return true;
  const closest = (x - camera.x) * camera.cos + (y - camera.y) * camera.sin - radius;
  for (let column = box.left; column < box.right; column++)
    for (let at = column * canvas.side + box.top; at < column * canvas.side + box.bottom; at++)
      if (canvas.depth[at] > closest) return false;
  return true;
}

/**
 * The samples that balls of `radius` around `points` (x, y, z, x, y, z, …) can cover: everything where one reaches behind
 * the eye, undefined where all do or all lie beside the picture.
 */
export function boxAround(
  canvas: Canvas,
  camera: Camera,
  points: ArrayLike<number>,
  radius: number,
): SampleBox | undefined {
  const { focal } = camera;
  const { side } = canvas;
  let left = Infinity;
  let right = -Infinity;
  let top = Infinity;
  let bottom = -Infinity;
  let behind = 0;
  for (let i = 0; i < points.length; i += 3) {
    const x = points[i] - camera.x;
    const y = points[i + 1] - camera.y;
    const z = points[i + 2] - camera.z;
    const forward = x * camera.cos + y * camera.sin;
    if (forward + radius < nearest) behind++;
    if (forward - radius < nearest) {
      left = top = 0;
      right = bottom = side;
      continue;
    }
    const closest = forward - radius;
    const across = x * camera.sin - y * camera.cos;
    const leftmost = (across - radius) / (across < radius ? closest : forward + radius);
    const rightmost = (across + radius) / (across > -radius ? closest : forward + radius);
    left = Math.min(left, ((leftmost * focal + 1) * side) / 2);
    right = Math.max(right, ((rightmost * focal + 1) * side) / 2);
    top = Math.min(
      top,
      rowAtSlope(canvas, camera, (z + radius) / (z > -radius ? closest : forward + radius)),
    );
    bottom = Math.max(
      bottom,
      rowAtSlope(canvas, camera, (z - radius) / (z < radius ? closest : forward + radius)),
    );
  }
  if (behind * 3 === points.length) return undefined;
  const box = {
    left: wholeFrom(Math.floor(left), side),
    right: wholeFrom(right + 1, side),
    top: wholeFrom(Math.floor(top), side),
    bottom: wholeFrom(bottom + 2, side),
  };
  return box.left < box.right && box.top < box.bottom ? box : undefined;
}
