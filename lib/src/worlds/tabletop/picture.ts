/** The picture of the table top: room, furniture and robot where the physics has them, seen from the robot's head. */
import { boxMesh, planeMesh } from "../raster/meshes.js";
import { renderScene } from "../raster/renderScene.js";
import type { Instance, Light, Material, Mesh, Scene, Vector3 } from "../raster/scene.js";
import { rotate } from "../raster/vector.js";
import { armInstances, shoulder } from "./arm.js";
import { cabinet, type Looks, type TabletopLayout } from "./layout.js";
import type { Physics } from "./mujoco.js";
import { type Part, partMesh } from "./parts.js";

export interface Picture {
  render(size: number, shown: "all" | "scenery"): Uint8Array;
}

const upright = [1, 0, 0, 0, 1, 0, 0, 0, 1];
/** Rotations that let a plane look towards −x and towards ±y. */
const towardsRobot = [0, 0, -1, 0, 1, 0, 1, 0, 0];

export function createPicture(physics: Physics, { looks }: TabletopLayout, parts: readonly Part[]): Picture {
  const shapes = parts.map((part) => ({
    index: physics.indexOf("geom", part.name),
    mesh: partMesh(part),
    material: part.material,
    castsShadow: part.body !== "room", // what moves
    position: new Float64Array(3),
    rotation: new Float64Array(9),
  }));
  /** Moves shapes to where the physics has them. */
  const place = (placed: typeof shapes): typeof shapes => {
    const { geom_xpos, geom_xmat } = physics.data;
    for (const { index, position, rotation } of placed) {
      for (let i = 0; i < 3; i++) position[i] = geom_xpos[3 * index + i];
      for (let i = 0; i < 9; i++) rotation[i] = geom_xmat[9 * index + i];
    }
    return placed;
  };
  const standing = shapes.filter(({ castsShadow }) => !castsShadow);
  const still = place(standing);
  const { shadow } = looks.light;
  const light: Light = { ...looks.light, shadow: shadow && { ...shadow, still } };
  const base = physics.indexOf("body", "robot");
  const wrist = physics.indexOf("geom", "wrist");
  const room = roomInstances(looks);
  return {
    render(size, shown) {
      const { geom_xpos, xpos, xmat } = physics.data;
      const bodies = place(shown === "all" ? shapes : standing);
      const at: Vector3 = [xpos[3 * base], xpos[3 * base + 1], xpos[3 * base + 2]];
      const turn = xmat.subarray(9 * base, 9 * base + 9);
      const beforeBase = (p: Vector3): Vector3 => {
        const [x, y, z] = rotate(turn, p);
        return [at[0] + x, at[1] + y, at[2] + z];
      };
      const end: Vector3 = [geom_xpos[3 * wrist], geom_xpos[3 * wrist + 1], geom_xpos[3 * wrist + 2]];
      const arm =
        shown === "scenery" ? [] : armInstances(beforeBase(shoulder), end, rotate(turn, [0, -0.4, 1]), looks);
      const { camera } = looks;
      const scene: Scene = {
        camera: {
          ...camera,
          position: beforeBase(camera.position),
          forward: rotate(turn, camera.forward),
          up: rotate(turn, camera.up),
        },
        light,
        sky: {
          up: [0, 0, 1],
          zenith: [0.85, 0.88, 0.95],
          horizon: [0.7, 0.7, 0.7],
          ground: [0.42, 0.38, 0.34],
        },
        instances: [...arm, ...bodies, ...room], // the nearest first: what is hidden then costs less
      };
      return renderScene(scene, size);
    },
  };
}

function roomInstances({ floor, wall, skirting }: Looks): Instance[] {
  const back = cabinet.front + cabinet.depth;
  const still = (mesh: Mesh, position: Vector3, rotation: number[], material: Material): Instance => ({
    mesh,
    position,
    rotation,
    material,
    castsShadow: false,
  });
  return [
    still(planeMesh(3, 4), [0, 0, 0], upright, floor),
    still(planeMesh(2, 4), [back + 0.02, 0, 1.5], towardsRobot, wall),
    still(boxMesh(0.008, 4, 0.05), [back + 0.012, 0, 0.05], upright, skirting),
  ];
}
