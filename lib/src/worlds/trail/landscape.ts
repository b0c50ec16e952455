/** A trail's ground with its looks: what there is to draw, worked out as far as it is seen. */
import { noiseBlock } from "../raycast/noise.js";
import { onPathOf, type TrailGround, trailGround } from "./ground.js";
import { betweenPoints, groundPoints, pointBefore, tileOf, tilePoints, tilesPerSide } from "./groundMap.js";
import { type TrailLooks, trailLooks } from "./looks.js";
import { castShadows, type Sunlight, sunlightOn } from "./sunlight.js";

/** What a trail looks like; follows from the seed. */
export interface Landscape {
  readonly ground: TrailGround;
  readonly looks: TrailLooks;
  readonly cover: Cover;
  /** The share of sunlight on a plant, by its number. */
  readonly sunlitPlant: (plant: number) => number;
}

/** What the ground looks like, worked out tile by tile when first looked at: an episode sees a small part of it. */
export interface Cover {
  /** [y, x, 3]: dryness, path and sunlight side by side, since every sample needs all three. */
  readonly values: Float32Array;
  /** [tile]: 1 where worked out, together with the points just right of it and below. */
  readonly made: Uint8Array;
  /** Works out the tile of a point. */
  readonly make: (column: number, row: number) => void;
}

/** The landscape of `seed`. */
export function createLandscape(seed: number): Landscape {
  const looks = trailLooks(seed);
  const ground = trailGround(seed, looks.conifers);
  const sunlight = castShadows(ground, looks.light.toSun);
  return { ground, looks, cover: coverOf(ground, sunlight), sunlitPlant: plantsInSun(ground, sunlight) };
}

const side = tilePoints + 1;
// Used anew for every tile.
const dryness = new Float32Array(side * side);
const onPath = new Float32Array(side * side);
const sunlit = new Float64Array(side * side);

function coverOf(ground: TrailGround, sunlight: Sunlight): Cover {
  const mask = groundPoints - 1;
  const values = new Float32Array(3 * groundPoints * groundPoints);
  const made = new Uint8Array(tilesPerSide * tilesPerSide);
  function make(column: number, row: number): void {
    made[tileOf(column, row)] = 1;
    const left = (column & mask) - (column & (tilePoints - 1));
    const top = (row & mask) - (row & (tilePoints - 1));
    noiseBlock(ground.tint, top, left, side, side, dryness);
    onPathOf(ground.pathSpots, left, top, side, onPath);
    sunlightOn(sunlight, ground, left, top, side, sunlit);
    for (let i = 0; i < side * side; i++) {
      const down = Math.floor(i / side);
      const at = 3 * (((top + down) & mask) * groundPoints + ((left + i - down * side) & mask));
      values[at] = dryness[i];
      values[at + 1] = onPath[i];
      values[at + 2] = sunlit[i];
    }
  }
  return { values, made, make };
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
