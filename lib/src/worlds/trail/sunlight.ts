/** The share of sunlight that reaches the ground: the slopes' own shade, and the shadows of trees and houses. */
import type { Rgb } from "../raycast/light.js";
import type { TrailGround } from "./ground.js";
import { groundPoints, makeTiles, spacing } from "./groundMap.js";
import { listSpots, type Spots, strongestShares } from "./spots.js";

export interface Sunlight {
  readonly toSun: Rgb;
  readonly shadows: Spots;
  /** [spot]: how much of the sun each shadow takes away. */
  readonly strengths: Float64Array;
}

/** The shadows that everything on a trail casts; each is a few spots along the way from the sun. */
export function castShadows(
  { plants, houses }: Pick<TrailGround, "plants" | "houses">,
  toSun: Rgb,
): Sunlight {
  const spots: number[] = [];
  const strengths: number[] = [];
  const level = Math.sqrt(toSun[0] ** 2 + toSun[1] ** 2);
  const reach = Math.min(3, level / toSun[2]); // metres of shadow per metre of height
  const cast = (x: number, y: number, z: number, radius: number, strength: number) => {
    spots.push(x - (toSun[0] / level) * z * reach, y - (toSun[1] / level) * z * reach, radius);
    strengths.push(strength);
  };
  for (const { species, x, y, wide, high } of plants)
    for (const part of species === "bush"
      ? [0.1]
      : species === "conifer"
        ? [0.15, 0.4, 0.7]
        : [0.1, 0.5, 0.75])
      cast(x, y, part * high, Math.max(0.8, wide * (species === "conifer" ? 0.55 * (1 - part) : 0.4)), 0.75);
  for (const { x, y, half, high, cos, sin } of houses)
    for (const along of [-0.7, 0, 0.7])
      for (const part of [0, 0.5, 1])
        cast(x + along * half[0] * cos, y + along * half[0] * sin, part * high, half[1] * 1.2, 0.85);
  return { toSun, shadows: listSpots(spots), strengths: Float64Array.from(strengths) };
}

const mask = groundPoints - 1;

/**
 * Writes the share of sunlight on a block of the ground to `out` [side, side]: what is not in the shade, by how it faces the
 * sun. A block has at most one more point on a side than a tile.
 */
export function sunlightOn(
  { toSun, shadows, strengths }: Sunlight,
  ground: TrailGround,
  left: number,
  top: number,
  side: number,
  out: Float64Array,
): void {
  const [sx, sy, sz] = toSun;
  makeTiles(ground.height, left - 1, top - 1, side + 2); // how steep it is takes the points around
  const { values: height } = ground.height;
  strongestShares(shadows, strengths, left, top, side, out);
  for (let row = 0; row < side; row++) {
    const here = ((top + row) & mask) * groundPoints;
    const above = ((top + row + 1) & mask) * groundPoints;
    const below = ((top + row - 1) & mask) * groundPoints;
    for (let i = 0; i < side; i++) {
      const column = (left + i) & mask;
      const east = height[here + ((column + 1) & mask)] - height[here + ((column - 1) & mask)];
      const nx = -east / (2 * spacing);
      const ny = -(height[above + column] - height[below + column]) / (2 * spacing);
      const facing = (nx * sx + ny * sy + sz) / Math.sqrt(nx * nx + ny * ny + 1);
      const shadow = Math.fround(out[row * side + i]);
      out[row * side + i] = Math.fround(Math.max(0, facing) * (1 - shadow));
    }
  }
}
