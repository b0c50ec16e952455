/**
 * A video that grows by actions and can go back. It keeps its last pictures, and from time to time a state to return to:
 * going back shows the old picture at once, and the state is made again only when somebody acts.
 */
import type { Snapshot } from "../sample/history.js";
import type { PaneSettings } from "./protocol.js";

/** Something that is acted in: a model, or the true world. */
export interface Actor {
  /**
   * Takes an action and returns the picture that follows, 8-bit red, green, blue. What can be given up for the signal
   * rejects with its reason and leaves all as it was.
   */
  step(action: readonly number[], settings: PaneSettings, signal?: AbortSignal): Promise<Uint8Array>;
  snapshot(): Promise<Snapshot>;
  restore(snapshot: Snapshot): Promise<void>;
  dispose(): Promise<void>;
  /** Frames that went through a network so far. */
  readonly frameEvaluations: number;
}

/** A frame, and what led to it: nothing, for the frames at the start. */
export interface Moment {
  readonly picture: Uint8Array;
  readonly action?: readonly number[];
  readonly settings?: PaneSettings;
}

const keptMoments = 512;
const framesPerState = 8;
const keptStates = 32;

export class Track {
  /** The last moments; the first of them is frame `#offset`. */
  #moments: Moment[];
  #offset = 0;
  #states = new Map<number, Snapshot>();
  /** The frame that the actor stands at. */
  #actorAt: number;
  /** Frames that went through the network when the newest frame came. */
  #counted: number;

  constructor(
    private actor: Actor,
    start: readonly Moment[],
  ) {
    this.#moments = [...start];
    this.#actorAt = this.frame;
    this.#counted = actor.frameEvaluations;
  }

  /** The newest frame. */
  get frame(): number {
    return this.#offset + this.#moments.length - 1;
  }

  /** The earliest frame that can be returned to. */
  get earliest(): number {
    return Math.max(this.#offset, Math.min(...this.#states.keys(), this.frame));
  }

  /** The last `count` moments, fewer if there are not so many. */
  last(count: number): readonly Moment[] {
    return this.#moments.slice(-count);
  }

  get picture(): Uint8Array {
    return this.#moments[this.#moments.length - 1].picture;
  }

  /**
   * Takes an action at the newest frame.
   *
   * @returns the picture that follows, and how many frames went through the network for it, among them the frame before,
   * which is remembered after it was shown
   * @throws the signal's reason, if the actor gave up for it: then nothing has happened
   */
  async step(
    action: readonly number[],
    settings: PaneSettings,
    signal?: AbortSignal,
  ): Promise<{ picture: Uint8Array; frameEvaluations: number }> {
    await this.settle();
    const picture = await this.actor.step(action, settings, signal);
    const frameEvaluations = this.actor.frameEvaluations - this.#counted;
    this.#counted = this.actor.frameEvaluations;
    this.#actorAt++;
    this.#moments.push({ picture, action, settings });
    if (this.#moments.length > keptMoments) {
      this.#moments.shift();
      this.#offset++;
    }
    return { picture, frameEvaluations };
  }

  /** Remembers the state at the newest frame, if it is time to; to be called after every step and at the start. */
  async keep(): Promise<void> {
    if (this.#states.size > 0 && this.frame % framesPerState !== 0) return;
    if (this.#states.has(this.frame) || this.#actorAt !== this.frame) return;
    this.#states.set(this.frame, await this.actor.snapshot());
    const [oldest] = this.#states.keys();
    if (this.#states.size > keptStates || oldest < this.#offset) this.#release(oldest);
  }

  /** Goes back to a frame from `earliest` on; what came after it is forgotten. */
  seek(frame: number): void {
    this.#moments.length = frame - this.#offset + 1;
    for (const at of [...this.#states.keys()]) if (at > frame) this.#release(at);
  }

  /** Brings the actor to the newest frame, after a seek. */
  async settle(): Promise<void> {
    if (this.#actorAt === this.frame) return;
    const from = Math.max(...this.#states.keys());
    await this.actor.restore(this.#states.get(from) as Snapshot);
    for (const { action, settings } of this.#moments.slice(from + 1 - this.#offset))
      await this.actor.step(action as readonly number[], settings as PaneSettings);
    this.#actorAt = this.frame;
    this.#counted = this.actor.frameEvaluations;
  }

  /** Goes on with another actor that stands at the newest frame; frames before it cannot be returned to. */
  async replaceActor(actor: Actor): Promise<void> {
    this.#releaseAll();
    const before = this.actor;
    this.actor = actor;
    this.#actorAt = this.frame;
    this.#counted = actor.frameEvaluations;
    await before.dispose();
    await this.keep();
  }

  /** Lends the actor at the newest frame, and brings it back there. */
  async branch<T>(use: (actor: Actor, again: () => Promise<void>) => Promise<T>): Promise<T> {
    await this.settle();
    const state = await this.actor.snapshot();
    try {
      return await use(this.actor, () => this.actor.restore(state));
    } finally {
      await this.actor.restore(state);
      state.release();
      this.#counted = this.actor.frameEvaluations;
    }
  }

  async dispose(): Promise<void> {
    this.#releaseAll();
    await this.actor.dispose();
  }

  #release(frame: number): void {
    this.#states.get(frame)?.release();
    this.#states.delete(frame);
  }

  #releaseAll(): void {
    for (const frame of [...this.#states.keys()]) this.#release(frame);
  }
}
