/** What targets do: walk the streets, stop now and then and look at the player, fall when hit, come back elsewhere. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { isVisible, viewOf } from "./aim.js";
import { type ArenaMap, mapCells } from "./map.js";
import { cellCentre, framesPerSecond, freshTarget, type Moment, type Target } from "./moment.js";

const speed = 1.7;
const lyingFrames = 80;

/** The open cells beside a cell. */
export function openBeside(map: ArenaMap, cell: number): number[] {
  return [cell + 1, cell - 1, cell + mapCells, cell - mapCells].filter((next) => map.height[next] === 0);
}

function turnTowards(target: Target, dx: number, dy: number): Pick<Target, "facingX" | "facingY"> {
  const length = Math.sqrt(dx * dx + dy * dy);
  if (length < 1e-9) return target;
  const x = target.facingX + 0.35 * (dx / length - target.facingX);
  const y = target.facingY + 0.35 * (dy / length - target.facingY) + 1e-3; // never stuck between opposite ways
  const norm = Math.sqrt(x * x + y * y);
  return { facingX: x / norm, facingY: y / norm };
}

function choose(map: ArenaMap, target: Target, chance: ArrayLike<number>): Target {
  const ways = openBeside(map, target.to);
  const onward = ways.filter((cell) => cell !== target.from);
  const choices = onward.length > 0 ? onward : ways;
  return {
    ...target,
    from: target.to,
    to: choices[Math.floor(chance[0] * choices.length)] ?? target.to,
    pause: chance[1] < 0.22 ? 6 + Math.floor(chance[2] * 34) : 0,
    choices: target.choices + 1,
  };
}

function comeBack(map: ArenaMap, moment: Moment, target: Target, chance: ArrayLike<number>): Target {
  const view = viewOf(moment);
  for (const value of [chance[0], chance[1], chance[2]]) {
    const fresh = freshTarget(map.open[Math.floor(value * map.open.length)], target.choices + 1);
    const far = (fresh.x - moment.x) ** 2 + (fresh.y - moment.y) ** 2 > 64;
    if (far && !isVisible(map, view, fresh)) return fresh;
  }
  return { ...target, choices: target.choices + 1 }; // every place was in sight: try again on the next frame
}

/** Target number `index` one frame later. */
export function moveTarget(
  map: ArenaMap,
  moment: Moment,
  target: Target,
  index: number,
  seed: number,
): Target {
  const draw = () => uniformValues(3, deriveSeed(seed, 30, index, target.choices));
  if (target.health === 0)
    return target.sinceHit < lyingFrames ? target : comeBack(map, moment, target, draw());
  const toPlayerX = moment.x - target.x;
  const toPlayerY = moment.y - target.y;
  const close = toPlayerX * toPlayerX + toPlayerY * toPlayerY < 1.8 * 1.8;
  if (target.pause > 0 || close || target.sinceHit < 4)
    return {
      ...target,
      pause: Math.max(0, target.pause - 1),
      ...turnTowards(target, toPlayerX, toPlayerY),
    };
  const [goalX, goalY] = cellCentre(target.to);
  const dx = goalX - target.x;
  const dy = goalY - target.y;
  const left = Math.sqrt(dx * dx + dy * dy);
  const way = speed / framesPerSecond;
  if (left <= way)
    return choose(map, { ...target, x: goalX, y: goalY, walked: target.walked + left }, draw());
  return {
    ...target,
    x: target.x + (dx / left) * way,
    y: target.y + (dy / left) * way,
    walked: target.walked + way,
    ...turnTowards(target, dx, dy),
  };
}
