/** Is the cache exact, here and now? The next frame with it and without it, from the same past. */
import { openPlaying } from "./actors.js";
import type { PlayableModel } from "./playable.js";
import { type CheckCost, type PaneSettings, simulatorName } from "./protocol.js";
import type { Scene, Session } from "./session.js";
import type { Moment } from "./track.js";

/** Makes the pane's next frame, at rest, both ways from its last pictures, and tells the largest difference. */
export async function selfCheck(session: Session, scene: Scene, index: number): Promise<void> {
  const pane = scene.panes[index];
  if (!pane) throw new RangeError(`There is no pane ${index + 1}.`);
  const { settings } = pane;
  if (settings.model === simulatorName) throw new RangeError("The simulator has no cache to check.");
  const model = session.stage.pool.find(settings.model) as PlayableModel;
  const { world } = await model.open(settings);
  if (!world.openStream)
    throw new RangeError(
      "There is no cache to check: with this mask and norm, frames depend on later ones, so nothing can be remembered.",
    );
  const past = pane.track.last(settings.window - 1);
  const whole = { ...settings, window: Math.max(2, past.length + 1) };
  const action = scene.world.steering.action([], [0, 0]);
  const exact = await nextFrame(model, { ...whole, cache: "exact" }, scene.seed, past, action);
  const none = await nextFrame(model, { ...whole, cache: "none" }, scene.seed, past, action);
  session.emit({
    type: "check",
    pane: index,
    difference: exact.values.reduce((most, value, i) => Math.max(most, Math.abs(value - none.values[i])), 0),
    history: past.length,
    exact: exact.cost,
    none: none.cost,
  });
}

/** The first time may open graphs, so the second is timed; its cost counts until the frame is remembered. */
async function nextFrame(
  model: PlayableModel,
  settings: PaneSettings,
  seed: number,
  past: readonly Moment[],
  action: readonly number[],
): Promise<{ values: Float32Array; cost: CheckCost }> {
  const playing = await openPlaying(model, await model.open(settings), settings, seed, past);
  const once = async () => {
    const state = await playing.snapshot();
    const [before, began] = [playing.frameEvaluations, performance.now()];
    const frame = await playing.step(playing.world.actionSize > 0 ? action : undefined);
    const values = (await frame.data()) as Float32Array;
    frame.dispose();
    const milliseconds = performance.now() - began;
    await playing.restore(state); // waits until the frame is remembered
    state.release();
    return { values, cost: { milliseconds, frameEvaluations: playing.frameEvaluations - before } };
  };
  try {
    await once();
    return await once();
  } finally {
    await playing.dispose();
  }
}
