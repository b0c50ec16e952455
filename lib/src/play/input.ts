/** What a page's player does, gathered until a frame takes it. */
import type { InputMessage } from "./protocol.js";

/** What one frame takes. */
export interface TakenInput {
  /** Controls that are down, and those that went down since the last frame, were it ever so shortly. */
  readonly held: readonly string[];
  readonly wentDown: readonly string[];
  /** Mouse counts, right and down positive. */
  readonly mouse: readonly [number, number];
  /** The page's time of the first control that went down or up; 0 where none did. */
  readonly at: number;
}

const nothing: TakenInput = { held: [], wentDown: [], mouse: [0, 0], at: 0 };

export class PlayerInput {
  #held: readonly string[] = [];
  #wentDown: readonly string[] = [];
  #mouse: readonly [number, number] = [0, 0];
  #at = 0;

  /** Whether a control went down or up that no frame has taken yet. */
  get changed(): boolean {
    return this.#at !== 0;
  }

  add({ held, mouse: [x, y], at }: InputMessage): void {
    const down = held.filter((id) => !this.#held.includes(id));
    const up = this.#held.some((id) => !held.includes(id));
    if (this.#at === 0 && (up || down.length > 0)) this.#at = at;
    this.#held = held;
    this.#wentDown = [...this.#wentDown, ...down];
    this.#mouse = [this.#mouse[0] + x, this.#mouse[1] + y];
  }

  /** @param before what a frame had taken that is not made after all */
  take(before = nothing): TakenInput {
    const taken = this.#with(before);
    [this.#wentDown, this.#mouse, this.#at] = [[], [0, 0], 0];
    return taken;
  }

  /** Whether a frame that has taken this would hold other controls if it took now. */
  differsFrom(taken: TakenInput): boolean {
    const { held } = this.#with(taken);
    return held.length !== taken.held.length || held.some((id) => !taken.held.includes(id));
  }

  #with(before: TakenInput): TakenInput {
    const wentDown = [...new Set([...before.wentDown, ...this.#wentDown])];
    return {
      held: [...new Set([...this.#held, ...wentDown])],
      wentDown,
      mouse: [before.mouse[0] + this.#mouse[0], before.mouse[1] + this.#mouse[1]],
      at: before.at || this.#at,
    };
  }
}
