/** Videos without actions, as many as there are seeds: what a model can watch before it learns to act. */
import type { Episode } from "../../data/episode.js";
import { requireWhole } from "../../tensor/check.js";
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { createArena } from "../arena/arena.js";
import { arenaBehaviours } from "../arena/behaviours.js";
import type { BehaviourPolicy } from "../behaviour.js";
import { recordEpisode } from "../recordEpisode.js";
import type { Simulator } from "../simulator.js";
import { trailBehaviours } from "../trail/behaviours.js";
import { createTrail } from "../trail/trail.js";
import { drawShapesClip } from "./shapesScene.js";

/** How long and how large a clip is. */
export interface PassiveClipOptions {
  readonly frames: number;
  /** Pixels per side; 64 unless given. */
  readonly size?: number;
}

interface Pictures {
  readonly kind: string;
  readonly fps: number;
  readonly bytes: Uint8Array;
}

async function recordWorld<State extends object>(
  world: Simulator<State>,
  policies: readonly BehaviourPolicy<State>[],
  seed: number,
  frames: number,
  size: number,
): Promise<Pictures> {
  const policy = policies[Math.floor(uniformValues(1, deriveSeed(seed, 3))[0] * policies.length)];
  const episode = recordEpisode(world, policy, { seed, frames, size });
  world.dispose();
  return { kind: world.name, fps: episode.fps, bytes: await episode.frames() };
}

/**
 * A video without actions. The seed decides what it shows, named by `kind` in its metadata: flying shapes before a moving
 * camera (`shapes`, two of four) or a built-in world with a policy of its own acting in it (`arena`, `trail`).
 *
 * @param seed a whole number from 1 up; equal seeds give equal bits
 * @returns an episode with `actionSize` 0, its pictures in memory as bytes
 * @throws RangeError for a seed, a number of frames or a size that does not fit
 */
export async function passiveClip(seed: number, { frames, size = 64 }: PassiveClipOptions): Promise<Episode> {
  requireWhole("passiveClip", "seed", seed, 1, 2 ** 53 - 1);
  requireWhole("passiveClip", "frames", frames, 1);
  const inner = deriveSeed(seed, 1);
  const makers = [
    async () => ({ kind: "shapes", fps: 16, bytes: drawShapesClip(inner, frames, size) }),
    async () => ({ kind: "shapes", fps: 16, bytes: drawShapesClip(inner, frames, size) }),
    () => recordWorld(createArena(inner), arenaBehaviours(), inner, frames, size),
    () => recordWorld(createTrail(inner), trailBehaviours(), inner, frames, size),
  ];
  const { kind, fps, bytes } = await makers[Math.floor(uniformValues(1, deriveSeed(seed, 2))[0] * 4)]();
  const frameSize = size * size * 3;
  return {
    name: `passive-${seed}`,
    frameCount: frames,
    height: size,
    width: size,
    fps,
    actionSize: 0,
    metadata: { kind, seed },
    async frames(start = 0, count = frames - start) {
      requireWhole("passiveClip.frames", "start", start, 0, frames);
      requireWhole("passiveClip.frames", "count", count, 0, frames - start);
      return bytes.slice(start * frameSize, (start + count) * frameSize);
    },
  };
}
