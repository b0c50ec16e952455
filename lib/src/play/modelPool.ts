/** Networks that sessions share, and whether their graphs are open: what compiles does so before anybody plays. */
import { modelActor, openPlaying } from "./actors.js";
import type { PlayableModel } from "./playable.js";
import type { PaneSettings } from "./protocol.js";
import type { Actor, Moment } from "./track.js";

export class ModelPool {
  /** What was asked for by everything that decides a graph. */
  readonly #warm = new Map<string, Promise<void>>();

  constructor(private readonly models: readonly PlayableModel[]) {}

  find(name: string): PlayableModel | undefined {
    return this.models.find((model) => model.name === name);
  }

  /**
   * An actor that has seen `past`, with every graph open that its next steps need.
   *
   * @param say called with a sentence when graphs have to be opened first
   */
  async open(
    settings: PaneSettings,
    seed: number,
    past: readonly Moment[],
    say: (text: string) => void,
  ): Promise<Actor> {
    const model = this.find(settings.model) as PlayableModel;
    await this.warm(settings, past, say);
    return modelActor(model, await openPlaying(model, await model.open(settings), settings, seed, past));
  }

  /** Opens the graphs that frames under these settings run through; at once where they are open. */
  async warm(settings: PaneSettings, past: readonly Moment[], say: (text: string) => void): Promise<void> {
    const model = this.find(settings.model) as PlayableModel;
    const { mask, norm, cache, window, solver, strength } = settings;
    const guided = strength !== 1;
    const several = settings.steps > 1;
    const key = JSON.stringify([settings.model, mask, norm, cache, window, solver, guided, several]);
    const opening = this.#warm.get(key);
    if (opening) return opening;
    say(`Opening ${settings.model} …`);
    const opened = this.#rehearse(model, settings, past);
    this.#warm.set(key, opened);
    opened.catch(() => this.#warm.delete(key));
    return opened;
  }

  async #rehearse(model: PlayableModel, settings: PaneSettings, past: readonly Moment[]): Promise<void> {
    const open = await model.open(settings);
    const few = { ...settings, steps: Math.min(settings.steps, 3) };
    const actor = modelActor(model, await openPlaying(model, open, few, 1, past));
    const rest = new Array<number>(open.world.actionSize).fill(0);
    // Without a cache every length of the window up to the whole has a graph of its own.
    const frames = settings.cache === "none" ? Math.max(2, settings.window - past.length) : 2;
    try {
      for (let i = 0; i < frames; i++) await actor.step(rest, few);
    } finally {
      await actor.dispose();
    }
  }
}

/** Settings that the model can be played with, and why they are not those asked for. */
export async function playableSettings(
  model: PlayableModel,
  asked: PaneSettings,
): Promise<{ settings: PaneSettings; notice: string }> {
  const { world } = await model.open(asked);
  const { levels } = world.schedule.config;
  let settings = asked;
  const notices: string[] = [];
  if (!world.openStream && asked.cache !== "none") {
    settings = { ...settings, cache: "none" };
    notices.push("Frames that depend on later ones cannot be cached, so the cache is off.");
  }
  if (asked.historyLevel >= levels) {
    settings = { ...settings, historyLevel: levels - 1 };
    notices.push(`The model has ${levels} noise levels.`);
  }
  return { settings, notice: notices.join(" ") };
}
