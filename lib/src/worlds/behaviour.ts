/** Behaviour: who chooses the actions of a recording. It sees the world's true state, not its picture. */

export interface BehaviourPolicy<State = Readonly<Record<string, unknown>>> {
  readonly name: string;
  /** Begins another episode; what follows depends on the seed and the states alone. */
  reset(seed: number): void;
  /** The action [actionSize] for the state now. */
  act(state: State): ArrayLike<number>;
}
