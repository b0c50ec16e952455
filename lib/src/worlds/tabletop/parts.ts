/** The shapes of the table top, body by body: once for physics (MJCF) and once for pictures (meshes). */
import { boxMesh, capsuleMesh, cylinderMesh } from "../raster/meshes.js";
import type { Material, Mesh } from "../raster/scene.js";
import { blockColors, cabinet, drawer, type TabletopLayout } from "./layout.js";

type Triple = readonly [number, number, number];

/** A shape on a body; sizes as in MJCF: half sides, or radius and half height. Its axis is z, or the given one. */
export interface Part {
  readonly name: string;
  readonly body: "room" | "drawer" | "gripper" | "leftFinger" | "rightFinger" | `block${number}`;
  readonly type: "box" | "cylinder" | "capsule";
  readonly size: readonly number[];
  readonly position: Triple;
  readonly axis?: "x" | "y";
  readonly material: Material;
}

export function partMesh({ type, size }: Part): Mesh {
  if (type === "box") return boxMesh(size[0], size[1], size[2]);
  return type === "cylinder" ? cylinderMesh(size[0], size[1]) : capsuleMesh(size[0], size[1], 12);
}

/** A box between two corners. */
function box(name: string, body: Part["body"], material: Material, low: Triple, high: Triple): Part {
  const size = [0, 1, 2].map((i) => (high[i] - low[i]) / 2);
  const position: Triple = [(low[0] + high[0]) / 2, (low[1] + high[1]) / 2, (low[2] + high[2]) / 2];
  return { name, body, type: "box", size, position, material };
}

export function tabletopParts({ drawerY, blocks, looks }: TabletopLayout): Part[] {
  return [
    ...cabinetParts(drawerY, looks),
    ...drawerParts(looks),
    ...gripperParts(looks),
    ...blocks.map(
      ({ color, half }, i): Part => ({
        name: `block${i}`,
        body: `block${i}`,
        type: "box",
        size: half,
        position: [0, 0, 0],
        material: { color: blockColors[color], shine: 0.25 },
      }),
    ),
  ];
}

type Looks = TabletopLayout["looks"];

function cabinetParts(drawerY: number, { body, top }: Looks): Part[] {
  const { front, depth, halfWidth: half } = cabinet;
  const back = front + depth;
  const under = cabinet.top - 0.025;
  const [left, right] = [drawerY + drawer.halfWidth, drawerY - drawer.halfWidth];
  return [
    box("top", "room", top, [front - 0.02, -half - 0.02, under], [back, half + 0.02, cabinet.top]),
    box("base", "room", body, [front, -half, 0], [back, half, drawer.low]),
    box("left", "room", body, [front, left, drawer.low], [back, half, under]),
    box("right", "room", body, [front, -half, drawer.low], [back, right, under]),
    box("back", "room", body, [front + drawer.depth + 0.02, right, drawer.low], [back, left, under]),
  ];
}

/** The drawer when closed, about the middle of the front's outer face. */
function drawerParts({ front, tray, handle }: Looks): Part[] {
  const half = drawer.halfWidth;
  const rise = (drawer.high - drawer.low) / 2;
  const wall = half - 0.008;
  const [low, high] = [-rise + 0.01, rise - 0.045];
  const bar: Part = {
    name: "handle",
    body: "drawer",
    type: "capsule",
    size: [0.011, 0.07],
    position: [-0.045, 0, 0.01],
    axis: "y",
    material: handle,
  };
  const post = (name: string, y: number): Part => ({
    name,
    body: "drawer",
    type: "cylinder",
    size: [0.008, 0.022],
    position: [-0.022, y, 0.01],
    axis: "x",
    material: handle,
  });
  return [
    box("front", "drawer", front, [0, -half + 0.003, -rise + 0.003], [0.02, half - 0.003, rise - 0.001]),
    box("bottom", "drawer", tray, [0.02, -wall, low], [drawer.depth, wall, low + 0.01]),
    box("trayLeft", "drawer", tray, [0.02, wall - 0.012, low], [drawer.depth, wall, high]),
    box("trayRight", "drawer", tray, [0.02, -wall, low], [drawer.depth, -wall + 0.012, high]),
    box("trayBack", "drawer", tray, [drawer.depth - 0.012, -wall, low], [drawer.depth, wall, high]),
    post("postLeft", 0.055),
    post("postRight", -0.055),
    bar,
  ];
}

/** The gripper about the point between its finger tips; fingers point along x and open along y. */
function gripperParts({ arm, joint, finger }: Looks): Part[] {
  const tip = (name: "leftFinger" | "rightFinger", side: number): Part[] => [
    box(name, name, finger, [-0.1, side > 0 ? 0 : -0.017, -0.015], [0.004, side > 0 ? 0.017 : 0, 0.015]),
  ];
  return [
    box("palm", "gripper", arm, [-0.135, -0.065, -0.028], [-0.1, 0.065, 0.028]),
    {
      name: "wrist",
      body: "gripper",
      type: "cylinder",
      size: [0.036, 0.04],
      position: [-0.175, 0, 0],
      axis: "x",
      material: joint,
    },
    ...tip("leftFinger", 1),
    ...tip("rightFinger", -1),
  ];
}
