/** The soft dark spot under a thing that stands on level ground. */
import { boxAround, type Camera, columnSlope, rowSlopes } from "./camera.js";
import type { Canvas } from "./canvas.js";

/** Darkens the ground at height 0 around (x, y), where it is what the canvas shows. */
export function drawContactShadow(
  canvas: Canvas,
  camera: Camera,
  { x, y, radius }: { readonly x: number; readonly y: number; readonly radius: number },
): void {
  const ring = [0, 1, 2, 3].flatMap((corner) => [
    x + (corner & 1 ? radius : -radius),
    y + (corner & 2 ? radius : -radius),
    0,
  ]);
  const box = boxAround(canvas, camera, ring, 0);
  if (!box) return;
  const slopes = rowSlopes(canvas, camera);
  for (let column = box.left; column < box.right; column++) {
    const across = columnSlope(canvas, camera, column);
    for (let row = box.top; row < box.bottom; row++) {
      const slope = slopes[row];
      const depth = -camera.z / slope;
      const at = column * canvas.side + row;
      if (slope >= 0 || Math.abs(canvas.depth[at] - depth) > 0.01 * depth) continue;
      const dx = camera.x + depth * (camera.cos + across * camera.sin) - x;
      const dy = camera.y + depth * (camera.sin - across * camera.cos) - y;
      const inside = Math.max(0, 1 - (dx * dx + dy * dy) / (radius * radius));
      for (let channel = 0; channel < 3; channel++) canvas.colour[3 * at + channel] *= 1 - 0.55 * inside;
    }
  }
}
