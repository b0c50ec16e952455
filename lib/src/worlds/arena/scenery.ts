/** Draws an arena's walls, crates, ground and sky: every column walks through the map, nearest cells first. */
import { type Camera, columnSlope, rowAtSlope, rowSlopes } from "../raycast/camera.js";
import type { Canvas } from "../raycast/canvas.js";
import type { Rgb } from "../raycast/light.js";
import { drawSky } from "../raycast/sky.js";
import { surfaceDensity } from "../raycast/surfaces.js";
import { levelFor, sampleTexture, type Texture, textureLine } from "../raycast/texture.js";
import { wholeBelow, wholeFrom } from "../raycast/whole.js";
import { paintDetail } from "./details.js";
import type { ArenaLooks } from "./looks.js";
import { type ArenaMap, cellMetres, highestWall, mapCells } from "./map.js";
import { lookUp, type ShadeMap, sunlitAt } from "./shade.js";

/** What a map looks like; follows from the seed. */
export interface Scenery {
  readonly map: ArenaMap;
  readonly looks: ArenaLooks;
  readonly shade: ShadeMap;
  /** [cell, side]: a random number per wall face, which decides on doors and windows. */
  readonly chance: Float32Array;
}

const most = 2048;
const line = textureLine(most);
/** Of each sample of the line: its depth in metres, and its shares of sky light and sun. */
const depths = new Float64Array(most);
const skies = new Float64Array(most);
const suns = new Float64Array(most);
const texel = new Float64Array(3);

/** Light on the samples of one column: what `putSamples` needs of it, as plain numbers. */
interface Air {
  readonly ambient: Float64Array;
  readonly sun: Float64Array;
  readonly haze: Float64Array;
  readonly hazeDistance: number;
  /** Light from the muzzle, 0 to 1. */
  readonly flash: number;
}

/** Writes the first `count` samples of the line, lit, to the canvas from `first` on. */
function putSamples({ colour, depth: nearest }: Canvas, air: Air, first: number, count: number): void {
  const { ambient, sun: direct, haze, hazeDistance, flash } = air;
  const texels = line.colour;
  for (let i = 0; i < count; i++) {
    const depth = depths[i];
    const sky = skies[i];
    const sun = suns[i];
    const ratio = depth / hazeDistance;
    const veil = (ratio * ratio) / (1 + ratio * ratio);
    const glow = flash / (1 + depth * depth * 0.15);
    const red = texels[3 * i] * (ambient[0] * sky + direct[0] * sun + glow);
    const green = texels[3 * i + 1] * (ambient[1] * sky + direct[1] * sun + glow * 0.75);
    const blue = texels[3 * i + 2] * (ambient[2] * sky + direct[2] * sun + glow * 0.5);
    const at = first + i;
    nearest[at] = depth;
    colour[3 * at] = red + (haze[0] - red) * veil;
    colour[3 * at + 1] = green + (haze[1] - green) * veil;
    colour[3 * at + 2] = blue + (haze[2] - blue) * veil;
  }
}

/** Draws everything that does not move; `flash` from 0 to 1 is the light of a shot. */
export function drawScenery(canvas: Canvas, camera: Camera, scenery: Scenery, flash: number): void {
  canvas.depth.fill(Infinity);
  const { ambient, sun, haze, hazeDistance } = scenery.looks.light;
  const air: Air = {
    ambient: Float64Array.from(ambient),
    sun: Float64Array.from(sun),
    haze: Float64Array.from(haze),
    hazeDistance,
    flash,
  };
  for (let column = 0; column < canvas.side; column++) drawColumn(canvas, camera, scenery, air, column);
}

function drawColumn(canvas: Canvas, camera: Camera, scenery: Scenery, air: Air, column: number): void {
  const { map, looks } = scenery;
  const across = columnSlope(canvas, camera, column);
  const dx = camera.cos + across * camera.sin;
  const dy = camera.sin - across * camera.cos;
  let x = wholeBelow(camera.x / cellMetres);
  let y = wholeBelow(camera.y / cellMetres);
  const perX = Math.abs(cellMetres / dx);
  const perY = Math.abs(cellMetres / dy);
  let nextX = Math.abs(((x + (dx > 0 ? 1 : 0)) * cellMetres - camera.x) / dx);
  let nextY = Math.abs(((y + (dy > 0 ? 1 : 0)) * cellMetres - camera.y) / dy);
  if (dx === 0) nextX = Infinity;
  if (dy === 0) nextY = Infinity;
  let enter = 0;
  let before = 0; // height of the cell that the ray comes from
  let bottom = canvas.side; // rows from here on are drawn
  let face = -1;
  while (bottom > 0 && x >= 0 && y >= 0 && x < mapCells && y < mapCells) {
    const cell = y * mapCells + x;
    const height = map.height[cell];
    if (face >= 0) {
      if (height > before) {
        const top = rowAbove(canvas, camera, height, enter);
        if (top < bottom) {
          drawWall(canvas, camera, scenery, air, { column, top, bottom, depth: enter, dx, dy, cell, face });
          bottom = top;
        }
      }
      if (rowAtSlope(canvas, camera, (highestWall - camera.z) / enter) >= bottom) break; // nothing behind is higher
    }
    const leave = Math.min(nextX, nextY);
    if (height < camera.z) {
      const top = rowAbove(canvas, camera, height, leave);
      if (top < bottom) {
        drawTop(canvas, camera, scenery, air, column, top, bottom, dx, dy, height, map.material[cell]);
        bottom = top;
      }
    }
    enter = leave;
    before = height;
    if (nextX < nextY) {
      x += dx > 0 ? 1 : -1;
      nextX += perX;
      face = dx > 0 ? 0 : 1; // the side that looks towards −x, +x, −y, +y
    } else {
      y += dy > 0 ? 1 : -1;
      nextY += perY;
      face = dy > 0 ? 2 : 3;
    }
  }
  drawSky(canvas, camera, looks.sky, column, 0, bottom);
}

/** First row whose sample lies below `height` at `depth`. */
function rowAbove(canvas: Canvas, camera: Camera, height: number, depth: number): number {
  return wholeFrom(rowAtSlope(canvas, camera, (height - camera.z) / depth), canvas.side);
}

interface WallSpan {
  readonly column: number;
  readonly top: number;
  readonly bottom: number;
  readonly depth: number;
  readonly dx: number;
  readonly dy: number;
  readonly cell: number;
  readonly face: number;
}

function drawWall(canvas: Canvas, camera: Camera, scenery: Scenery, air: Air, span: WallSpan): void {
  const { map, looks, shade } = scenery;
  const { light } = looks;
  const { column, depth, cell, face } = span;
  const x = camera.x + depth * span.dx;
  const y = camera.y + depth * span.dy;
  const along = face < 2 ? y : x;
  const height = map.height[cell];
  const material = map.material[cell];
  const texture = looks.surfaces[material];
  const facing = face < 2 ? light.toSun[0] : light.toSun[1];
  const sun = Math.max(0, face % 2 === 0 ? -facing : facing);
  const out = face % 2 === 0 ? -0.2 : 0.2;
  const shadowTop = sun > 0 ? lookUp(shade.shadowTop, face < 2 ? x + out : x, face < 2 ? y : y + out) : 0;
  const width = (depth * 2 * surfaceDensity) / (camera.focal * canvas.side);
  const level = levelFor(texture, width, 0);
  const chance = height >= 3 ? scenery.chance[cell * 4 + face] : 1;
  const within = along - Math.floor(along / cellMetres) * cellMetres;
  const side = face < 2 ? 0.92 : 1.04; // the two directions differ even without sun
  const band = material === 1 || material === 2 ? looks.bands[material - 1] : undefined;
  const slopes = rowSlopes(canvas, camera);
  for (let row = span.top; row < span.bottom; row++) {
    const i = row - span.top;
    line.column[i] = along * surfaceDensity;
    line.row[i] = (camera.z + depth * slopes[row]) * surfaceDensity;
    line.level[i] = level;
  }
  sampleTexture(texture, line, span.bottom - span.top);
  for (let row = span.top; row < span.bottom; row++) {
    const i = row - span.top;
    const z = camera.z + depth * slopes[row];
    if (band && z < 1.1)
      for (let channel = 0; channel < 3; channel++) line.colour[3 * i + channel] *= band[channel];
    const details = chance < 0.34 ? paintSample(i, chance, within, z, looks.door) : 1;
    const trim = height - z < 0.18 && material !== 3 ? (height - z < 0.1 ? 1.15 : 0.75) : 1;
    const ground = 0.62 + 0.38 * Math.min(1, z / 0.7);
    const sky = side * details * trim * ground * (0.86 + 0.14 * Math.min(1, z / 3));
    depths[i] = depth;
    skies[i] = sky;
    suns[i] = sun * details * trim * sunlitAt(shadowTop, z);
  }
  putSamples(canvas, air, column * canvas.side + span.top, span.bottom - span.top);
}

/** Paints a door or window over sample `i` of the line; returns its share of the light, as `paintDetail` does. */
function paintSample(i: number, chance: number, within: number, z: number, door: Rgb): number {
  for (let channel = 0; channel < 3; channel++) texel[channel] = line.colour[3 * i + channel];
  const share = paintDetail(chance, within, z, door, texel);
  for (let channel = 0; channel < 3; channel++) line.colour[3 * i + channel] = texel[channel];
  return share;
}

function drawTop(
  canvas: Canvas,
  camera: Camera,
  { looks, shade }: Scenery,
  air: Air,
  column: number,
  top: number,
  bottom: number,
  dx: number,
  dy: number,
  height: number,
  material: number,
): void {
  const { light } = looks;
  const texture: Texture = looks.surfaces[material];
  const above = camera.z - height;
  const perSample = (2 * surfaceDensity) / (camera.focal * canvas.side);
  const slopes = rowSlopes(canvas, camera);
  let level = 0;
  for (let row = bottom - 1; row >= top; row--) {
    const depth = -above / slopes[row];
    level = levelFor(texture, depth * perSample * Math.sqrt(Math.max(1, depth / above)), level);
    const i = row - top;
    line.column[i] = (camera.x + depth * dx) * surfaceDensity;
    line.row[i] = (camera.y + depth * dy) * surfaceDensity;
    line.level[i] = level;
  }
  sampleTexture(texture, line, bottom - top);
  for (let row = top; row < bottom; row++) {
    const depth = -above / slopes[row];
    const x = camera.x + depth * dx;
    const y = camera.y + depth * dy;
    const i = row - top;
    const open = height === 0 ? lookUp(shade.openness, x, y) : 1;
    depths[i] = depth;
    skies[i] = 1.05 * open;
    suns[i] = light.toSun[2] * sunlitAt(lookUp(shade.shadowTop, x, y), height + (height > 0 ? 0.3 : 0));
  }
  putSamples(canvas, air, column * canvas.side + top, bottom - top);
}
