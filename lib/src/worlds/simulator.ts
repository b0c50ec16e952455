/** What the built-in worlds have in common: a picture, a true state, and an action that leads to the next. */

export type WorldName = "tabletop" | "arena" | "trail";

/**
 * A world that knows its own state. Deterministic: equal seeds and equal actions give equal bits, in state and picture.
 */
export interface Simulator<State = Readonly<Record<string, unknown>>> {
  readonly name: WorldName;
  /** Numbers per action, and what each means, in order. */
  readonly actionSize: number;
  readonly actionNames: readonly string[];
  /** Frames per second of the recordings that it stands for. */
  readonly fps: number;
  /** Begins another episode: layout, looks and starting state follow from the seed alone. */
  reset(seed: number): void;
  /** Takes one action [actionSize] and moves on by one frame. */
  step(action: ArrayLike<number>): void;
  /**
   * The picture now [height, width, 3], 8-bit red, green, blue; 64 × 64 unless `size` is given. `scenery` leaves out what
   * stands or moves in the world: robot, blocks and drawer; figures, hands and bullet marks; plants, rocks, houses and the
   * flag. Changes nothing.
   */
  render(size?: number, shown?: "all" | "scenery"): Uint8Array;
  /** The true state as plain JSON, in the world's own units; a copy. */
  state(): State;
  /** Everything that decides the future, to come back to with `restore`. */
  snapshot(): SimulatorSnapshot;
  restore(snapshot: SimulatorSnapshot): void;
  /** Frees what the world holds outside JavaScript's reach. */
  dispose(): void;
}

/** A moment of one world; plain data, valid for any simulator of the same name. */
export interface SimulatorSnapshot {
  readonly world: WorldName;
  readonly seed: number;
  readonly data: unknown;
}
