/** Draws a house: walls with a door and windows, and a gabled roof. */
import type { Camera } from "../raycast/camera.js";
import type { Canvas } from "../raycast/canvas.js";
import type { Light, Rgb } from "../raycast/light.js";
import { type Axes, boxSolid, drawSolid, type Solid } from "../raycast/solid.js";
import type { House } from "./ground.js";

const glass: Rgb = [66, 82, 98];
const frame: Rgb = [232, 228, 220];
const door: Rgb = [88, 62, 48];

/** A roof of triangular section over the middle (x, y, z). Faces: the two slopes, the two gables, the underside. */
function roofSolid([x, y, z]: Rgb, [ridge, across]: Axes, long: number, wide: number, rise: number): Solid {
  const steep = Math.sqrt(rise * rise + wide * wide);
  const at = (normal: Rgb, reach: number) => ({
    normal,
    offset: normal[0] * x + normal[1] * y + normal[2] * z + reach,
  });
  const slope = (side: number): Rgb => [
    (side * across[0] * rise) / steep,
    (side * across[1] * rise) / steep,
    wide / steep,
  ];
  const corners: number[] = [];
  for (const along of [-long, long])
    for (const [aside, up] of [
      [-wide, 0],
      [wide, 0],
      [0, rise],
    ])
      corners.push(
        x + ridge[0] * along + across[0] * aside,
        y + ridge[1] * along + across[1] * aside,
        z + up,
      );
  return {
    faces: [
      at(slope(1), (rise * wide) / steep),
      at(slope(-1), (rise * wide) / steep),
      at(ridge, long),
      at([-ridge[0], -ridge[1], 0], long),
      at([0, 0, -1], 0),
    ],
    corners,
  };
}

/** Draws `house` with its floor at height z, its middle at (x, y). */
export function drawHouse(
  canvas: Canvas,
  camera: Camera,
  light: Light,
  house: House,
  [x, y, z]: Rgb,
  wall: Rgb,
  roof: Rgb,
): void {
  const { half, high } = house;
  const axes: Axes = [
    [house.cos, house.sin, 0],
    [-house.sin, house.cos, 0],
    [0, 0, 1],
  ];
  const cellar = 2; // walls go on below the floor, where the ground falls away
  const walls = boxSolid([x, y, z + (high - cellar) / 2], [half[0], half[1], (high + cellar) / 2], axes);
  drawSolid(
    canvas,
    camera,
    light,
    walls,
    (face, px, py, pz, out) => {
      const along =
        face < 2 ? (py - y) * house.cos - (px - x) * house.sin : (px - x) * house.cos + (py - y) * house.sin;
      paintWall(along, pz - z, face < 2 ? half[1] : half[0], face === 3, wall, out);
    },
    1,
  );
  const top = roofSolid([x, y, z + high - 0.05], axes, half[0] + 0.35, half[1] + 0.45, half[1] * 0.75);
  drawSolid(
    canvas,
    camera,
    light,
    top,
    (face, _px, _py, pz, out) => {
      const row = (pz - z) * 5;
      const shade = face < 2 ? 0.86 + 0.2 * (row - Math.floor(row)) : face < 4 ? 0.9 : 0.5;
      const colour = face < 2 ? roof : wall;
      for (let channel = 0; channel < 3; channel++) out[channel] = colour[channel] * shade;
    },
    1,
  );
}

/** Colour of a wall `along` metres from its middle and z above the floor; writes to `out`. */
function paintWall(
  along: number,
  z: number,
  half: number,
  hasDoor: boolean,
  wall: Rgb,
  out: Float64Array,
): void {
  const board = z * 4;
  const line = board - Math.floor(board) < 0.12 ? 0.82 : 1;
  let colour = wall;
  let shade = z < 0.25 ? 0.6 : line;
  const spread = Math.min(half - 0.9, 1.9);
  const aside = hasDoor && Math.abs(along) < 0.7 ? Math.abs(along) : undefined;
  if (aside !== undefined && z > 0 && z < 2.15) {
    colour = aside > 0.55 || z > 2 ? frame : door;
    shade = 1;
  } else {
    const window = Math.abs(Math.abs(along) - spread);
    if (window < 0.6 && z > 0.95 && z < 2.15) {
      const bar = window > 0.48 || z < 1.07 || z > 2.03 || window < 0.04 || Math.abs(z - 1.55) < 0.04;
      colour = bar ? frame : glass;
      shade = bar ? 1 : 0.8 + 0.3 * (z - 1);
    }
  }
  for (let channel = 0; channel < 3; channel++) out[channel] = colour[channel] * shade;
}
