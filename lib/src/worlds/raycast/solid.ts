/** Solids bounded by planes (boxes, roofs), drawn by following every ray to the plane through which it enters. */
import { boxAround, type Camera, columnSlope, rowSlopes } from "./camera.js";
import type { Canvas } from "./canvas.js";
import { hazeAt, type Light, type Rgb } from "./light.js";

export interface Solid {
  /** Inside is where normal · point ≤ offset for every face. */
  readonly faces: readonly { readonly normal: Rgb; readonly offset: number }[];
  /** Corners x, y, z, x, y, z, …: they only bound what has to be looked at. */
  readonly corners: readonly number[];
}

/** Colour of a face at a point, 0 to 255 before light; writes it to `out`. */
export type Paint = (face: number, x: number, y: number, z: number, out: Float64Array) => void;

/** Three directions at right angles, of length 1: an object's own axes in the world. */
export type Axes = readonly [Rgb, Rgb, Rgb];

/** A box around `centre` reaching `half` along each of its own axes. Faces: −, + along the first axis, then the others. */
export function boxSolid(centre: Rgb, half: Rgb, axes: Axes): Solid {
  const faces = axes.flatMap((axis, i) => {
    const middle = axis[0] * centre[0] + axis[1] * centre[1] + axis[2] * centre[2];
    const back: Rgb = [-axis[0], -axis[1], -axis[2]];
    return [
      { normal: back, offset: half[i] - middle },
      { normal: axis, offset: half[i] + middle },
    ];
  });
  const corners: number[] = [];
  for (let corner = 0; corner < 8; corner++)
    for (let k = 0; k < 3; k++) {
      let at = centre[k];
      for (let i = 0; i < 3; i++) at += axes[i][k] * half[i] * ((corner >> i) & 1 ? 1 : -1);
      corners.push(at);
    }
  return { faces, corners };
}

/** One colour all over. */
export function plainPaint([red, green, blue]: Rgb): Paint {
  return (_face, _x, _y, _z, out) => {
    out[0] = red;
    out[1] = green;
    out[2] = blue;
  };
}

const painted = new Float64Array(3);

/** Draws a solid where it is nearer than what is there; `sunlit` from 0 (in the shade) to 1. */
export function drawSolid(
  canvas: Canvas,
  camera: Camera,
  light: Light,
  solid: Solid,
  paint: Paint,
  sunlit: number,
): void {
  const box = boxAround(canvas, camera, solid.corners, 0);
  if (!box) return;
  const { colour, depth: nearest } = canvas;
  const [hazeRed, hazeGreen, hazeBlue] = light.haze;
  const count = solid.faces.length;
  const planes = new Float64Array(count * 4); // normal in camera axes (forward, right, up), then distance from the eye
  const brightness = new Float64Array(count * 3);
  solid.faces.forEach(({ normal: [nx, ny, nz], offset }, face) => {
    planes[4 * face] = nx * camera.cos + ny * camera.sin;
    planes[4 * face + 1] = nx * camera.sin - ny * camera.cos;
    planes[4 * face + 2] = nz;
    planes[4 * face + 3] = offset - nx * camera.x - ny * camera.y - nz * camera.z;
    const [sx, sy, sz] = light.toSun;
    const sun = sunlit * Math.max(0, nx * sx + ny * sy + nz * sz);
    for (let channel = 0; channel < 3; channel++)
      brightness[3 * face + channel] = light.ambient[channel] * (0.85 + 0.25 * nz) + light.sun[channel] * sun;
  });
  const slopes = rowSlopes(canvas, camera);
  for (let column = box.left; column < box.right; column++) {
    const d1 = columnSlope(canvas, camera, column);
    for (let row = box.top; row < box.bottom; row++) {
      const d2 = slopes[row];
      const at = column * canvas.side + row;
      let enter = 0.01;
      let leave = nearest[at];
      let entered = -1;
      for (let face = 0; face < count && enter < leave; face++) {
        const towards = planes[4 * face] + planes[4 * face + 1] * d1 + planes[4 * face + 2] * d2;
        const distance = planes[4 * face + 3];
        if (towards < 0) {
          const reached = distance / towards;
          if (reached > enter) {
            enter = reached;
            entered = face;
          }
        } else if (towards > 0) leave = Math.min(leave, distance / towards);
        else if (distance < 0) leave = -1;
      }
      if (entered < 0 || enter >= leave) continue;
      nearest[at] = enter;
      const x = camera.x + enter * (camera.cos + d1 * camera.sin);
      const y = camera.y + enter * (camera.sin - d1 * camera.cos);
      paint(entered, x, y, camera.z + enter * d2, painted);
      const haze = hazeAt(light, enter);
      const red = painted[0] * brightness[3 * entered];
      const green = painted[1] * brightness[3 * entered + 1];
      const blue = painted[2] * brightness[3 * entered + 2];
      colour[3 * at] = red + (hazeRed - red) * haze;
      colour[3 * at + 1] = green + (hazeGreen - green) * haze;
      colour[3 * at + 2] = blue + (hazeBlue - blue) * haze;
    }
  }
}
