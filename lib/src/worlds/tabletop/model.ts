/**
 * The table top as a MuJoCo model: a robot base and a gripper on motors, a drawer on a rail, free blocks. What lies
 * still sleeps until it is touched: resting blocks would else take more than half of the time.
 */
import { cabinet, drawer, type TabletopLayout } from "./layout.js";
import type { Part } from "./parts.js";

/** Physics steps per second; 30 to a frame. */
export const stepsPerFrame = 30;
export const fps = 3;

/** Farthest that a finger moves from the middle, in metres. */
export const fingerTravel = 0.04;

/** Where the robot's base stands when its x and y are 0. */
export const baseStart = -0.2;

/** Who touches whom: a pair collides if one's type is among what the other meets. */
const collisions = {
  room: 'contype="1" conaffinity="0"',
  robot: 'contype="2" conaffinity="1"',
  drawer: 'contype="4" conaffinity="2"',
  block: 'contype="8" conaffinity="15"',
} as const;

const baseMotors = [
  { name: "baseX", joint: 'type="slide" axis="1 0 0"', gain: 4000, damping: 500, force: 400 },
  { name: "baseY", joint: 'type="slide" axis="0 1 0"', gain: 4000, damping: 500, force: 400 },
  { name: "baseTurn", joint: 'type="hinge" axis="0 0 1"', gain: 1500, damping: 160, force: 200 },
];
const gripperMotors = [
  { name: "x", joint: 'type="slide" axis="1 0 0"', gain: 900, damping: 60, force: 30 },
  { name: "y", joint: 'type="slide" axis="0 1 0"', gain: 900, damping: 60, force: 30 },
  { name: "z", joint: 'type="slide" axis="0 0 1"', gain: 900, damping: 60, force: 30 },
  { name: "yaw", joint: 'type="hinge" axis="0 0 1"', gain: 15, damping: 0.8, force: 6 },
  { name: "pitch", joint: 'type="hinge" axis="0 1 0"', gain: 15, damping: 0.8, force: 6 },
  { name: "roll", joint: 'type="hinge" axis="1 0 0"', gain: 15, damping: 0.8, force: 6 },
];
const fingerMotors = ["leftFinger", "rightFinger"].map((name) => ({ name, gain: 200, damping: 6, force: 8 }));

/** Motors in the order of MuJoCo's controls. */
export const motorNames = [...baseMotors, ...gripperMotors, ...fingerMotors].map(({ name }) => name);

export function tabletopModel(layout: TabletopLayout, parts: readonly Part[]): string {
  const geoms = (body: Part["body"], group: keyof typeof collisions, mass = "") =>
    parts
      .filter((part) => part.body === body)
      .map(({ name, type, size, position, axis }) => {
        const turned = axis ? ` zaxis="${axis === "x" ? "1 0 0" : "0 1 0"}"` : "";
        return `<geom name="${name}" type="${type}" size="${size.join(" ")}" pos="${position.join(" ")}"${turned} ${collisions[group]} ${mass}/>`;
      })
      .join("");
  const finger = (name: "leftFinger" | "rightFinger", side: number) =>
    `<body name="${name}" gravcomp="1"><joint name="${name}" type="slide" axis="0 ${side} 0" range="0 ${fingerTravel}"/>` +
    `${geoms(name, "robot", 'mass="0.1" friction="1.2 0.01 0.001"')}</body>`;
  const block = ({ position, halfTurn }: TabletopLayout["blocks"][number], i: number) =>
    `<body name="block${i}" pos="${position.join(" ")}" quat="${halfTurn[0]} 0 0 ${halfTurn[1]}"><freejoint name="block${i}"/>` +
    `${geoms(`block${i}`, "block", 'density="350" friction="0.7 0.01 0.001"')}</body>`;
  const joints = (motors: readonly { name: string; joint: string }[]) =>
    motors.map(({ name, joint }) => `<joint name="${name}" ${joint}/>`).join("");
  const drawerHeight = (drawer.low + drawer.high) / 2;
  return `<mujoco>
  <compiler autolimits="true" angle="radian"/>
  <option timestep="${1 / (fps * stepsPerFrame)}" integrator="implicitfast" cone="elliptic" iterations="20">
    <flag sleep="enable"/>
  </option>
  <worldbody>
    <geom name="floor" type="plane" size="4 4 1" ${collisions.room}/>
    ${geoms("room", "room")}
    <body name="drawer" pos="${cabinet.front - 0.02} ${layout.drawerY} ${drawerHeight}">
      <joint name="drawer" type="slide" axis="-1 0 0" range="0 ${drawer.travel}" damping="6" frictionloss="1.5"/>
      ${geoms("drawer", "drawer", 'density="300"')}
    </body>
    <body name="robot" pos="${baseStart} 0 0">
      <inertial pos="0 0 0.3" mass="60" diaginertia="3 3 3"/>
      ${joints(baseMotors)}
      <body name="gripper" gravcomp="1">
        ${joints(gripperMotors)}
        ${geoms("gripper", "robot", 'mass="0.4"')}
        ${finger("leftFinger", 1)}${finger("rightFinger", -1)}
      </body>
    </body>
    ${layout.blocks.map(block).join("")}
  </worldbody>
  <actuator>
    ${[...baseMotors, ...gripperMotors, ...fingerMotors]
      .map(
        ({ name, gain, damping, force }) =>
          `<position joint="${name}" kp="${gain}" kv="${damping}" forcerange="${-force} ${force}"/>`,
      )
      .join("")}
  </actuator>
  <sensor>
    <contact subtree1="gripper" subtree2="drawer" num="1" data="found"/>
    <contact subtree1="gripper" body2="world" num="1" data="found"/>
    ${layout.blocks.map((_, i) => `<contact subtree1="gripper" body2="block${i}" num="1" data="found"/>`).join("")}
  </sensor>
</mujoco>`;
}
