/** MuJoCo as WebAssembly: an ES module, loaded once, when the first world needs it. */

type Mujoco = import("@mujoco/mujoco", { with: { "resolution-mode": "import" }}).MainModule;
export type MujocoModel = import("@mujoco/mujoco", { with: { "resolution-mode": "import" }}).MjModel;
export type MujocoData = import("@mujoco/mujoco", { with: { "resolution-mode": "import" }}).MjData;

let loading: Promise<Mujoco> | undefined;

export function loadMujoco(): Promise<Mujoco> {
  loading ??= import("@mujoco/mujoco").then(({ default: load }) => load({ print() {}, printErr() {} }));
  return loading;
}

/** Who is awake: MuJoCo keeps it beside its state, and works out the lists only at the end of a step. */
const awakeLists = [
  "tree_asleep",
  "tree_awake",
  "body_awake",
  "body_awake_ind",
  "parent_awake_ind",
  "dof_awake_ind",
] as const;
const awakeCounts = ["ntree_awake", "nbody_awake", "nparent_awake", "nv_awake"] as const;

/** All that decides the next step; plain. */
export interface PhysicsState {
  /** Positions, speeds, controls, the solver's warm start, and time. */
  readonly numbers: readonly number[];
  readonly awakeLists: readonly (readonly number[])[];
  readonly awakeCounts: readonly number[];
}

/** One model with its state, and the few things that a world asks of it. Frees itself only with `dispose`. */
export class Physics {
  readonly data: MujocoData;
  private readonly model: MujocoModel;
  private readonly stateKind: number;
  private readonly stateSize: number;

  /** @param xml a model in MuJoCo's own format, MJCF */
  constructor(
    private readonly mujoco: Mujoco,
    xml: string,
  ) {
    this.model = mujoco.MjModel.from_xml_string(xml);
    this.data = new mujoco.MjData(this.model);
    this.stateKind = mujoco.mjtState.mjSTATE_INTEGRATION.value;
    this.stateSize = mujoco.mj_stateSize(this.model, this.stateKind);
    mujoco.mj_forward(this.model, this.data);
  }

  step(): void {
    this.mujoco.mj_step(this.model, this.data);
  }

  /** Brings the poses of bodies and shapes up to the joints' state. */
  updatePoses(): void {
    this.mujoco.mj_kinematics(this.model, this.data);
  }

  /** The number of a shape, body or joint. */
  indexOf(kind: "geom" | "body" | "joint", name: string): number {
    const { mjOBJ_GEOM, mjOBJ_BODY, mjOBJ_JOINT } = this.mujoco.mjtObj;
    const type = { geom: mjOBJ_GEOM, body: mjOBJ_BODY, joint: mjOBJ_JOINT }[kind];
    const index = this.mujoco.mj_name2id(this.model, type.value, name);
    if (index < 0) throw new Error(`Physics: the model has no ${kind} ${name}.`);
    return index;
  }

  /** Where a joint's numbers begin in `qpos`. */
  positionOf(joint: string): number {
    return this.model.jnt_qposadr[this.indexOf("joint", joint)];
  }

  getState(): PhysicsState {
    const buffer = new this.mujoco.DoubleBuffer(this.stateSize);
    this.mujoco.mj_getState(this.model, this.data, buffer, this.stateKind);
    const numbers: number[] = Array.from(buffer.GetView() as Float64Array);
    buffer.delete();
    return {
      numbers,
      awakeLists: awakeLists.map((name) => Array.from(this.data[name] as Int32Array)),
      awakeCounts: awakeCounts.map((name) => this.data[name]),
    };
  }

  /** @throws RangeError if the state belongs to another model */
  setState({ numbers, ...awake }: PhysicsState): void {
    const { mujoco, model, data } = this;
    if (numbers.length !== this.stateSize)
      throw new RangeError(`Physics: a state of ${numbers.length} numbers; expected ${this.stateSize}.`);
    mujoco.mj_resetData(model, data); // wakes all
    mujoco.mj_setState(model, data, [...numbers], this.stateKind);
    mujoco.mj_forward(model, data); // what sleeps is not computed again: it must be right before
    mujoco.mj_setState(model, data, [...numbers], this.stateKind); // the line above changed the warm start
    awakeLists.forEach((name, i) => {
      data[name].set(awake.awakeLists[i]);
    });
    awakeCounts.forEach((name, i) => {
      data[name] = awake.awakeCounts[i];
    });
    this.updatePoses();
  }

  dispose(): void {
    this.data.delete();
    this.model.delete();
  }
}
