/** A trail's ground with its looks: what there is to draw, worked out as far as it is seen. */
import { noiseBlock } from "../raycast/noise.js";
import { onPathOf, type TrailGround, trailGround } from "./ground.js";
import { betweenPoints, blockPoints, pointBefore, type TiledMap, tiledMap } from "./groundMap.js";
import { type TrailLooks, trailLooks } from "./looks.js";
import { castShadows, type Sunlight, sunlightOn } from "./sunlight.js";

/** What a trail looks like; follows from the seed. */
export interface Landscape {
  readonly ground: TrailGround;
  readonly looks: TrailLooks;
  /** Dryness, path and sunlight of every point side by side, since every sample needs all three. */
  readonly cover: TiledMap;
  /** The share of sunlight on a plant, by its number. */
  readonly sunlitPlant: (plant: number) => number;
}

/** The landscape of `seed`. */
export function createLandscape(seed: number): Landscape {
  const looks = trailLooks(seed);
  const ground = trailGround(seed, looks.conifers);
  const sunlight = castShadows(ground, looks.light.toSun);
  return { ground, looks, cover: coverOf(ground, sunlight), sunlitPlant: plantsInSun(ground, sunlight) };
}

const side = blockPoints;
// Used anew for every tile.
const dryness = new Float32Array(side * side);
const onPath = new Float32Array(side * side);
const sunlit = new Float64Array(side * side);

function coverOf(ground: TrailGround, sunlight: Sunlight): TiledMap {
  return tiledMap(3, (left, top, values) => {
    noiseBlock(ground.tint, top, left, side, side, dryness);
    onPathOf(ground.pathSpots, left, top, side, onPath);
    sunlightOn(sunlight, ground, left, top, side, sunlit);
    for (let i = 0; i < side * side; i++) {
      values[3 * i] = dryness[i];
      values[3 * i + 1] = onPath[i];
      values[3 * i + 2] = sunlit[i];
    }
  });
}

function plantsInSun(ground: TrailGround, sunlight: Sunlight): (plant: number) => number {
  const [sx, sy] = sunlight.toSun;
  const shares = new Float64Array(ground.plants.length).fill(-1); // not known yet
  return (plant) => {
    if (shares[plant] < 0) {
      const x = ground.plants[plant].x + 1.5 * sx;
      const y = ground.plants[plant].y + 1.5 * sy;
      sunlightOn(sunlight, ground, pointBefore(x), pointBefore(y), 2, sunlit);
      shares[plant] = betweenPoints(sunlit, x, y);
    }
    return shares[plant];
  };
}
