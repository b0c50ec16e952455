/** One moment of the arena: all that decides its future, as plain data. Metres, seconds, radians unless said otherwise. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { type ArenaMap, cellMetres, mapCells } from "./map.js";

/** Directions are whole numbers of these per full turn, so that turning there and back is exact. */
export const turnUnits = 32768;
export const framesPerSecond = 16;
export const targetCount = 12;

export interface Target {
  readonly x: number;
  readonly y: number;
  /** Where it looks, about length 1. */
  readonly facingX: number;
  readonly facingY: number;
  /** The open cells that it walks between, by number. */
  readonly from: number;
  readonly to: number;
  /** Frames that it still stands. */
  readonly pause: number;
  /** Metres walked, which moves its legs. */
  readonly walked: number;
  /** Choices made so far; each is drawn from the seed by this number. */
  readonly choices: number;
  /** 100 when fresh; lies on the ground at 0. */
  readonly health: number;
  /** Frames since the last hit. */
  readonly sinceHit: number;
}

/** What a shot left in the air. */
export interface Puff {
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly age: number;
  readonly onTarget: boolean;
}

export interface Moment {
  readonly frame: number;
  /** Feet of the player. */
  readonly x: number;
  readonly y: number;
  readonly z: number;
  readonly vx: number;
  readonly vy: number;
  readonly vz: number;
  /** In turn units; from x towards y, and up. */
  readonly heading: number;
  readonly pitch: number;
  /** What shots have added to pitch and heading for now. */
  readonly kick: number;
  readonly kickAside: number;
  /** 0 standing to 4 crouched; 0 from the hip to 3 aiming. */
  readonly crouch: number;
  readonly zoom: number;
  /** Metres walked, which sways the weapon. */
  readonly walked: number;
  /** 0 rifle, 1 pistol, 2 knife. */
  readonly weapon: number;
  /** Frames until the weapon is at hand, loaded, ready again. */
  readonly drawing: number;
  readonly reloading: number;
  readonly resting: number;
  /** Frames since the last shot or stroke. */
  readonly sinceShot: number;
  readonly triggerHeld: boolean;
  /** Rounds in rifle and pistol. */
  readonly rounds: readonly number[];
  readonly shots: number;
  readonly hits: number;
  readonly kills: number;
  readonly targets: readonly Target[];
  readonly puffs: readonly Puff[];
}

export interface Weapon {
  readonly name: "rifle" | "pistol" | "knife";
  /** Rounds per magazine; 0 where it needs none. */
  readonly magazine: number;
  /** Shoots on while the trigger is held. */
  readonly automatic: boolean;
  /** Frames from one shot to the next, and to load. */
  readonly interval: number;
  readonly reload: number;
  readonly damage: number;
  /** Turn units by which a shot throws the view up. */
  readonly kick: number;
  /** Metres that it reaches. */
  readonly reach: number;
  /** Metres per second of a runner who holds it. */
  readonly speed: number;
}

export const weapons: readonly Weapon[] = [
  {
    name: "rifle",
    magazine: 30,
    automatic: true,
    interval: 2,
    reload: 32,
    damage: 35,
    kick: 60,
    reach: 80,
    speed: 4.6,
  },
  {
    name: "pistol",
    magazine: 12,
    automatic: false,
    interval: 4,
    reload: 24,
    damage: 50,
    kick: 110,
    reach: 80,
    speed: 5,
  },
  {
    name: "knife",
    magazine: 0,
    automatic: true,
    interval: 8,
    reload: 0,
    damage: 60,
    kick: 0,
    reach: 1.9,
    speed: 5.4,
  },
];

/** Middle of a cell. */
export function cellCentre(cell: number): readonly [number, number] {
  return [((cell % mapCells) + 0.5) * cellMetres, (Math.floor(cell / mapCells) + 0.5) * cellMetres];
}

/** A target that begins to walk at an open cell. */
export function freshTarget(cell: number, choices: number): Target {
  const [x, y] = cellCentre(cell);
  return {
    x,
    y,
    facingX: 1,
    facingY: 0,
    from: cell,
    to: cell,
    pause: 0,
    walked: 0,
    choices,
    health: 100,
    sinceHit: 1000,
  };
}

/** The first moment of an episode: player and targets on open cells of the seed's choice. */
export function firstMoment(map: ArenaMap, seed: number): Moment {
  const chance = uniformValues(targetCount + 2, deriveSeed(seed, 20));
  const cellFor = (value: number) => map.open[Math.floor(value * map.open.length)];
  const [x, y] = cellCentre(cellFor(chance[0]));
  return {
    frame: 0,
    x,
    y,
    z: 0,
    vx: 0,
    vy: 0,
    vz: 0,
    heading: Math.floor(chance[1] * 8) * (turnUnits / 8),
    pitch: 0,
    kick: 0,
    kickAside: 0,
    crouch: 0,
    zoom: 0,
    walked: 0,
    weapon: 0,
    drawing: 0,
    reloading: 0,
    resting: 0,
    sinceShot: 1000,
    triggerHeld: false,
    rounds: [weapons[0].magazine, weapons[1].magazine],
    shots: 0,
    hits: 0,
    kills: 0,
    targets: Array.from({ length: targetCount }, (_, i) => freshTarget(cellFor(chance[2 + i]), 0)),
    puffs: [],
  };
}
