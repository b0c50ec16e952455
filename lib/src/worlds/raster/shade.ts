/** Second half of a picture: the colours of what a row of pixels sees, step by step for all its parts. */
import { type RowParts, samples } from "./rowParts.js";
import type { Scene } from "./scene.js";
import { lightReaching, type ShadowMap } from "./shadowMap.js";
import { type TexturedPoints, textureAmounts } from "./texture.js";
import {
  colorAt,
  kindAt,
  normalAt,
  planeAt,
  positionAt,
  rotationAt,
  rowLength,
  shineAt,
  sizeAt,
  surfaceAt,
  type TriangleList,
  textureColorAt,
} from "./triangleList.js";
import { normalize } from "./vector.js";
import type { View } from "./view.js";

/** What all points of one picture share: directions of length 1, colours, and the shadows. */
export interface Lighting {
  readonly towardsLight: Float64Array;
  readonly lightColor: Float64Array;
  readonly ambient: number;
  readonly skyUp: Float64Array;
  readonly zenith: Float64Array;
  readonly horizon: Float64Array;
  readonly ground: Float64Array;
  readonly shadows: ShadowMap | undefined;
}

export function lightingOf({ light, sky }: Scene, shadows: ShadowMap | undefined): Lighting {
  return {
    towardsLight: Float64Array.from(normalize(light.direction)),
    lightColor: Float64Array.from(light.color),
    ambient: light.ambient,
    skyUp: Float64Array.from(normalize(sky.up)),
    zenith: Float64Array.from(sky.zenith),
    horizon: Float64Array.from(sky.horizon),
    ground: Float64Array.from(sky.ground),
    shadows,
  };
}

/** The points where rays meet triangles, and what each step finds out about them; used anew by every row. */
export interface Points {
  /** [part, 3]: in the world; and the surface's direction there, of length 1. */
  readonly place: Float64Array;
  readonly normal: Float64Array;
  /** [part]: how much the surface faces the light: 1 straight at it, below 0 away from it. */
  readonly slant: Float64Array;
  /** [part]: how closely the surface mirrors the light into the eye, 0 to 1. */
  readonly mirrored: Float64Array;
  /** [part]: how much of the light reaches it, 0 to 1. */
  readonly lit: Float64Array;
  /** The points that have a texture, and for [part] which of them it is; −1 for none. */
  readonly textured: TexturedPoints;
  readonly texturedAt: Int32Array;
}

function pointsOf(most: number): Points {
  const numbers = (each: number) => new Float64Array(most * each);
  return {
    place: numbers(3),
    normal: numbers(3),
    slant: numbers(1),
    mirrored: numbers(1),
    lit: numbers(1),
    textured: {
      kind: new Uint8Array(most),
      size: numbers(1),
      footprint: numbers(1),
      place: numbers(3),
      amount: numbers(1),
    },
    texturedAt: new Int32Array(most),
  };
}

let points = pointsOf(64 * samples);

/**
 * Writes the colour of every part: light from sky and ground by the direction of the surface, direct light where no shadow
 * falls, and a highlight.
 *
 * @param pixel a pixel's width at depth 1
 */
export function shadeParts(
  parts: RowParts,
  view: View,
  lighting: Lighting,
  list: TriangleList,
  pixel: number,
): void {
  if (points.slant.length < parts.triangle.length) points = pointsOf(parts.triangle.length);
  const textured = findPoints(parts, view, lighting, list, pixel);
  textureAmounts(points.textured, textured);
  if (lighting.shadows) lightReaching(lighting.shadows, points, parts.count);
  else for (let part = 0; part < parts.count; part++) points.lit[part] = points.slant[part] > 0 ? 1 : 0;
  mixColors(parts, view, lighting, list);
}

/** Where the rays meet their triangles, and how the surface lies there; returns how many have a texture. */
function findPoints(
  { count, triangle, x: raysX, y: raysY }: RowParts,
  { position, right, up, forward }: View,
  { towardsLight }: Lighting,
  { triangles: rows, surfaces }: TriangleList,
  pixel: number,
): number {
  const { place, normal, slant: slants, mirrored, textured, texturedAt } = points;
  let found = 0;
  for (let part = 0; part < count; part++) {
    slants[part] = 0;
    texturedAt[part] = -1;
    if (triangle[part] < 0) continue;
    const row = triangle[part] * rowLength;
    const surface = rows[row + surfaceAt] | 0;
    const x = raysX[part];
    const y = raysY[part];
    const rayX = forward[0] + x * right[0] + y * up[0];
    const rayY = forward[1] + x * right[1] + y * up[1];
    const rayZ = forward[2] + x * right[2] + y * up[2];
    const p = row + planeAt;
    const depth = 1 / (rows[p] * x + rows[p + 1] * y + rows[p + 2]);
    const placeX = position[0] + depth * rayX;
    const placeY = position[1] + depth * rayY;
    const placeZ = position[2] + depth * rayZ;
    place[3 * part] = placeX;
    place[3 * part + 1] = placeY;
    place[3 * part + 2] = placeZ;
    const n = row + normalAt;
    const wx = rows[n] * x + rows[n + 1] * y + rows[n + 2];
    const wy = rows[n + 3] * x + rows[n + 4] * y + rows[n + 5];
    const wz = rows[n + 6] * x + rows[n + 7] * y + rows[n + 8];
    const length = 1 / Math.sqrt(wx * wx + wy * wy + wz * wz);
    const nx = wx * length;
    const ny = wy * length;
    const nz = wz * length;
    normal[3 * part] = nx;
    normal[3 * part + 1] = ny;
    normal[3 * part + 2] = nz;
    const rayLength = 1 / Math.sqrt(rayX * rayX + rayY * rayY + rayZ * rayZ);
    const slant = nx * towardsLight[0] + ny * towardsLight[1] + nz * towardsLight[2];
    slants[part] = slant;
    if (surfaces[surface + kindAt] >= 0) {
      const facing = -(nx * rayX + ny * rayY + nz * rayZ) * rayLength;
      textured.kind[found] = surfaces[surface + kindAt];
      textured.size[found] = surfaces[surface + sizeAt];
      textured.footprint[found] = (pixel * depth) / Math.max(0.1, facing);
      const at = surface + positionAt;
      const px = placeX - surfaces[at];
      const py = placeY - surfaces[at + 1];
      const pz = placeZ - surfaces[at + 2];
      const r = surface + rotationAt;
      for (let i = 0; i < 3; i++)
        textured.place[3 * found + i] =
          surfaces[r + i] * px + surfaces[r + 3 + i] * py + surfaces[r + 6 + i] * pz;
      texturedAt[part] = found++;
    }
    if (slant > 0 && surfaces[surface + shineAt] > 0) {
      const hx = towardsLight[0] - rayX * rayLength;
      const hy = towardsLight[1] - rayY * rayLength;
      const hz = towardsLight[2] - rayZ * rayLength;
      mirrored[part] = Math.max(0, nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
    }
  }
  return found;
}

/** Colours of surfaces in their light, and of the sky. */
function mixColors(
  { count, triangle, x, y, color: out }: RowParts,
  view: View,
  lighting: Lighting,
  { triangles: rows, surfaces }: TriangleList,
): void {
  const { lightColor, ambient, skyUp, zenith, ground } = lighting;
  const { normal, slant, mirrored, lit, textured, texturedAt } = points;
  for (let part = 0; part < count; part++) {
    if (triangle[part] < 0) {
      mixSky(out, part, x[part], y[part], view, lighting);
      continue;
    }
    const surface = rows[triangle[part] * rowLength + surfaceAt] | 0;
    const diffuse = lit[part] * slant[part];
    let glint = lit[part] * surfaces[surface + shineAt];
    if (glint > 0) {
      let highlight = mirrored[part];
      highlight *= highlight;
      highlight *= highlight;
      highlight *= highlight;
      highlight *= highlight;
      highlight *= highlight; // to the 32nd power
      glint *= highlight;
    }
    const n = 3 * part;
    const above = (1 + normal[n] * skyUp[0] + normal[n + 1] * skyUp[1] + normal[n + 2] * skyUp[2]) / 2;
    const first = surface + colorAt;
    const second = surface + textureColorAt;
    const amount = texturedAt[part] < 0 ? 0 : textured.amount[texturedAt[part]]; // of the texture's colour
    for (let i = 0; i < 3; i++) {
      const color = surfaces[first + i] + amount * (surfaces[second + i] - surfaces[first + i]);
      const around = ambient * (ground[i] + above * (zenith[i] - ground[i]));
      out[n + i] = color * (around + diffuse * lightColor[i]) + glint * lightColor[i];
    }
  }
}

/** Colour of the sky along the ray (x, y). */
function mixSky(
  out: Float64Array,
  part: number,
  x: number,
  y: number,
  { right, up, forward }: View,
  { skyUp, zenith, horizon, ground }: Lighting,
): void {
  const rayX = forward[0] + x * right[0] + y * up[0];
  const rayY = forward[1] + x * right[1] + y * up[1];
  const rayZ = forward[2] + x * right[2] + y * up[2];
  const length = Math.sqrt(rayX * rayX + rayY * rayY + rayZ * rayZ);
  const height = (rayX * skyUp[0] + rayY * skyUp[1] + rayZ * skyUp[2]) / length;
  const end = height >= 0 ? zenith : ground;
  for (let i = 0; i < 3; i++) out[3 * part + i] = horizon[i] + Math.abs(height) * (end[i] - horizon[i]);
}
