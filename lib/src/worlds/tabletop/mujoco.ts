/** MuJoCo as WebAssembly: an ES module, loaded once, when the first world needs it. */

type Mujoco = import("@mujoco/mujoco", { with: { "resolution-mode": "import" }}).MainModule;
export type MujocoModel = import("@mujoco/mujoco", { with: { "resolution-mode": "import" }}).MjModel;
export type MujocoData = import("@mujoco/mujoco", { with: { "resolution-mode": "import" }}).MjData;

let loading: Promise<Mujoco> | undefined;

export function loadMujoco(): Promise<Mujoco> {
  loading ??= import("@mujoco/mujoco").then(({ default: load }) => load({ print() {}, printErr() {} }));
  return loading;
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

  /** All that decides the next step: positions, speeds, controls, the solver's warm start, and time. */
  getState(): number[] {
    const buffer = new this.mujoco.DoubleBuffer(this.stateSize);
    this.mujoco.mj_getState(this.model, this.data, buffer, this.stateKind);
    const state: number[] = Array.from(buffer.GetView() as Float64Array);
    buffer.delete();
    return state;
  }

  /** @throws RangeError if the state belongs to another model */
  setState(state: readonly number[]): void {
    if (state.length !== this.stateSize)
      throw new RangeError(`Physics: a state of ${state.length} numbers; expected ${this.stateSize}.`);
    this.mujoco.mj_setState(this.model, this.data, [...state], this.stateKind);
    this.updatePoses();
  }

  dispose(): void {
    this.data.delete();
    this.model.delete();
  }
}
