/**
 * The world `tabletop`, which stands for RT-1: a mobile robot with a gripper before a cabinet with a drawer and coloured
 * blocks. MuJoCo moves it, a software renderer draws it; the seed decides task, layout and looks.
 */
import { requireRange, requireWhole } from "../../tensor/check.js";
import type { Simulator, SimulatorSnapshot } from "../simulator.js";
import { actionNames, modeOf, nextTargets, type Targets } from "./actions.js";
import { cabinet, type TabletopLayout, type TabletopTask, tabletopLayout } from "./layout.js";
import { fingerTravel, fps, stepsPerFrame, tabletopModel } from "./model.js";
import { loadMujoco, Physics, type PhysicsState } from "./mujoco.js";
import { tabletopParts } from "./parts.js";
import { createPicture, type Picture } from "./picture.js";

/** Metres and radians, in the room's axes unless said otherwise: x from the robot to the cabinet, y left, z up. */
export type TabletopState = {
  readonly task: TabletopTask;
  readonly instruction: string;
  /** Drawer open by less than 1 cm, or the block pushed by more than 5 cm and still on the table. */
  readonly success: boolean;
  /** How far the drawer is open; 0 is closed. */
  readonly drawerOpening: number;
  /** Middle of the drawer's handle. */
  readonly handle: readonly number[];
  readonly blocks: readonly {
    readonly color: string;
    readonly position: readonly number[];
    /** Distance along the table from where the episode began. */
    readonly moved: number;
  }[];
  /** Which block the task names. */
  readonly target: number;
  readonly gripper: {
    /** Point between the finger tips. */
    readonly position: readonly number[];
    /** x, y, z, roll, pitch, yaw in the axes of the base. */
    readonly pose: readonly number[];
    /** 0 open to 1 closed, as it is. */
    readonly closedness: number;
  };
  /** x, y, turn. */
  readonly base: readonly number[];
  /** What the gripper touched during the last frame. */
  readonly contacts: {
    readonly drawer: boolean;
    readonly room: boolean;
    readonly blocks: readonly boolean[];
  };
  readonly light: {
    readonly direction: readonly number[];
    readonly color: readonly number[];
    readonly ambient: number;
  };
  /** Whether the last action said that the episode is over. */
  readonly terminated: boolean;
};

/** One episode's model and what the physics does not know. */
interface Scene {
  readonly seed: number;
  readonly layout: TabletopLayout;
  readonly physics: Physics;
  readonly picture: Picture;
  /** Where each body's or joint's numbers begin. */
  readonly at: Readonly<Record<"base" | "gripper" | "finger" | "drawer" | "gripperBody" | "handle", number>>;
  readonly blocksAt: readonly number[];
}

/** The controller's own state; plain, so that a snapshot holds it as it is. */
interface Control {
  readonly targets: Targets;
  readonly terminated: boolean;
  readonly touched: readonly boolean[];
}

/**
 * Opens the table top at `seed` (a whole number from 1 up), 3 frames per second. The first call loads the physics.
 *
 * @throws RangeError for a seed, a picture size or an action that does not fit, or the snapshot of another world
 */
export async function createTabletop(seed: number): Promise<Simulator<TabletopState>> {
  const mujoco = await loadMujoco();
  let scene = openScene(seed);
  let control = startControl(scene);

  function openScene(seed: number): Scene {
    requireWhole("createTabletop", "seed", seed, 1, Number.MAX_SAFE_INTEGER);
    const layout = tabletopLayout(seed);
    const parts = tabletopParts(layout);
    const physics = new Physics(mujoco, tabletopModel(layout, parts));
    placeStart(physics, layout);
    return {
      seed,
      layout,
      physics,
      picture: createPicture(physics, layout, parts),
      at: {
        base: physics.positionOf("baseX"),
        gripper: physics.positionOf("x"),
        finger: physics.positionOf("leftFinger"),
        drawer: physics.positionOf("drawer"),
        gripperBody: physics.indexOf("body", "gripper"),
        handle: physics.indexOf("geom", "handle"),
      },
      blocksAt: layout.blocks.map((_, i) => physics.positionOf(`block${i}`)),
    };
  }

  function change(seed: number): void {
    const next = openScene(seed);
    scene.physics.dispose();
    scene = next;
  }

  return {
    name: "tabletop",
    actionSize: actionNames.length,
    actionNames,
    fps,
    reset(seed) {
      change(seed);
      control = startControl(scene);
    },
    step(action) {
      if (action.length !== actionNames.length)
        throw new RangeError(
          `tabletop: an action of ${action.length} numbers; expected ${actionNames.length}.`,
        );
      for (let i = 0; i < action.length; i++) requireRange("tabletop", actionNames[i], action[i], -1e6, 1e6);
      control = takeAction(scene, control, action);
    },
    render(size = 64, shown = "all") {
      return scene.picture.render(size, shown);
    },
    state: () => readState(scene, control),
    snapshot: () => ({
      world: "tabletop",
      seed: scene.seed,
      data: { physics: scene.physics.getState(), control: structuredClone(control) },
    }),
    restore(snapshot: SimulatorSnapshot) {
      if (snapshot.world !== "tabletop")
        throw new RangeError(
          `tabletop: the snapshot is of the world ${snapshot.world}; expected one of tabletop.`,
        );
      if (snapshot.seed !== scene.seed) change(snapshot.seed);
      const data = snapshot.data as { physics: PhysicsState; control: Control };
      scene.physics.setState(data.physics);
      control = structuredClone(data.control);
    },
    dispose: () => scene.physics.dispose(),
  };
}

/** Puts drawer and gripper where the layout has them. */
function placeStart(physics: Physics, { opening, gripper }: TabletopLayout): void {
  const { qpos } = physics.data;
  const [x, y, z, roll, pitch, yaw] = gripper;
  qpos.set([x, y, z, yaw, pitch, roll], physics.positionOf("x"));
  qpos[physics.positionOf("drawer")] = opening;
  for (const finger of ["leftFinger", "rightFinger"]) qpos[physics.positionOf(finger)] = fingerTravel;
  physics.updatePoses();
}

function startControl({ layout }: Scene): Control {
  const touched = new Array(2 + layout.blocks.length).fill(false);
  return { targets: { base: [0, 0, 0], gripper: layout.gripper, closedness: 0 }, terminated: false, touched };
}

/** Base and gripper as they are, in the order of the targets. */
function poseNow({ physics, at }: Scene): Targets {
  const { qpos } = physics.data;
  const [x, y, z, yaw, pitch, roll] = qpos.subarray(at.gripper, at.gripper + 6);
  const closedness = 1 - (qpos[at.finger] + qpos[at.finger + 1]) / (2 * fingerTravel);
  return { base: [...qpos.subarray(at.base, at.base + 3)], gripper: [x, y, z, roll, pitch, yaw], closedness };
}

/** One frame: the targets move evenly from the old to the new, so that nothing is hit harder than pushed. */
function takeAction(scene: Scene, { targets }: Control, action: ArrayLike<number>): Control {
  const { physics, layout } = scene;
  const next = nextTargets(targets, poseNow(scene), action);
  const from = motorTargets(targets);
  const to = motorTargets(next);
  const { ctrl, sensordata } = physics.data;
  const touched = new Array<boolean>(2 + layout.blocks.length).fill(false);
  for (let step = 1; step <= stepsPerFrame; step++) {
    for (let i = 0; i < to.length; i++) ctrl[i] = from[i] + (step / stepsPerFrame) * (to[i] - from[i]);
    physics.step();
    for (let i = 0; i < touched.length; i++) touched[i] ||= sensordata[i] > 0;
  }
  physics.updatePoses();
  return { targets: next, terminated: modeOf(action) === "terminate", touched };
}

/** In the order of the motors. */
function motorTargets({ base, gripper: [x, y, z, roll, pitch, yaw], closedness }: Targets): number[] {
  const finger = fingerTravel * (1 - closedness);
  return [...base, x, y, z, yaw, pitch, roll, finger, finger];
}

function readState(scene: Scene, { terminated, touched }: Control): TabletopState {
  const { layout, physics, at } = scene;
  const { qpos, xpos, geom_xpos } = physics.data;
  const { task, target, looks } = layout;
  const blocks = layout.blocks.map(({ color, position: start }, i) => {
    const position: number[] = [...qpos.subarray(scene.blocksAt[i], scene.blocksAt[i] + 3)];
    const moved = Math.sqrt((position[0] - start[0]) ** 2 + (position[1] - start[1]) ** 2);
    return { color, position, moved };
  });
  const drawerOpening: number = qpos[at.drawer];
  const pushed = blocks[target].moved > 0.05 && blocks[target].position[2] > cabinet.top;
  const { base, gripper, closedness } = poseNow(scene);
  return {
    task,
    instruction: task === "push the block" ? `push the ${blocks[target].color} block` : task,
    success: task === "close the drawer" ? drawerOpening < 0.01 : pushed,
    drawerOpening,
    handle: [...geom_xpos.subarray(3 * at.handle, 3 * at.handle + 3)],
    blocks,
    target,
    gripper: {
      position: [...xpos.subarray(3 * at.gripperBody, 3 * at.gripperBody + 3)],
      pose: gripper,
      closedness,
    },
    base,
    contacts: { drawer: touched[0], room: touched[1], blocks: touched.slice(2) },
    light: {
      direction: [...looks.light.direction],
      color: [...looks.light.color],
      ambient: looks.light.ambient,
    },
    terminated,
  };
}
