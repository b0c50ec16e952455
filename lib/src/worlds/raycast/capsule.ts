/** Shaded capsules: what figures, hands and barrels are made of. A capsule with both ends in one place is a ball. */
import { boxAround, type Camera, columnSlope, rowSlopes } from "./camera.js";
import type { Canvas } from "./canvas.js";
import { hazeAt, type Light, type Rgb } from "./light.js";

export interface Capsule {
  readonly from: Rgb;
  readonly to: Rgb;
  readonly radius: number;
  /** 0 to 255. */
  readonly colour: Rgb;
}

/** Draws a capsule where it is nearer than what is there; `sunlit` from 0 (in the shade) to 1. */
export function drawCapsule(
  canvas: Canvas,
  camera: Camera,
  light: Light,
  capsule: Capsule,
  sunlit: number,
): void {
  const { from, to, radius, colour } = capsule;
  const ends = [from[0], from[1], from[2], to[0], to[1], to[2]];
  const box = boxAround(canvas, camera, ends, radius);
  if (!box) return;
  // The axis and the way from its start to the eye, both in camera axes: forward, right, up.
  const ax = to[0] - from[0];
  const ay = to[1] - from[1];
  const a0 = ax * camera.cos + ay * camera.sin;
  const a1 = ax * camera.sin - ay * camera.cos;
  const a2 = to[2] - from[2];
  const ex = camera.x - from[0];
  const ey = camera.y - from[1];
  const e0 = ex * camera.cos + ey * camera.sin;
  const e1 = ex * camera.sin - ey * camera.cos;
  const e2 = camera.z - from[2];
  const aa = a0 * a0 + a1 * a1 + a2 * a2;
  const ae = a0 * e0 + a1 * e1 + a2 * e2;
  const ee = e0 * e0 + e1 * e1 + e2 * e2;
  const [sx, sy, sz] = light.toSun;
  const s0 = sx * camera.cos + sy * camera.sin;
  const s1 = sx * camera.sin - sy * camera.cos;
  const rr = radius * radius;
  const closest = Math.min(-e0, a0 - e0) - radius - 1e-6;
  const { colour: samples, depth: nearest, side } = canvas;
  const [hazeRed, hazeGreen, hazeBlue] = light.haze;
  const [ambientRed, ambientGreen, ambientBlue] = light.ambient;
  const [sunRed, sunGreen, sunBlue] = light.sun;
  const [red, green, blue] = colour;
  const slopes = rowSlopes(canvas, camera);
  for (let column = box.left; column < box.right; column++) {
    const d1 = columnSlope(canvas, camera, column);
    for (let row = box.top; row < box.bottom; row++) {
      const at = column * side + row;
      if (nearest[at] <= closest) continue;
      const d2 = slopes[row];
      const dd = 1 + d1 * d1 + d2 * d2;
      const ad = a0 + a1 * d1 + a2 * d2;
      const de = e0 + d1 * e1 + d2 * e2;
      let along = 0;
      let depth = -1;
      const a = aa * dd - ad * ad;
      if (a > 1e-12) {
        const b = aa * de - ae * ad;
        const h = b * b - a * (aa * ee - ae * ae - rr * aa);
        if (h < 0) continue;
        depth = (-b - Math.sqrt(h)) / a;
        along = (ae + depth * ad) / aa;
      }
      if (a <= 1e-12 || along < 0 || along > 1) {
        const end = along > 1 ? 1 : 0;
        const b = de - end * ad;
        const h = b * b - dd * (ee - 2 * end * ae + end * aa - rr);
        if (h < 0) continue;
        depth = (-b - Math.sqrt(h)) / dd;
        along = end;
      }
      if (depth <= 0.01 || depth >= nearest[at]) continue;
      const n0 = (e0 + depth - along * a0) / radius;
      const n1 = (e1 + depth * d1 - along * a1) / radius;
      const n2 = (e2 + depth * d2 - along * a2) / radius;
      const sun = sunlit * Math.max(0, n0 * s0 + n1 * s1 + n2 * sz);
      const sky = 0.8 + 0.3 * n2;
      const haze = hazeAt(light, depth);
      nearest[at] = depth;
      const litRed = red * (ambientRed * sky + sunRed * sun);
      const litGreen = green * (ambientGreen * sky + sunGreen * sun);
      const litBlue = blue * (ambientBlue * sky + sunBlue * sun);
      samples[3 * at] = litRed + (hazeRed - litRed) * haze;
      samples[3 * at + 1] = litGreen + (hazeGreen - litGreen) * haze;
      samples[3 * at + 2] = litBlue + (hazeBlue - litBlue) * haze;
    }
  }
}
