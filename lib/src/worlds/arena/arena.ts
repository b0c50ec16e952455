/**
 * The arena, which stands for recordings of CS:GO: a first-person shooter among walls, with targets that walk, fall and
 * come back. Actions are the 51 numbers of `encodeCsgoAction`.
 */
import { type CsgoAction, csgoActionNames, csgoActionSize, decodeCsgoAction } from "../../data/csgoAction.js";
import { requireWhole } from "../../tensor/check.js";
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { isHidden } from "../raycast/camera.js";
import { type Canvas, createCanvas, resolvePicture } from "../raycast/canvas.js";
import { drawCapsule } from "../raycast/capsule.js";
import { drawContactShadow } from "../raycast/contactShadow.js";
import { lightOf, mixRgb } from "../raycast/light.js";
import type { Simulator, SimulatorSnapshot } from "../simulator.js";
import { isVisible, viewOf } from "./aim.js";
import { handleWeapon } from "./fight.js";
import { figureCapsules } from "./figure.js";
import { drawHands, drawMarks } from "./hands.js";
import { arenaLooks } from "./looks.js";
import { arenaMap, mapCells } from "./map.js";
import { firstMoment, framesPerSecond, type Moment, turnUnits, weapons } from "./moment.js";
import { movePlayer } from "./move.js";
import { moveTarget } from "./patrol.js";
import { drawScenery, type Scenery } from "./scenery.js";
import { arenaShade, lookUp, sunlitAt } from "./shade.js";

/** The arena's true state. Metres, radians, metres per second; x and y on the ground, z up. */
export interface ArenaState {
  readonly seed: number;
  readonly frame: number;
  /** Feet of the player; heading from x towards y, pitch up, both without the weapon's kick. */
  readonly pose: {
    readonly x: number;
    readonly y: number;
    readonly z: number;
    readonly heading: number;
    readonly pitch: number;
  };
  readonly velocity: { readonly x: number; readonly y: number; readonly z: number };
  /** 0 standing, 1 crouched. */
  readonly crouch: number;
  readonly weapon: "rifle" | "pistol" | "knife";
  readonly ammunition: { readonly rifle: number; readonly pistol: number };
  /** Share of the loading that is done, 0 while not loading. */
  readonly reload: number;
  /** 0 from the hip, 1 aiming. */
  readonly zoom: number;
  readonly targets: readonly {
    readonly x: number;
    readonly y: number;
    readonly alive: boolean;
    /** Head or chest is in the picture and nothing hides it. */
    readonly visible: boolean;
  }[];
  readonly shots: number;
  readonly hits: number;
  readonly kills: number;
}

const pitchMost = 3200; // 35°
const unitsPerCount = 8;

/** The moment after the mouse moved; while aiming it turns at half the speed. */
function turn(moment: Moment, action: CsgoAction): Moment {
  const units = moment.zoom > 0 ? unitsPerCount / 2 : unitsPerCount;
  const heading = moment.heading - action.mouseX * units;
  const pitch = moment.pitch - action.mouseY * units;
  return {
    ...moment,
    heading: ((heading % turnUnits) + turnUnits) % turnUnits,
    pitch: Math.max(-pitchMost, Math.min(pitchMost, pitch)),
  };
}

function sceneryOf(seed: number): Scenery {
  const map = arenaMap(seed);
  const looks = arenaLooks(seed);
  const chance = uniformValues(mapCells * mapCells * 4, deriveSeed(seed, 15));
  return { map, looks, shade: arenaShade(map, looks.light.toSun), chance };
}

/** Draws a moment; the same bits for the same seed and moment. */
function drawMoment(canvas: Canvas, scenery: Scenery, moment: Moment, shown: "all" | "scenery"): void {
  const { looks, shade } = scenery;
  const camera = viewOf(moment);
  const flash = moment.sinceShot === 0 && moment.weapon < 2 ? 0.55 : 0;
  drawScenery(canvas, camera, scenery, flash);
  if (shown === "scenery") return;
  for (const target of moment.targets) {
    if (isHidden(canvas, camera, target.x, target.y, 0.9, target.health > 0 ? 1.6 : 2.6)) continue;
    drawContactShadow(canvas, camera, { x: target.x, y: target.y, radius: target.health > 0 ? 0.5 : 0.9 });
    const sunlit = sunlitAt(lookUp(shade.shadowTop, target.x, target.y), 0.9);
    for (const capsule of figureCapsules(target, looks.clothes))
      drawCapsule(canvas, camera, looks.light, capsule, sunlit);
  }
  for (const { x, y, z, age, onTarget } of moment.puffs) {
    const radius = (onTarget ? 0.05 : 0.04) + 0.02 * age;
    const colour = onTarget ? ([190, 40, 30] as const) : ([214, 204, 188] as const);
    drawCapsule(canvas, camera, looks.light, { from: [x, y, z], to: [x, y, z], radius, colour }, 0.5);
  }
  const [sx, sy, sz] = looks.light.toSun;
  const { ambient } = looks.light;
  const handLight = lightOf({
    ...looks.light,
    toSun: [sx * camera.cos + sy * camera.sin, sy * camera.cos - sx * camera.sin, sz],
    ambient: [ambient[0] + flash * 0.5, ambient[1] + flash * 0.4, ambient[2] + flash * 0.2],
  });
  const sunlit = sunlitAt(lookUp(shade.shadowTop, moment.x, moment.y), camera.z);
  drawHands(canvas, moment, handLight, sunlit, mixRgb(looks.clothes, [70, 72, 70], 0.6));
  drawMarks(canvas, moment);
}

/**
 * Opens the arena at `seed` (a whole number from 1 up), 16 frames per second. Pictures have from 8 to 1024 pixels a side.
 *
 * @throws RangeError for a seed, a picture size or an action that does not fit, or the snapshot of another world
 */
export function createArena(seed: number): Simulator<ArenaState> {
  let scenery: Scenery;
  let moment: Moment;
  let at = 0;
  let canvas = createCanvas("arena.render", 64);

  function reset(next: number): void {
    requireWhole("createArena", "seed", next, 1, 2 ** 53 - 1);
    if (next !== at) scenery = sceneryOf(next);
    at = next;
    moment = firstMoment(scenery.map, next);
  }

  function step(action: ArrayLike<number>): void {
    const input = decodeCsgoAction(action);
    const { map } = scenery;
    const fought = handleWeapon(map, turn(moment, input), input);
    const moved: Moment = { ...fought, ...movePlayer(map, fought, input), frame: moment.frame + 1 };
    moment = { ...moved, targets: moved.targets.map((target, i) => moveTarget(map, moved, target, i, at)) };
  }

  function render(size = 64, shown: "all" | "scenery" = "all"): Uint8Array {
    if (canvas.size !== size) canvas = createCanvas("arena.render", size);
    drawMoment(canvas, scenery, moment, shown);
    return resolvePicture(canvas);
  }

  function state(): ArenaState {
    const view = viewOf(moment);
    const { name, reload } = weapons[moment.weapon];
    const radians = (2 * Math.PI) / turnUnits;
    return {
      seed: at,
      frame: moment.frame,
      pose: {
        x: moment.x,
        y: moment.y,
        z: moment.z,
        heading: moment.heading * radians,
        pitch: moment.pitch * radians,
      },
      velocity: { x: moment.vx, y: moment.vy, z: moment.vz },
      crouch: moment.crouch / 4,
      weapon: name,
      ammunition: { rifle: moment.rounds[0], pistol: moment.rounds[1] },
      reload: moment.reloading > 0 ? 1 - moment.reloading / reload : 0,
      zoom: moment.zoom / 3,
      targets: moment.targets.map((target) => ({
        x: target.x,
        y: target.y,
        alive: target.health > 0,
        visible: isVisible(scenery.map, view, target),
      })),
      shots: moment.shots,
      hits: moment.hits,
      kills: moment.kills,
    };
  }

  reset(seed);
  return {
    name: "arena",
    actionSize: csgoActionSize,
    actionNames: csgoActionNames,
    fps: framesPerSecond,
    reset,
    step,
    render,
    state,
    snapshot: () => ({ world: "arena", seed: at, data: structuredClone(moment) }),
    restore(snapshot: SimulatorSnapshot): void {
      if (snapshot.world !== "arena")
        throw new RangeError(`arena.restore: the snapshot is of ${snapshot.world}; expected arena.`);
      reset(snapshot.seed);
      moment = structuredClone(snapshot.data) as Moment;
    },
    dispose() {},
  };
}
