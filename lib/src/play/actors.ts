/** Models and true worlds behind one face. */
import { type Tensor2D, type Tensor4D, tensor2d, tensor4d } from "@tensorflow/tfjs";
import { createWorldModel, type WorldModel } from "../sample/worldModel.js";
import type { Simulator, SimulatorSnapshot } from "../worlds/simulator.js";
import { type OpenModel, type PlayableModel, rolloutOf } from "./playable.js";
import type { PaneSettings } from "./protocol.js";
import type { Actor, Moment } from "./track.js";

/** Pixels per side. */
export const pictureSize = 64;

/** The true world, from where it stands now. */
export function simulatorActor(simulator: Simulator): Actor {
  return {
    frameEvaluations: 0,
    async step(action) {
      simulator.step(action);
      return simulator.render(pictureSize).slice();
    },
    async snapshot() {
      const state = simulator.snapshot();
      return { state, release() {} };
    },
    async restore(snapshot) {
      simulator.restore((snapshot as unknown as { state: SimulatorSnapshot }).state);
    },
    async dispose() {
      simulator.dispose();
    },
  };
}

/**
 * A model that has seen some moments, the last of which it stands at.
 *
 * @param seed of its noise
 */
export async function openPlaying(
  model: PlayableModel,
  { world, codec }: OpenModel,
  settings: PaneSettings,
  seed: number,
  past: readonly Moment[],
): Promise<WorldModel> {
  const config = rolloutOf(model, settings);
  const playing = createWorldModel(world, codec, { ...config, cache: settings.cache, seed });
  const [video, actions] = pastTensors(past, world.actionSize);
  try {
    await playing.reset(video, actions);
  } finally {
    video.dispose();
    actions?.dispose();
  }
  return playing;
}

/** The same, with pictures for frames. */
export function modelActor(model: PlayableModel, playing: WorldModel): Actor {
  let frameEvaluations = playing.frameEvaluations;
  return {
    get frameEvaluations() {
      return frameEvaluations;
    },
    async step(action, settings, signal) {
      const { strength, steps, solver, eta } = rolloutOf(model, settings);
      playing.configure({ strength, steps, solver, eta });
      const frame = await playing.step(playing.world.actionSize > 0 ? action : undefined, signal);
      ({ frameEvaluations } = playing); // now, before the frame itself is remembered
      const values = await frame.data();
      frame.dispose();
      const picture = new Uint8Array(values.length);
      for (let i = 0; i < picture.length; i++) picture[i] = Math.round(values[i] * 255);
      return picture;
    },
    snapshot: () => playing.snapshot(),
    restore: (snapshot) => playing.restore(snapshot),
    dispose: () => playing.dispose(),
  };
}

/** Pictures [frame, height, width, 3] in [0, 1], and the actions between them. */
function pastTensors(past: readonly Moment[], actionSize: number): [Tensor4D, Tensor2D | undefined] {
  const values = new Float32Array(past.length * past[0].picture.length);
  for (const [i, { picture }] of past.entries())
    values.set(
      Float32Array.from(picture, (value) => value / 255),
      i * picture.length,
    );
  const side = Math.sqrt(past[0].picture.length / 3);
  const video = tensor4d(values, [past.length, side, side, 3]);
  if (actionSize === 0 || past.length === 1) return [video, undefined];
  return [video, tensor2d(past.slice(1).map(({ action }) => [...(action as readonly number[])]))];
}
