/** What a seed decides: task, where things stand, and how everything looks. Plain numbers; nothing moves yet. */
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import type { Camera, Color, Light, Material, Vector3 } from "../raster/scene.js";

export type TabletopTask = "close the drawer" | "push the block";

/** The cabinet: its front is the plane x = front, its top the plane z = top; lengths in metres. */
export const cabinet = { front: 0.5, depth: 0.42, halfWidth: 0.38, top: 0.42 } as const;
export const drawer = { halfWidth: 0.18, low: 0.2, high: 0.385, depth: 0.36, travel: 0.24 } as const;

export interface BlockLayout {
  readonly color: string;
  readonly half: Vector3;
  /** Centre at the start, and turn about z as cosine and sine of half the angle. */
  readonly position: Vector3;
  readonly halfTurn: readonly [number, number];
}

export interface TabletopLayout {
  readonly task: TabletopTask;
  /** Index of the block to push. */
  readonly target: number;
  readonly drawerY: number;
  /** Metres by which the drawer is open at the start. */
  readonly opening: number;
  readonly blocks: readonly BlockLayout[];
  /** x, y, z, roll, pitch, yaw before the base. */
  readonly gripper: readonly number[];
  readonly looks: Looks;
}

/** Materials by part, light, and the camera on the robot's base. */
export interface Looks {
  readonly floor: Material;
  readonly wall: Material;
  readonly skirting: Material;
  readonly body: Material;
  readonly top: Material;
  readonly front: Material;
  readonly tray: Material;
  readonly handle: Material;
  readonly arm: Material;
  readonly joint: Material;
  readonly finger: Material;
  readonly light: Light;
  readonly camera: Camera;
}

/** Linear red, green, blue. */
export const blockColors: Readonly<Record<string, Color>> = {
  red: [0.72, 0.05, 0.04],
  green: [0.05, 0.42, 0.1],
  blue: [0.04, 0.14, 0.62],
  yellow: [0.85, 0.6, 0.05],
  orange: [0.85, 0.24, 0.03],
  purple: [0.3, 0.06, 0.42],
};

/** Light and dark of one kind of wood, or of lacquer. */
const woods: readonly (readonly [Color, Color])[] = [
  [
    [0.56, 0.36, 0.19],
    [0.4, 0.22, 0.1],
  ],
  [
    [0.66, 0.5, 0.31],
    [0.52, 0.36, 0.2],
  ],
  [
    [0.28, 0.14, 0.07],
    [0.17, 0.08, 0.04],
  ],
  [
    [0.72, 0.7, 0.66],
    [0.66, 0.63, 0.58],
  ],
  [
    [0.42, 0.2, 0.09],
    [0.3, 0.13, 0.06],
  ],
];
const lacquers: readonly Color[] = [
  [0.75, 0.74, 0.7],
  [0.2, 0.3, 0.36],
  [0.32, 0.4, 0.3],
  [0.5, 0.2, 0.15],
  [0.62, 0.55, 0.4],
];
const walls: readonly Color[] = [
  [0.62, 0.62, 0.6],
  [0.5, 0.57, 0.62],
  [0.64, 0.58, 0.47],
  [0.48, 0.56, 0.48],
  [0.56, 0.48, 0.46],
];
const metals: readonly Color[] = [
  [0.6, 0.6, 0.62],
  [0.1, 0.1, 0.11],
  [0.62, 0.48, 0.2],
];

/** Draws numbers one after the other. */
function createChance(seed: number) {
  let used = 0;
  const next = () => uniformValues(1, deriveSeed(seed, used++))[0];
  return {
    between: (low: number, high: number) => low + (high - low) * next(),
    pick: <T>(choices: readonly T[]): T => choices[Math.floor(next() * choices.length)],
    /** In random order. */
    shuffle: <T>(items: readonly T[]): T[] =>
      items
        .map((item) => ({ item, key: next() }))
        .sort((a, b) => a.key - b.key)
        .map(({ item }) => item),
  };
}

export function tabletopLayout(seed: number): TabletopLayout {
  const things = createChance(deriveSeed(seed, 1));
  const task = things.pick<TabletopTask>(["close the drawer", "push the block"]);
  const colors = things.shuffle(Object.keys(blockColors));
  const count = things.pick([2, 3, 4]);
  // One block to each of four columns of the table top, so that none stand in each other.
  const columns = things.shuffle([-0.255, -0.085, 0.085, 0.255]).slice(0, count);
  const blocks = columns.map((column, i): BlockLayout => {
    const half: Vector3 = [
      things.between(0.03, 0.038),
      things.between(0.03, 0.038),
      things.between(0.03, 0.042),
    ];
    const turn = things.between(-0.4, 0.4); // tangent of a quarter of the angle, give or take
    const length = Math.sqrt(1 + turn * turn);
    return {
      color: colors[i],
      half,
      position: [
        cabinet.front + things.between(0.13, 0.26),
        column + things.between(-0.02, 0.02),
        cabinet.top + half[2],
      ],
      halfTurn: [1 / length, turn / length],
    };
  });
  const closing = task === "close the drawer";
  return {
    task,
    target: 0,
    drawerY: things.between(-0.13, 0.13),
    opening: closing ? things.between(0.1, 0.22) : things.pick([0, 0, things.between(0.03, 0.15)]),
    blocks,
    gripper: [
      things.between(0.5, 0.58),
      things.between(-0.2, 0.12),
      things.between(0.5, 0.62),
      0,
      things.between(0.5, 0.8),
      0,
    ],
    looks: drawLooks(deriveSeed(seed, 2)),
  };
}

function drawLooks(seed: number): Looks {
  const chance = createChance(seed);
  const jitter = (color: Color): Color => {
    const whole = chance.between(0.85, 1.15);
    return [0, 1, 2].map((i) =>
      Math.min(0.9, color[i] * whole * chance.between(0.94, 1.06)),
    ) as unknown as Color;
  };
  const wood = ([light, dark]: readonly [Color, Color]): Material => ({
    color: jitter(light),
    shine: chance.between(0.03, 0.12),
    texture: { kind: "wood", color: jitter(dark), size: chance.between(0.02, 0.035) },
  });
  const plain = (color: Color, shine: number): Material => ({ color: jitter(color), shine });
  const body = wood(chance.pick(woods));
  const top = chance.pick([wood(chance.pick(woods)), plain(chance.pick(lacquers), 0.1)]);
  const front = chance.pick([body, wood(chance.pick(woods)), plain(chance.pick(lacquers), 0.12)]);
  const floorColor = chance.pick<Color>([
    [0.3, 0.28, 0.25],
    [0.2, 0.21, 0.23],
    [0.36, 0.24, 0.14],
  ]);
  const floorLight = jitter([floorColor[0] * 1.5, floorColor[1] * 1.5, floorColor[2] * 1.5]);
  const kind = chance.pick(["checks", "mottle", "wood"] as const);
  const size = { checks: 0.3, mottle: 0.06, wood: 0.05 }[kind];
  const grey = chance.between(0.3, 0.5);
  return {
    floor: { color: jitter(floorColor), shine: 0.03, texture: { kind, color: floorLight, size } },
    wall: plain(chance.pick(walls), 0),
    skirting: plain([0.6, 0.58, 0.54], 0.05),
    body,
    top,
    front,
    tray: plain([0.5, 0.42, 0.3], 0),
    handle: plain(chance.pick(metals), 0.7),
    arm: plain([grey, grey, grey * 1.02], 0.35),
    joint: plain([0.06, 0.06, 0.07], 0.3),
    finger: plain([0.1, 0.1, 0.11], 0.3),
    light: {
      direction: [chance.between(-0.9, 0.1), chance.between(-0.75, 0.75), 1.4],
      color: [chance.between(0.85, 1), chance.between(0.82, 0.92), chance.between(0.72, 0.9)],
      ambient: chance.between(0.5, 0.7),
      shadow: { center: [0.5, 0, 0.3], radius: 0.75 },
    },
    camera: {
      position: [chance.between(-0.12, -0.04), chance.between(-0.04, 0.04), chance.between(1.0, 1.07)],
      forward: [1, chance.between(-0.03, 0.03), chance.between(-1.02, -0.95)],
      up: [chance.between(-0.02, 0.02), chance.between(-0.02, 0.02), 1],
      fieldOfView: chance.between(0.78, 0.84),
    },
  };
}
