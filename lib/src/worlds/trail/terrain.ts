/** Draws hilly ground: every column walks outwards, and each row finds where its ray goes below the ground. */
import { type Camera, columnSlope, rowAtSlope, rowSlopes } from "../raycast/camera.js";
import type { Canvas } from "../raycast/canvas.js";
import { hazeAt, type Light, smoothStep } from "../raycast/light.js";
import { drawSky } from "../raycast/sky.js";
import { surfaceDensity } from "../raycast/surfaces.js";
import { levelFor, sampleTexture, type Texture, textureLine } from "../raycast/texture.js";
import { wholeBelow, wholeFrom } from "../raycast/whole.js";
import { groundAt, groundMetres, groundPoints, type TiledMap, tileOf } from "./groundMap.js";
import { highestGround } from "./heights.js";
import type { Landscape } from "./landscape.js";

const most = 2048;
/** How far away each row of the current column sees the ground, in metres. */
const depths = new Float64Array(most);
/** The rows of its samples that show the ground, and of each: texels of grass, and [sample, 3] dryness, path, sunlight. */
const rows = new Int32Array(most);
const onGrass = textureLine(most);
const covered = new Float64Array(3 * most);
/** Of those on the path: which sample, texels of gravel, and how much of the grass they hide. */
const sampleOf = new Int32Array(most);
const onGravel = textureLine(most);
const shares = new Float64Array(most);

/** Points of the ground's maps per texel: a power of two, so that places keep all their bits. */
const coverPerTexel = groundPoints / groundMetres / surfaceDensity;

const furthest = 150;

/** Draws ground and sky wherever nothing nearer is drawn yet. */
export function drawTerrain(canvas: Canvas, camera: Camera, landscape: Landscape): void {
  const slopes = rowSlopes(canvas, camera);
  for (let column = 0; column < canvas.side; column++) {
    const across = columnSlope(canvas, camera, column);
    const dx = camera.cos + across * camera.sin;
    const dy = camera.sin - across * camera.cos;
    const first = column * canvas.side;
    const bottom = followColumn(canvas, camera, landscape.ground.height, slopes, first, dx, dy);
    paintColumn(canvas, camera, landscape, column, bottom, dx, dy);
    drawSky(canvas, camera, landscape.looks.sky, column, 0, bottom);
  }
}

/**
 * Finds the depths of one column of ground, as far as it is not hidden; returns its first row. The column's samples begin
 * at `first`.
 */
function followColumn(
  canvas: Canvas,
  camera: Camera,
  height: TiledMap,
  slopes: Float64Array,
  first: number,
  dx: number,
  dy: number,
): number {
  const { x, y, z } = camera;
  const { depth: nearest } = canvas;
  let bottom = canvas.side;
  let open = bottom - 1; // the lowest row where ground further away could still show
  let near = 0.2;
  let nearRise = groundAt(height, x + near * dx, y + near * dy) - z;
  for (let far = 0.4; far < furthest && bottom > 0; far *= far < 4 ? 1.12 : 1.045) {
    const rise = groundAt(height, x + far * dx, y + far * dy) - z;
    if (rise > (slopes[bottom - 1] - 1e-9) * far) {
      const top = wholeFrom(rowAtSlope(canvas, camera, rise / far), bottom);
      for (let row = bottom - 1; row >= top; row--) {
        const above = slopes[row] * near - nearRise; // how far the ray is above the ground at both ends
        const below = rise - slopes[row] * far;
        const share = above + below > 1e-9 ? Math.min(1, Math.max(0, above / (above + below))) : 1;
        depths[row] = near + (far - near) * share;
      }
      bottom = top;
    }
    near = far;
    nearRise = rise;
    open = Math.min(open, bottom - 1);
    while (open >= 0 && nearest[first + open] <= near) open--;
    if (open < 0 || highestGround - z < slopes[open] * near * (1 - 1e-6)) break; // all below is hidden, all above is sky
  }
  return bottom;
}

/** Colours the ground of one column from row `bottom` on, step by step for all samples that show it. */
function paintColumn(
  canvas: Canvas,
  camera: Camera,
  { looks, cover }: Landscape,
  column: number,
  bottom: number,
  dx: number,
  dy: number,
): void {
  const first = column * canvas.side;
  const count = placeSamples(canvas, camera, looks.grass, first, bottom, dx, dy);
  sampleTexture(looks.grass, onGrass, count);
  lookUpCover(cover, count);
  layPath(looks.path, count);
  lightSamples(canvas, looks.light, first, count);
}

/** Lists the rows from `bottom` on that show the ground, and where they look it up; returns their number. */
function placeSamples(
  { depth: nearest, side }: Canvas,
  camera: Camera,
  grass: Texture,
  first: number,
  bottom: number,
  dx: number,
  dy: number,
): number {
  let count = 0;
  let level = 0;
  for (let row = side - 1; row >= bottom; row--) {
    const depth = depths[row];
    if (nearest[first + row] <= depth) continue;
    const footprint = (depth * 2 * surfaceDensity) / (camera.focal * side);
    level = levelFor(grass, footprint * Math.sqrt(1 + depth), level);
    rows[count] = row;
    onGrass.column[count] = (camera.x + depth * dx) * surfaceDensity;
    onGrass.row[count] = (camera.y + depth * dy) * surfaceDensity;
    onGrass.level[count] = level;
    count++;
  }
  return count;
}

/** Writes dryness, path and sunlight of `count` samples to `covered`. */
function lookUpCover({ values: cover, made, make }: TiledMap, count: number): void {
  const mask = groundPoints - 1;
  for (let i = 0; i < count; i++) {
    const column = onGrass.column[i] * coverPerTexel;
    const row = onGrass.row[i] * coverPerTexel;
    const left = wholeBelow(column);
    const top = wholeBelow(row);
    if (made[tileOf(left, top)] === 0) make(left, top);
    const dx = column - left;
    const dy = row - top;
    const x0 = left & mask;
    const x1 = (left + 1) & mask;
    const y0 = (top & mask) * groundPoints;
    const y1 = ((top + 1) & mask) * groundPoints;
    const a = 3 * (y0 + x0);
    const b = 3 * (y0 + x1);
    const c = 3 * (y1 + x0);
    const d = 3 * (y1 + x1);
    const wa = (1 - dx) * (1 - dy);
    const wb = dx * (1 - dy);
    const wc = (1 - dx) * dy;
    const wd = dx * dy;
    covered[3 * i] = cover[a] * wa + cover[b] * wb + cover[c] * wc + cover[d] * wd;
    covered[3 * i + 1] = cover[a + 1] * wa + cover[b + 1] * wb + cover[c + 1] * wc + cover[d + 1] * wd;
    covered[3 * i + 2] = cover[a + 2] * wa + cover[b + 2] * wb + cover[c + 2] * wc + cover[d + 2] * wd;
  }
}

/** Blends gravel over the grass where the path lies. */
function layPath(path: Texture, count: number): void {
  const { column, row, level, colour: grass } = onGrass;
  const { column: columns, row: rows, level: levels, colour: gravel } = onGravel;
  let stones = 0;
  for (let i = 0; i < count; i++) {
    const onPath = covered[3 * i + 1];
    if (onPath <= 0.05) continue;
    const ragged = (grass[3 * i + 1] - 110) / 300; // tufts of grass break the path's edge
    const share = smoothStep(0.3, 0.7, onPath - ragged * (1 - onPath));
    if (share === 0) continue;
    shares[stones] = share;
    sampleOf[stones] = i;
    columns[stones] = column[i];
    rows[stones] = row[i];
    levels[stones] = level[i];
    stones++;
  }
  sampleTexture(path, onGravel, stones);
  for (let i = 0; i < stones; i++) {
    const to = 3 * sampleOf[i];
    const share = shares[i];
    grass[to] += (gravel[3 * i] - grass[to]) * share;
    grass[to + 1] += (gravel[3 * i + 1] - grass[to + 1]) * share;
    grass[to + 2] += (gravel[3 * i + 2] - grass[to + 2]) * share;
  }
}

/** Writes `count` samples with sun, sky light and haze to the column that begins at `first`. */
function lightSamples({ colour, depth: nearest }: Canvas, light: Light, first: number, count: number): void {
  const [red, green, blue] = light.haze;
  const [ambientRed, ambientGreen, ambientBlue] = light.ambient;
  const [sunRed, sunGreen, sunBlue] = light.sun;
  for (let i = 0; i < count; i++) {
    const at = first + rows[i];
    const depth = depths[rows[i]];
    const dry = covered[3 * i];
    const lit = covered[3 * i + 2];
    const haze = hazeAt(light, depth);
    const shade = 0.82 + 0.36 * dry;
    const r = onGrass.colour[3 * i] * shade * (ambientRed + sunRed * lit);
    const g = onGrass.colour[3 * i + 1] * shade * (ambientGreen + sunGreen * lit);
    const b = onGrass.colour[3 * i + 2] * (shade - 0.2 * (dry - 0.5)) * (ambientBlue + sunBlue * lit);
    nearest[at] = depth;
    colour[3 * at] = r + (red - r) * haze;
    colour[3 * at + 1] = g + (green - g) * haze;
    colour[3 * at + 2] = b + (blue - b) * haze;
  }
}
