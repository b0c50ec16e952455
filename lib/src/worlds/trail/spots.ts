/**
 * Round spots on the ground, strong in the middle and soft at the edge: the path is made of them, and the shadows. They are
 * looked up by blocks of points [row, column], at most one more on a side than a tile has.
 */
import { smoothStep } from "../raycast/light.js";
import { groundPoints, spacing, tileOf, tilePoints, tilesPerSide } from "./groundMap.js";

/** Spots, listed by the tiles that they reach into. */
export interface Spots {
  /** [spot]: middle and radius in metres. */
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly radius: Float64Array;
  /** [spot]: the point closest to its middle, and how many points it reaches from there. */
  readonly column: Int32Array;
  readonly row: Int32Array;
  readonly reach: Int32Array;
  /** Those of tile t are `listed[begin[t]]` to `listed[begin[t + 1] - 1]`. */
  readonly begin: Int32Array;
  readonly listed: Int32Array;
}

/** Lists spots, given as x, y, radius one after the other. */
export function listSpots(given: readonly number[]): Spots {
  const count = given.length / 3;
  const x = new Float64Array(count);
  const y = new Float64Array(count);
  const radius = new Float64Array(count);
  const column = new Int32Array(count);
  const row = new Int32Array(count);
  const reach = new Int32Array(count);
  for (let i = 0; i < count; i++) {
    x[i] = given[3 * i];
    y[i] = given[3 * i + 1];
    radius[i] = given[3 * i + 2];
    column[i] = Math.round(x[i] / spacing);
    row[i] = Math.round(y[i] / spacing);
    reach[i] = Math.ceil(radius[i] / spacing);
  }
  const forEachTile = (visit: (tile: number, spot: number) => void) => {
    for (let i = 0; i < count; i++) {
      // A tile's block goes on for one point to the right and below.
      const left = Math.floor((column[i] - reach[i] - 1) / tilePoints);
      const right = Math.floor((column[i] + reach[i]) / tilePoints);
      const top = Math.floor((row[i] - reach[i] - 1) / tilePoints);
      const bottom = Math.floor((row[i] + reach[i]) / tilePoints);
      for (let v = top; v <= bottom; v++)
        for (let u = left; u <= right; u++) visit(tileOf(u * tilePoints, v * tilePoints), i);
    }
  };
  const begin = new Int32Array(tilesPerSide * tilesPerSide + 1);
  forEachTile((tile) => {
    begin[tile]++;
  });
  let sum = 0;
  for (let tile = 0; tile < begin.length; tile++) begin[tile] = sum += begin[tile]; // the ends, for now
  const listed = new Int32Array(sum);
  forEachTile((tile, spot) => {
    listed[--begin[tile]] = spot;
  });
  return { x, y, radius, column, row, reach, begin, listed };
}

const half = groundPoints / 2;

/** How far it is from `from` to `to` in points, over the edge where that is shorter. */
function pointsBetween(from: number, to: number): number {
  return ((to - from + half) & (groundPoints - 1)) - half;
}

/** Writes the square of the distance to the closest middle to `out` [side, side]; Infinity where no spot is in reach. */
export function squaresToClosest(
  spots: Spots,
  left: number,
  top: number,
  side: number,
  out: Float64Array,
): void {
  out.fill(Infinity, 0, side * side);
  const tile = tileOf(left, top);
  for (let at = spots.begin[tile]; at < spots.begin[tile + 1]; at++) {
    const spot = spots.listed[at];
    const reach = spots.reach[spot];
    const across = pointsBetween(left, spots.column[spot]);
    const down = pointsBetween(top, spots.row[spot]);
    const right = Math.min(side - 1, across + reach);
    const bottom = Math.min(side - 1, down + reach);
    for (let row = Math.max(0, down - reach); row <= bottom; row++) {
      const dy = (spots.row[spot] + row - down) * spacing - spots.y[spot];
      for (let column = Math.max(0, across - reach); column <= right; column++) {
        const dx = (spots.column[spot] + column - across) * spacing - spots.x[spot];
        const squared = dx * dx + dy * dy;
        if (squared < out[row * side + column]) out[row * side + column] = squared;
      }
    }
  }
}

/** How strongly a spot shows at a squared distance from its middle: 1 in the middle, falling to 0 at its radius. */
export function spotShare(squared: number, radius: number): number {
  const inner = 0.45 * radius * (1 - 1e-9); // the middle and what lies outside need no root
  const outer = radius * (1 + 1e-9);
  if (squared > outer * outer) return 0;
  if (squared < inner * inner) return 1;
  return 1 - smoothStep(0.45, 1, Math.sqrt(squared) / radius);
}

/** Writes what shows most of all spots to `out` [side, side]; `strengths` [spot] say how strong each is in its middle. */
export function strongestShares(
  spots: Spots,
  strengths: Float64Array,
  left: number,
  top: number,
  side: number,
  out: Float64Array,
): void {
  out.fill(0, 0, side * side);
  const tile = tileOf(left, top);
  for (let at = spots.begin[tile]; at < spots.begin[tile + 1]; at++) {
    const spot = spots.listed[at];
    const reach = spots.reach[spot];
    const radius = spots.radius[spot];
    const strength = strengths[spot];
    const across = pointsBetween(left, spots.column[spot]);
    const down = pointsBetween(top, spots.row[spot]);
    const right = Math.min(side - 1, across + reach);
    const bottom = Math.min(side - 1, down + reach);
    for (let row = Math.max(0, down - reach); row <= bottom; row++) {
      const dy = (spots.row[spot] + row - down) * spacing - spots.y[spot];
      for (let column = Math.max(0, across - reach); column <= right; column++) {
        const i = row * side + column;
        if (out[i] >= strength) continue;
        const dx = (spots.column[spot] + column - across) * spacing - spots.x[spot];
        const share = strength * spotShare(dx * dx + dy * dy, radius);
        if (share > out[i]) out[i] = share;
      }
    }
  }
}
