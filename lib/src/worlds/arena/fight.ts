/** Weapons: drawing, firing, loading, and what a shot does. */
import type { CsgoAction } from "../../data/csgoAction.js";
import { aimAt, type View, viewOf } from "./aim.js";
import type { ArenaMap } from "./map.js";
import { type Moment, type Puff, type Target, weapons } from "./moment.js";

const drawingFrames = 6;
const kickMost = 700;

const wane = (value: number) => Math.sign(value) * Math.floor(Math.abs(value) * 0.7);

/** The moment after buttons took effect on the weapon in hand; the view is already where the mouse put it. */
export function handleWeapon(map: ArenaMap, before: Moment, action: CsgoAction): Moment {
  let moment: Moment = {
    ...before,
    kick: wane(before.kick),
    kickAside: wane(before.kickAside),
    drawing: Math.max(0, before.drawing - 1),
    resting: Math.max(0, before.resting - 1),
    sinceShot: before.sinceShot + 1,
    zoom: zoomAfter(before, action.rightClick),
    triggerHeld: action.leftClick,
    puffs: before.puffs.filter(({ age }) => age < 4).map((puff) => ({ ...puff, age: puff.age + 1 })),
    targets: before.targets.map((target) => ({ ...target, sinceHit: target.sinceHit + 1 })),
  };
  if (before.reloading > 0) moment = keepLoading(moment);
  const wanted = (["1", "2", "3"] as const).findIndex((key) => action.keys.includes(key));
  if (wanted >= 0 && wanted !== moment.weapon)
    moment = { ...moment, weapon: wanted, drawing: drawingFrames, reloading: 0, resting: 0, sinceShot: 1000 };
  const weapon = weapons[moment.weapon];
  const full = weapon.magazine === 0 || moment.rounds[moment.weapon] === weapon.magazine;
  if (action.keys.includes("r") && !full && moment.reloading === 0 && moment.drawing === 0)
    moment = { ...moment, reloading: weapon.reload };
  const ready = moment.drawing === 0 && moment.reloading === 0 && moment.resting === 0;
  const pulled = action.leftClick && (weapon.automatic || !before.triggerHeld);
  const loaded = weapon.magazine === 0 || moment.rounds[moment.weapon] > 0;
  return ready && pulled && loaded ? shoot(map, moment, viewOf(before)) : moment;
}

/** Aiming takes three frames, and is over at once with a knife or an empty hand. */
function zoomAfter(moment: Moment, held: boolean): number {
  const aiming = held && moment.weapon !== 2 && moment.reloading === 0 && moment.drawing === 0;
  return Math.min(3, Math.max(0, moment.zoom + (aiming ? 1 : -1)));
}

function keepLoading(moment: Moment): Moment {
  if (moment.reloading > 1) return { ...moment, reloading: moment.reloading - 1 };
  const rounds = moment.rounds.map((left, i) => (i === moment.weapon ? weapons[i].magazine : left));
  return { ...moment, reloading: 0, rounds };
}

function shoot(map: ArenaMap, moment: Moment, view: View): Moment {
  const weapon = weapons[moment.weapon];
  const aim = aimAt(map, view, moment.targets, weapon.reach);
  const puffs: Puff[] = [...moment.puffs];
  if (aim.distance < weapon.reach) {
    const near = Math.max(0, aim.distance - 0.05);
    puffs.push({
      x: view.x + view.cos * near,
      y: view.y + view.sin * near,
      z: view.z + view.tilt * near,
      age: 0,
      onTarget: aim.target !== undefined,
    });
  }
  const damage = aim.head ? 100 : weapon.damage;
  const targets = moment.targets.map((target, i): Target => {
    if (i !== aim.target) return target;
    return { ...target, health: Math.max(0, target.health - damage), sinceHit: 0 };
  });
  const fell = aim.target !== undefined && targets[aim.target].health === 0;
  return {
    ...moment,
    targets,
    puffs,
    resting: weapon.interval,
    sinceShot: 0,
    kick: Math.min(kickMost, moment.kick + weapon.kick),
    kickAside: moment.kickAside + Math.round((weapon.kick * (((moment.shots * 7) % 5) - 2)) / 6),
    rounds: moment.rounds.map((left, i) => (i === moment.weapon ? left - 1 : left)),
    shots: moment.shots + 1,
    hits: moment.hits + Number(aim.target !== undefined),
    kills: moment.kills + Number(fell),
  };
}
