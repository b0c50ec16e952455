/** What stops a robot on a trail: trunks, rocks, houses. */
import type { Plant, TrailGround } from "./ground.js";
import { shortWay } from "./groundMap.js";

/** Half the width of the robot. */
export const robotRadius = 0.35;
const stride = 0.1;
const largestObstacle = 9; // metres from a house's middle to beyond its corner

type Obstacles = Pick<TrailGround, "plants" | "rocks" | "houses">;

/** What stands within `reach` metres of (x, y). */
function obstaclesNear(
  { plants, plantPlaces, rocks, houses }: TrailGround,
  x: number,
  y: number,
  reach: number,
): Obstacles {
  const trees: Plant[] = [];
  for (let i = 0; i < plants.length; i++)
    if (
      Math.abs(shortWay(plantPlaces[2 * i], x)) < reach &&
      Math.abs(shortWay(plantPlaces[2 * i + 1], y)) < reach
    )
      trees.push(plants[i]);
  const isNear = (thing: { x: number; y: number }) =>
    Math.abs(shortWay(thing.x, x)) < reach && Math.abs(shortWay(thing.y, y)) < reach;
  return { plants: trees, rocks: rocks.filter(isNear), houses: houses.filter(isNear) };
}

/** Whether a robot at (x, y) would touch something. */
function touches({ plants, rocks, houses }: Obstacles, x: number, y: number): boolean {
  const within = (thing: { x: number; y: number }, radius: number) => {
    const dx = shortWay(thing.x, x);
    const dy = shortWay(thing.y, y);
    return dx * dx + dy * dy < (radius + robotRadius) ** 2;
  };
  return (
    plants.some((plant) => plant.trunk > 0 && within(plant, plant.trunk)) ||
    rocks.some((rock) => within(rock, rock.radius)) ||
    houses.some((house) => {
      const dx = shortWay(house.x, x);
      const dy = shortWay(house.y, y);
      const along = Math.abs(dx * house.cos + dy * house.sin);
      const across = Math.abs(dy * house.cos - dx * house.sin);
      return along < house.half[0] + robotRadius && across < house.half[1] + robotRadius;
    })
  );
}

/** Whether something stands in the straight way from (x0, y0) to (x1, y1). */
export function isWayBlocked(ground: TrailGround, x0: number, y0: number, x1: number, y1: number): boolean {
  const length = Math.sqrt((x1 - x0) ** 2 + (y1 - y0) ** 2);
  const strides = Math.ceil(length / stride);
  if (strides === 0) return false;
  const near = obstaclesNear(ground, x0, y0, length + largestObstacle);
  for (let i = 1; i <= strides; i++) {
    const share = i / strides;
    if (touches(near, x0 + (x1 - x0) * share, y0 + (y1 - y0) * share)) return true;
  }
  return false;
}
