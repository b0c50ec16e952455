/** How high the ground of a trail lies, in metres: hills with bumps, smooth on the path and a little lower. */
import { deriveSeed } from "../../tensor/noise.js";
import { noiseBlock, noiseOf } from "../raycast/noise.js";
import { blockPoints, groundPoints, pathRadius, smoothRadius, type TiledMap, tiledMap } from "./groundMap.js";
import { type Spots, spotShare, squaresToClosest } from "./spots.js";

/** No ground is higher. */
export const highestGround = 10.4;

const side = blockPoints;
// Used anew for every tile.
const hills = new Float32Array(side * side);
const bumps = new Float32Array(side * side);
const squares = new Float64Array(side * side);

/** The heights of `seed`, around the path made of these spots. */
export function heightsOf(seed: number, pathSpots: Spots): TiledMap {
  const hillNoise = noiseOf(groundPoints, groundPoints, 6, 3, deriveSeed(seed, 2));
  const bumpNoise = noiseOf(groundPoints, groundPoints, 64, 2, deriveSeed(seed, 3));
  return tiledMap(1, (left, top, values) => {
    noiseBlock(hillNoise, top, left, side, side, hills);
    noiseBlock(bumpNoise, top, left, side, side, bumps);
    squaresToClosest(pathSpots, left, top, side, squares);
    for (let i = 0; i < side * side; i++) {
      const hill = 20 * (hills[i] - 0.5);
      const bump = 0.7 * (bumps[i] - 0.5);
      const squared = squares[i];
      if (squared === Infinity) values[i] = hill + bump;
      else {
        const nearPath = Math.fround(spotShare(squared, smoothRadius));
        const onPath = Math.fround(spotShare(squared, pathRadius));
        values[i] = hill + bump * (1 - nearPath) - 0.12 * onPath;
      }
    }
  });
}
