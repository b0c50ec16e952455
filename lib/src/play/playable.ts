/** What can be played: true worlds, and models of them. */
import type { FrameCodec } from "../sample/frameCodec.js";
import type { RolloutConfig } from "../sample/rolloutConfig.js";
import type { World } from "../sample/world.js";
import type { Simulator } from "../worlds/simulator.js";
import type { Steering } from "./controls.js";
import { type ModelInfo, type PaneSettings, simulatorName } from "./protocol.js";

export interface PlayableWorld {
  readonly name: string;
  readonly steering: Steering;
  /** The simulator at a seed's start; whoever asked disposes of it. */
  open(seed: number): Promise<Simulator>;
}

/** A change to a network that needs no training. */
export type Variant = Pick<PaneSettings, "mask" | "norm">;

/** A network, ready to be rolled out by any number of sessions at once. */
export interface OpenModel {
  readonly world: World;
  readonly codec: FrameCodec;
}

export interface PlayableModel {
  readonly name: string;
  /** Name of the world that it is a model of. */
  readonly world: string;
  readonly transfer: string;
  readonly rollout: RolloutConfig;
  /** Everything that decides its frames but the settings, as plain JSON: at least a hash of its weights. */
  card(): Promise<Readonly<Record<string, unknown>>>;
  open(variant: Variant): Promise<OpenModel>;
}

/** How a model is played unless somebody says otherwise. */
export function savedSettings({ name, rollout }: Pick<PlayableModel, "name" | "rollout">): PaneSettings {
  const { strength, steps, solver, historyLevel, window } = rollout;
  return {
    model: name,
    strength,
    steps,
    solver,
    historyLevel,
    cache: "rolling",
    window,
    mask: "trained",
    norm: "trained",
  };
}

export function modelInfo(model: PlayableModel): ModelInfo {
  return { name: model.name, world: model.world, transfer: model.transfer, settings: savedSettings(model) };
}

/** A pane without a model: the true world. The numbers mean nothing there. */
export const simulatorSettings: PaneSettings = {
  model: simulatorName,
  strength: 1,
  steps: 1,
  solver: "ddim",
  historyLevel: 0,
  cache: "none",
  window: 2,
  mask: "trained",
  norm: "trained",
};

/** The config that settings stand for; noise of each step only where the solver takes any. */
export function rolloutOf(model: PlayableModel, settings: PaneSettings): RolloutConfig {
  const { strength, steps, solver, historyLevel, window } = settings;
  const eta = solver === "ddim" ? model.rollout.eta : 0;
  return { ...model.rollout, strength, steps, solver, historyLevel, window, eta };
}

/** Whether going from one to the other needs another memory of the past. */
export function needsNewMemory(before: PaneSettings, after: PaneSettings): boolean {
  const decisive = ["model", "historyLevel", "cache", "window", "mask", "norm"] as const;
  return decisive.some((name) => before[name] !== after[name]);
}
