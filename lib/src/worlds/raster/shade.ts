/** Second half of a picture: the colour of what a ray meets. Numbers travel in arrays, since that is faster here. */
import type { Instance, Scene } from "./scene.js";
import { lightReaching, type ShadowMap } from "./shadowMap.js";
import { textureAmount } from "./texture.js";
import { colorAt, normalAt, planeAt, rowLength, shineAt, type TriangleList } from "./triangleList.js";
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
  { rows, instances }: TriangleList,
  id: number,
  ray: Float64Array,
): void {
  const { towardsLight, lightColor, ambient, skyUp, zenith, ground, shadows } = lighting;
  const row = id * rowLength;
  const x = ray[0];
  const y = ray[1];
  const rayX = forward[0] + x * right[0] + y * up[0];
  const rayY = forward[1] + x * right[1] + y * up[1];
  const rayZ = forward[2] + x * right[2] + y * up[2];
  const depth = 1 / (rows[row + planeAt] * x + rows[row + planeAt + 1] * y + rows[row + planeAt + 2]);
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
  const hx = towardsLight[0] - rayX * rayLength;
  const hy = towardsLight[1] - rayY * rayLength;
  const hz = towardsLight[2] - rayZ * rayLength;
  let highlight = Math.max(0, nx * hx + ny * hy + nz * hz) / Math.sqrt(hx * hx + hy * hy + hz * hz);
  highlight *= highlight;
  highlight *= highlight;
  highlight *= highlight;
  highlight *= highlight;
  highlight *= highlight; // to the 32nd power
  const diffuse = direct * Math.max(0, slant);
  const glint = direct * rows[row + shineAt] * highlight;

  const above = (1 + nx * skyUp[0] + ny * skyUp[1] + nz * skyUp[2]) / 2;
  const { texture } = instances[id].material;
  const facing = -(nx * rayX + ny * rayY + nz * rayZ) * rayLength;
  const footprint = (ray[3] * depth) / Math.max(0.1, facing);
  const amount = texture ? textureAt(instances[id], footprint) : 0;
  for (let i = 0; i < 3; i++) {
    let surface = rows[row + colorAt + i];
    if (texture) surface += amount * (texture.color[i] - surface);
    const around = ambient * (ground[i] + above * (zenith[i] - ground[i]));
    sum[i] += ray[2] * (surface * (around + diffuse * lightColor[i]) + glint * lightColor[i]);
  }
}

/** The texture's amount at `point`. */
function textureAt({ position, rotation: r, material }: Instance, footprint: number): number {
  const x = point[0] - position[0];
  const y = point[1] - position[1];
  const z = point[2] - position[2];
  const localX = r[0] * x + r[3] * y + r[6] * z;
  const localY = r[1] * x + r[4] * y + r[7] * z;
  const localZ = r[2] * x + r[5] * y + r[8] * z;
  return material.texture ? textureAmount(material.texture, localX, localY, localZ, footprint) : 0;
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
