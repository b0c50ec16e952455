/** The arena's ground plan: streets between walls, squares, crates. Follows from the seed alone. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";

/** Cells per side, metres per cell. */
export const mapCells = 25;
export const cellMetres = 2;
/** No wall is higher, in metres. */
export const highestWall = 5;

export interface ArenaMap {
  /** [y, x]: height in metres of what stands in each cell; 0 is open ground. */
  readonly height: Float64Array;
  /** [y, x]: 0 ground, 1 and 2 walls, 3 crates, 4 low walls. */
  readonly material: Uint8Array;
  /** Open cells by number y · mapCells + x, in order. */
  readonly open: readonly number[];
}

const rooms = 8; // per side, each 2 × 2 cells, with room for a wall of one cell between them
const pitch = 3;

/** Which of the walls between rooms stand: a maze without loops first, then more openings. */
function openings(seed: number): Set<string> {
  const chance = uniformValues(4 * rooms * rooms, deriveSeed(seed, 1));
  const open = new Set<string>();
  const seen = new Set<number>([0]);
  const path = [0];
  const directions = [1, -1, rooms, -rooms];
  const neighbour = (room: number, step: number) => {
    const x = room % rooms;
    if ((step === 1 && x === rooms - 1) || (step === -1 && x === 0)) return -1;
    const next = room + step;
    return next >= 0 && next < rooms * rooms ? next : -1;
  };
  const key = (a: number, b: number) => `${Math.min(a, b)}-${Math.max(a, b)}`;
  for (let draw = 0; path.length > 0; draw++) {
    const room = path[path.length - 1];
    const choices = directions
      .map((step) => neighbour(room, step))
      .filter((next) => next >= 0 && !seen.has(next));
    if (choices.length === 0) {
      path.pop();
      continue;
    }
    const next = choices[Math.floor(chance[draw % chance.length] * choices.length)];
    open.add(key(room, next));
    seen.add(next);
    path.push(next);
  }
  const extra = uniformValues(2 * rooms * rooms, deriveSeed(seed, 2));
  for (let room = 0; room < rooms * rooms; room++)
    [1, rooms].forEach((step, i) => {
      const next = neighbour(room, step);
      if (next >= 0 && extra[2 * room + i] < 0.4) open.add(key(room, next));
    });
  return open;
}

/** Builds the map of `seed`. Every open cell can be reached from every other. */
export function arenaMap(seed: number): ArenaMap {
  const height = new Float64Array(mapCells * mapCells);
  const material = new Uint8Array(mapCells * mapCells);
  const open = openings(seed);
  const chance = uniformValues(mapCells * mapCells, deriveSeed(seed, 3));
  const isOpen = (a: number, b: number) => open.has(`${a}-${b}`);
  const isSquare = (x: number, y: number) => {
    const room = y * rooms + x;
    return (
      isOpen(room, room + 1) &&
      isOpen(room, room + rooms) &&
      isOpen(room + 1, room + 1 + rooms) &&
      isOpen(room + rooms, room + rooms + 1)
    );
  };
  for (let y = 0; y < mapCells; y++)
    for (let x = 0; x < mapCells; x++) {
      const cell = y * mapCells + x;
      const roomX = Math.floor((x - 1) / pitch);
      const roomY = Math.floor((y - 1) / pitch);
      const room = roomY * rooms + roomX;
      const onX = x % pitch === 0;
      const onY = y % pitch === 0;
      const border = x === 0 || y === 0 || x === mapCells - 1 || y === mapCells - 1;
      let wall = border;
      if (!border && onX && onY)
        wall = !isSquare(roomX, roomY); // a square has no pillar in its middle
      else if (!border && onX) wall = !isOpen(room, room + 1);
      else if (!border && onY) wall = !isOpen(room, room + rooms);
      if (!wall) continue;
      // Neighbouring walls share a house, four cells wide.
      const house = chance[Math.floor(y / 4) * mapCells + Math.floor(x / 4)];
      height[cell] = border ? highestWall : 3 + Math.floor(house * 4) * 0.5;
      material[cell] = house * 7 - Math.floor(house * 7) < 0.5 ? 1 : 2;
      const between = !border && onX !== onY;
      if (between && chance[cell] < 0.16) {
        height[cell] = 1.2;
        material[cell] = 4;
      }
    }
  for (let room = 0; room < rooms * rooms; room++) {
    const luck = chance[room + 200];
    if (luck > 0.45) continue;
    const corner = Math.floor(luck * 1000) % 4;
    const x = (room % rooms) * pitch + 1 + (corner % 2);
    const y = Math.floor(room / rooms) * pitch + 1 + (corner >> 1);
    height[y * mapCells + x] = luck < 0.12 ? 1.8 : 0.9;
    material[y * mapCells + x] = 3;
  }
  return { height, material, open: [...height.keys()].filter((cell) => height[cell] === 0) };
}

/** Height in metres of what stands at (x, y); the outermost wall goes on forever. */
export function heightAt(map: ArenaMap, x: number, y: number): number {
  const column = Math.floor(x / cellMetres);
  const row = Math.floor(y / cellMetres);
  if (column < 0 || row < 0 || column >= mapCells || row >= mapCells) return highestWall;
  return map.height[row * mapCells + column];
}

/**
 * Distance along (dx, dy, dz) from (x, y, z) to the first thing hit, in lengths of that vector; Infinity beyond `most`.
 */
export function castRay(
  map: ArenaMap,
  x: number,
  y: number,
  z: number,
  dx: number,
  dy: number,
  dz: number,
  most: number,
): number {
  let column = Math.floor(x / cellMetres);
  let row = Math.floor(y / cellMetres);
  const stepX = dx > 0 ? 1 : -1;
  const stepY = dy > 0 ? 1 : -1;
  const perX = dx === 0 ? Infinity : Math.abs(cellMetres / dx);
  const perY = dy === 0 ? Infinity : Math.abs(cellMetres / dy);
  let nextX = dx === 0 ? Infinity : ((column + (dx > 0 ? 1 : 0)) * cellMetres - x) / dx;
  let nextY = dy === 0 ? Infinity : ((row + (dy > 0 ? 1 : 0)) * cellMetres - y) / dy;
  let enter = 0;
  while (enter <= most) {
    if (column < 0 || row < 0 || column >= mapCells || row >= mapCells) return Infinity;
    const height = map.height[row * mapCells + column];
    if (z + dz * enter < height) return enter;
    const leave = Math.min(nextX, nextY);
    if (z + dz * leave < height) return (height - z) / dz; // comes down on top of it
    enter = leave;
    if (nextX < nextY) {
      column += stepX;
      nextX += perX;
    } else {
      row += stepY;
      nextY += perY;
    }
  }
  return Infinity;
}
