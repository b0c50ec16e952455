/** Runs a policy through a world and keeps what happened. */
import type { Episode } from "../data/episode.js";
import { requireWhole } from "../tensor/check.js";
import type { BehaviourPolicy } from "./behaviour.js";
import type { Simulator } from "./simulator.js";

/** How to record one episode; equal options give equal bits. */
export interface RecordOptions {
  /** Seed of the world's layout and of the policy's chance. */
  readonly seed: number;
  /** Pictures to take; the action of the last one is chosen but leads out of the episode. */
  readonly frames: number;
  /** Frames of the beginning that are not kept: the world moves on, but no picture is drawn; none unless given. */
  readonly skip?: number;
  /** Pixels per side; 64 unless given. */
  readonly size?: number;
}

/**
 * Resets world and policy and records. The pictures are kept in memory as bytes. Metadata: `world`, `policy`, `seed`,
 * `states` (the true state at each frame), and `task`, `instruction` and `success` of the last state where it has them.
 *
 * @returns an episode whose action t was taken at frame t
 * @throws RangeError if the policy's actions do not fit the world
 */
export function recordEpisode<State extends object>(
  simulator: Simulator<State>,
  policy: BehaviourPolicy<State>,
  { seed, frames, skip = 0, size = 64 }: RecordOptions,
): Episode {
  requireWhole("recordEpisode", "frames", frames, 1);
  requireWhole("recordEpisode", "skip", skip, 0);
  const { actionSize } = simulator;
  const frameSize = size * size * 3;
  const pictures = new Uint8Array(frames * frameSize);
  const actions = new Float32Array(frames * actionSize);
  const states: State[] = [];
  simulator.reset(seed);
  policy.reset(seed);
  for (let frame = -skip; frame < frames; frame++) {
    const state = simulator.state();
    const action = policy.act(state);
    if (action.length !== actionSize)
      throw new RangeError(
        `recordEpisode: policy ${policy.name} gave ${action.length} numbers; ${simulator.name} takes ${actionSize}.`,
      );
    if (frame >= 0) {
      states.push(state);
      pictures.set(simulator.render(size), frame * frameSize);
      actions.set(action, frame * actionSize);
    }
    if (frame + 1 < frames) simulator.step(Float32Array.from(action));
  }
  const last = states[frames - 1];
  const outcome = Object.fromEntries(
    Object.entries(last).filter(([key]) => ["task", "instruction", "success"].includes(key)),
  );
  return {
    name: `${simulator.name}-${policy.name}-${seed}`,
    frameCount: frames,
    height: size,
    width: size,
    fps: simulator.fps,
    actions,
    actionSize,
    metadata: { world: simulator.name, policy: policy.name, seed, ...outcome, states },
    async frames(start = 0, count = frames - start) {
      requireWhole(`Episode ${simulator.name}`, "start", start, 0, frames);
      requireWhole(`Episode ${simulator.name}`, "count", count, 0, frames - start);
      return pictures.slice(start * frameSize, (start + count) * frameSize);
    },
  };
}
