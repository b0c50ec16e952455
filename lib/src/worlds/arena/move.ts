/** How the player walks, jumps and is stopped by what stands around. */
import type { CsgoAction } from "../../data/csgoAction.js";
import { cosine, sine } from "../raster/trigonometry.js";
import { type ArenaMap, heightAt } from "./map.js";
import { framesPerSecond, type Moment, type Target, turnUnits, weapons } from "./moment.js";

/** Half the width of the player. */
export const playerRadius = 0.35;
const stepHeight = 0.35;
const gravity = 15;
const jumpSpeed = 5.6; // rises a good metre, enough for one crate
const seconds = 1 / framesPerSecond;

/** Highest ground under a player at (x, y). */
function groundUnder(map: ArenaMap, x: number, y: number): number {
  const near = playerRadius - 1e-6;
  return Math.max(
    heightAt(map, x - near, y - near),
    heightAt(map, x + near, y - near),
    heightAt(map, x - near, y + near),
    heightAt(map, x + near, y + near),
  );
}

const touches = (target: Target, x: number, y: number) =>
  target.health > 0 &&
  Math.abs(target.x - x) < playerRadius + 0.25 &&
  Math.abs(target.y - y) < playerRadius + 0.25;

/** How far of `way` along one axis is free: all, up to the wall's face, or nothing before a target. */
function freeWay(map: ArenaMap, moment: Moment, x: number, y: number, way: number, alongX: boolean): number {
  const [toX, toY] = alongX ? [x + way, y] : [x, y + way];
  if (moment.targets.some((target) => touches(target, toX, toY) && !touches(target, x, y))) return 0;
  if (groundUnder(map, toX, toY) <= moment.z + stepHeight) return way;
  const start = alongX ? x : y;
  const reach = Math.sign(way) * playerRadius;
  const cell = 2 * Math.floor((start + way + reach) / 2);
  return (way > 0 ? cell : cell + 2) - reach - start;
}

const approach = (value: number, goal: number) => value + Math.sign(goal - value);

/** The player one frame later, as far as motion goes. */
export function movePlayer(map: ArenaMap, moment: Moment, action: CsgoAction): Partial<Moment> {
  const down = (key: CsgoAction["keys"][number]) => Number(action.keys.includes(key));
  const angle = (moment.heading * 2 * Math.PI) / turnUnits;
  const forward = down("w") - down("s");
  const right = down("d") - down("a");
  const norm = forward && right ? Math.SQRT1_2 : 1;
  let speed = weapons[moment.weapon].speed * norm;
  if (down("shift")) speed *= 0.5;
  speed *= 1 - 0.14 * moment.crouch;
  if (moment.zoom > 0) speed *= 0.6;
  const wishX = speed * (forward * cosine(angle) + right * sine(angle));
  const wishY = speed * (forward * sine(angle) - right * cosine(angle));

  const ground = groundUnder(map, moment.x, moment.y);
  const standing = moment.z <= ground && moment.vz <= 0;
  const grip = standing ? 0.5 : 0.12;
  let vx = moment.vx + (wishX - moment.vx) * grip;
  let vy = moment.vy + (wishY - moment.vy) * grip;
  if (!forward && !right && vx * vx + vy * vy < 0.01) vx = vy = 0;
  let vz = standing ? (down("space") ? jumpSpeed : 0) : moment.vz;

  const wayX = freeWay(map, moment, moment.x, moment.y, vx * seconds, true);
  const x = moment.x + wayX;
  const wayY = freeWay(map, moment, x, moment.y, vy * seconds, false);
  const y = moment.y + wayY;
  if (wayX !== vx * seconds) vx = wayX * framesPerSecond;
  if (wayY !== vy * seconds) vy = wayY * framesPerSecond;

  const floor = groundUnder(map, x, y);
  let z = moment.z;
  if (vz !== 0 || z > floor) {
    vz -= gravity * seconds;
    z += vz * seconds;
  }
  if (z <= floor) {
    z = floor;
    vz = 0;
  }
  return {
    x,
    y,
    z,
    vx,
    vy,
    vz,
    crouch: approach(moment.crouch, down("ctrl") ? 4 : 0),
    walked: moment.walked + Math.sqrt(wayX * wayX + wayY * wayY),
  };
}
