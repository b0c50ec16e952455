/**
 * RT-1's action: 13 numbers in alphabetical order of their names, as the training pipeline for it lays them out. Lengths
 * in metres and angles in radians per frame, in the axes of the robot's base: x ahead, y to the left, z up.
 *
 * The one-hot `terminate_episode` says which part of the robot acts: [1, 0, 0] ends the episode (the robot stands still),
 * [0, 1, 0] moves the arm, [0, 0, 1] moves the base. All zeros move the arm.
 */

export const actionNames = [
  "base_displacement_vector_x",
  "base_displacement_vector_y",
  "base_displacement_vertical_rotation",
  "gripper_closedness_action",
  "rotation_delta_roll",
  "rotation_delta_pitch",
  "rotation_delta_yaw",
  "terminate_episode_terminate",
  "terminate_episode_arm",
  "terminate_episode_base",
  "world_vector_x",
  "world_vector_y",
  "world_vector_z",
] as const;

/** Where the parts begin in the action. */
export const actionAt = { base: 0, gripper: 3, rotation: 4, mode: 7, translation: 10 } as const;

/** What the robot is asked to reach. */
export interface Targets {
  /** x, y and turn of the base in the room. */
  readonly base: readonly number[];
  /** x, y, z, roll, pitch, yaw of the gripper before the base. */
  readonly gripper: readonly number[];
  /** 0 open to 1 closed. */
  readonly closedness: number;
}

interface Limits {
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** The most that one frame may ask for, and the most that a target may lead the robot. */
  readonly step: readonly number[];
}

export const gripperLimits: Limits = {
  low: [0.2, -0.55, 0.06, -1.6, -0.4, -1.2],
  high: [1.35, 0.55, 0.9, 1.6, 1.5, 1.2],
  step: [0.15, 0.15, 0.15, 0.5, 0.5, 0.5],
};
export const baseLimits: Limits = {
  low: [-0.15, -0.25, -0.4],
  high: [0.15, 0.25, 0.4],
  step: [0.1, 0.1, 0.2],
};

export type Mode = "terminate" | "arm" | "base";

/** The part of the robot that an action moves. */
export function modeOf(action: ArrayLike<number>): Mode {
  const [terminate, arm, base] = [0, 1, 2].map((i) => action[actionAt.mode + i]);
  if (base > arm && base > terminate) return "base";
  return terminate > arm ? "terminate" : "arm";
}

/** Targets after an action, from those before and from where the robot is. */
export function nextTargets(before: Targets, now: Targets, action: ArrayLike<number>): Targets {
  const mode = modeOf(action);
  const still = [0, 0, 0, 0, 0, 0];
  const { base, gripper, rotation, translation } = actionAt;
  const arm = [translation, translation + 1, translation + 2, rotation, rotation + 1, rotation + 2];
  const moved = (
    part: readonly number[],
    names: readonly number[],
    limits: Limits,
    actual: readonly number[],
  ) =>
    names.map((at, i) => {
      const asked = clamp(at, -limits.step[i], limits.step[i]);
      const led = clamp(part[i], actual[i] - limits.step[i] / 2, actual[i] + limits.step[i] / 2);
      return clamp(led + asked, limits.low[i], limits.high[i]);
    });
  const armChange = mode === "arm" ? arm.map((at) => action[at]) : still;
  const baseChange = mode === "base" ? [0, 1, 2].map((i) => action[base + i]) : still.slice(3);
  return {
    base: moved(before.base, baseChange, baseLimits, now.base),
    gripper: moved(before.gripper, armChange, gripperLimits, now.gripper),
    closedness: clamp(before.closedness + (mode === "arm" ? action[gripper] : 0), 0, 1),
  };
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}
