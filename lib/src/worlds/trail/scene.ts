/** Draws a moment of the trail: ground, houses, rocks, plants and the flag at the goal. */

import { cosine, sine } from "../raster/trigonometry.js";
import type { Camera } from "../raycast/camera.js";
import type { Canvas } from "../raycast/canvas.js";
import { drawCapsule } from "../raycast/capsule.js";
import type { Light, Rgb } from "../raycast/light.js";
import { boxSolid, drawSolid, plainPaint } from "../raycast/solid.js";
import { drawSprite } from "../raycast/sprite.js";
import { depthOrder } from "./depthOrder.js";
import { mostPlants, widestPlant } from "./ground.js";
import { groundAt, shortWay } from "./groundMap.js";
import { drawHouse } from "./houses.js";
import type { Landscape } from "./landscape.js";
import type { GroundPose } from "./pose.js";
import { drawTerrain } from "./terrain.js";

const eyeHeight = 0.9;
const tilt = -0.12;
const focal = 1; // 90° across
const plantReach = 115;

// The plants in sight: their numbers, the closest copy of their places, how far ahead, and in which order. Used anew by every
// picture.
const seen = new Int32Array(mostPlants);
const placeX = new Float64Array(mostPlants);
const placeY = new Float64Array(mostPlants);
const depths = new Float64Array(mostPlants);
const order = new Int32Array(mostPlants);
const brightness = new Float64Array(3);

/** Draws what the robot sees at `pose`, with a flag at `goal`; as scenery, only ground and sky. */
export function drawTrail(
  canvas: Canvas,
  landscape: Landscape,
  pose: GroundPose,
  goal: readonly [number, number],
  shown: "all" | "scenery",
): void {
  const { ground, looks, sunlitPlant } = landscape;
  const { light } = looks;
  const camera: Camera = {
    x: pose.x,
    y: pose.y,
    z: groundAt(ground.height, pose.x, pose.y) + eyeHeight,
    cos: cosine(pose.yaw),
    sin: sine(pose.yaw),
    tilt,
    focal,
  };
  /** The closest copy of a place, if it is not behind the eye nor too far. */
  const near = (x: number, y: number, reach: number, room: number): Rgb | undefined => {
    const dx = shortWay(pose.x, x);
    const dy = shortWay(pose.y, y);
    const ahead = dx * camera.cos + dy * camera.sin;
    if (ahead < -room || ahead > reach) return undefined;
    if (Math.abs(dx * camera.sin - dy * camera.cos) > ahead / focal + 2 * room) return undefined;
    return [pose.x + dx, pose.y + dy, groundAt(ground.height, x, y)];
  };

  canvas.depth.fill(Infinity);
  if (shown === "scenery") {
    drawTerrain(canvas, camera, landscape);
    return;
  }
  for (const house of ground.houses) {
    const at = near(house.x, house.y, 130, 8);
    if (at) drawHouse(canvas, camera, light, house, at, looks.walls[house.wall], looks.roof);
  }
  for (const { x, y, radius } of ground.rocks) {
    const at = near(x, y, 40, 1);
    if (!at) continue;
    const middle: Rgb = [at[0], at[1], at[2] - 0.25 * radius];
    const grey: Rgb = [126 + 30 * radius, 122 + 28 * radius, 114 + 26 * radius];
    drawCapsule(canvas, camera, light, { from: middle, to: middle, radius, colour: grey }, 0.8);
  }
  const towardsSun = camera.cos * light.toSun[0] + camera.sin * light.toSun[1];
  const { plants, plantPlaces, plantWidths } = ground;
  let inSight = 0;
  for (let i = 0; i < plants.length; i++) {
    const dx = shortWay(pose.x, plantPlaces[2 * i]);
    const dy = shortWay(pose.y, plantPlaces[2 * i + 1]);
    const ahead = dx * camera.cos + dy * camera.sin;
    const wide = plantWidths[i];
    if (ahead < -wide / 2 || ahead > plantReach) continue;
    if (Math.abs(dx * camera.sin - dy * camera.cos) > ahead / focal + wide) continue;
    seen[inSight] = i;
    placeX[inSight] = pose.x + dx;
    placeY[inSight] = pose.y + dy;
    depths[inSight] = (placeX[inSight] - camera.x) * camera.cos + (placeY[inSight] - camera.y) * camera.sin;
    inSight++;
  }
  depthOrder(depths, inSight, -widestPlant, plantReach + 1, order); // what nearer ones hide costs little
  for (let i = 0; i < inSight; i++) {
    const plant = seen[order[i]];
    const share = (0.5 + 0.5 * sunlitPlant(plant)) * (0.85 - 0.35 * towardsSun);
    for (let k = 0; k < 3; k++) brightness[k] = light.ambient[k] + light.sun[k] * share;
    const { species, x, y, variant, wide, high, mirrored } = plants[plant];
    const z = groundAt(ground.height, x, y) - 0.1;
    const placement = { x: placeX[order[i]], y: placeY[order[i]], z, wide, high, mirrored };
    drawSprite(canvas, camera, light, looks.plants[species][variant], placement, brightness);
  }
  const at = near(goal[0], goal[1], 100, 1);
  if (at) drawFlag(canvas, camera, light, at);
  drawTerrain(canvas, camera, landscape);
}

function drawFlag(canvas: Canvas, camera: Camera, light: Light, [x, y, z]: Rgb): void {
  const pole = { from: [x, y, z - 0.2], to: [x, y, z + 2], radius: 0.035, colour: [236, 236, 232] } as const;
  drawCapsule(canvas, camera, light, pole, 1);
  const flag = boxSolid(
    [x, y + 0.35, z + 1.75],
    [0.01, 0.33, 0.22],
    [
      [1, 0, 0],
      [0, 1, 0],
      [0, 0, 1],
    ],
  );
  drawSolid(canvas, camera, light, flag, plainPaint([255, 112, 40]), 1);
}
