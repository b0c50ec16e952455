/** Second half of a picture: the colour of what a ray meets. Numbers travel in arrays, since that is faster here. */
import type { Scene } from "./scene.js";
import { lightReaching, type ShadowMap } from "./shadowMap.js";
import { textureAmount } from "./texture.js";
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
  textureKinds,
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

const point = new Float64Array(3);
const normal = new Float64Array(3);

/**
 * Adds `weight` times the colour of triangle `id`, where the ray (x, y) of the view meets it, to `sum`: light from sky and
 * ground by the direction of the surface, direct light where no shadow falls, and a highlight.
 *
 * @param ray x, y, weight, and a pixel's width at depth 1
 */
export function addShade(
  sum: Float64Array,
  { position, right, up, forward }: View,
  lighting: Lighting,
  { triangles: rows, surfaces }: TriangleList,
  id: number,
  ray: Float64Array,
): void {
  const { towardsLight, lightColor, ambient, skyUp, zenith, ground, shadows } = lighting;
  const row = id * rowLength;
  const surface = rows[row + surfaceAt];
  const x = ray[0];
  const y = ray[1];
  const rayX = forward[0] + x * right[0] + y * up[0];
  const rayY = forward[1] + x * right[1] + y * up[1];
  const rayZ = forward[2] + x * right[2] + y * up[2];
  const p = row + planeAt;
  const depth = 1 / (rows[p] * x + rows[p + 1] * y + rows[p + 2]);
  point[0] = position[0] + depth * rayX;
  point[1] = position[1] + depth * rayY;
  point[2] = position[2] + depth * rayZ;
  const n = row + normalAt;
  const wx = rows[n] * x + rows[n + 1] * y + rows[n + 2];
  const wy = rows[n + 3] * x + rows[n + 4] * y + rows[n + 5];
  const wz = rows[n + 6] * x + rows[n + 7] * y + rows[n + 8];
  const length = 1 / Math.sqrt(wx * wx + wy * wy + wz * wz);
  const nx = wx * length;
  const ny = wy * length;
  const nz = wz * length;
  normal[0] = nx;
  normal[1] = ny;
  normal[2] = nz;
  const rayLength = 1 / Math.sqrt(rayX * rayX + rayY * rayY + rayZ * rayZ);

  const slant = nx * towardsLight[0] + ny * towardsLight[1] + nz * towardsLight[2];
  let direct = 0;
  if (slant > 0) direct = shadows ? lightReaching(shadows, point, normal) : 1;
  const diffuse = direct * slant;
  let glint = direct * surfaces[surface + shineAt];
  if (glint > 0) {
    const hx = towardsLight[0] - rayX * rayLength;
    const hy = towardsLight[1] - rayY * rayLength;
    const hz = towardsLight[2] - rayZ * rayLength;
    let highlight = Math.max(0, nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
    highlight *= highlight;
    highlight *= highlight;
    highlight *= highlight;
    highlight *= highlight;
    highlight *= highlight; // to the 32nd power
    glint *= highlight;
  }

  const above = (1 + nx * skyUp[0] + ny * skyUp[1] + nz * skyUp[2]) / 2;
  let amount = 0; // of the texture's colour
  if (surfaces[surface + kindAt] >= 0) {
    const facing = -(nx * rayX + ny * rayY + nz * rayZ) * rayLength;
    amount = textureAt(surfaces, surface, (ray[3] * depth) / Math.max(0.1, facing));
  }
  const first = surface + colorAt;
  const second = surface + textureColorAt;
  for (let i = 0; i < 3; i++) {
    const color = surfaces[first + i] + amount * (surfaces[second + i] - surfaces[first + i]);
    const around = ambient * (ground[i] + above * (zenith[i] - ground[i]));
    sum[i] += ray[2] * (color * (around + diffuse * lightColor[i]) + glint * lightColor[i]);
  }
}

/** The texture's amount at `point`. */
function textureAt(surfaces: Float64Array, surface: number, footprint: number): number {
  const p = surface + positionAt;
  const x = point[0] - surfaces[p];
  const y = point[1] - surfaces[p + 1];
  const z = point[2] - surfaces[p + 2];
  const r = surface + rotationAt;
  return textureAmount(
    textureKinds[surfaces[surface + kindAt]],
    surfaces[surface + sizeAt],
    surfaces[r] * x + surfaces[r + 3] * y + surfaces[r + 6] * z,
    surfaces[r + 1] * x + surfaces[r + 4] * y + surfaces[r + 7] * z,
    surfaces[r + 2] * x + surfaces[r + 5] * y + surfaces[r + 8] * z,
    footprint,
  );
}

/** Adds `weight` times the colour of the sky along a ray to `sum`. */
export function addSky(
  sum: Float64Array,
  { right, up, forward }: View,
  { skyUp, zenith, horizon, ground }: Lighting,
  ray: Float64Array,
): void {
  const rayX = forward[0] + ray[0] * right[0] + ray[1] * up[0];
  const rayY = forward[1] + ray[0] * right[1] + ray[1] * up[1];
  const rayZ = forward[2] + ray[0] * right[2] + ray[1] * up[2];
  const length = Math.sqrt(rayX * rayX + rayY * rayY + rayZ * rayZ);
  const height = (rayX * skyUp[0] + rayY * skyUp[1] + rayZ * skyUp[2]) / length;
  const end = height >= 0 ? zenith : ground;
  for (let i = 0; i < 3; i++) sum[i] += ray[2] * (horizon[i] + Math.abs(height) * (end[i] - horizon[i]));
}
