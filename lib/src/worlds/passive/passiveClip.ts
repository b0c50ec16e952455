/** Videos without actions, as many as there are seeds: what a model can watch before it learns to act. */
import type { Episode } from "../../data/episode.js";
import { requireWhole } from "../../tensor/check.js";
import { deriveSeed, uniformValues } from "../../tensor/noise.js";
import { keptWorld } from "../keptWorlds.js";
import { recordEpisode } from "../recordEpisode.js";
import { drawShapesClip } from "./shapesScene.js";

/** How long and how large a clip is. */
export interface PassiveClipOptions {
  readonly frames: number;
  /** Pixels per side; 64 unless given. */
  readonly size?: number;
}

/** Two clips of five show shapes: they move in ways that no world's camera does. */
const kinds = ["arena", "trail", "shapes", "shapes", "tabletop"] as const;

interface Pictures {
  readonly fps: number;
  readonly bytes: Uint8Array;
}

/** A world with one of its policies acting in it, drawn by the seed. */
async function worldPictures(
  name: "arena" | "trail" | "tabletop",
  seed: number,
  frames: number,
  size: number,
): Promise<Pictures> {
  const { simulator, policies } = await keptWorld(name);
  const policy = policies[Math.floor(uniformValues(1, deriveSeed(seed, 3))[0] * policies.length)];
  const episode = recordEpisode(simulator, policy, { seed, frames, size });
  return { fps: episode.fps, bytes: await episode.frames() };
}

/**
 * A video without actions. The seed decides what it shows, named by `kind` in its metadata: flying shapes before a moving
 * camera (`shapes`, two of five) or a built-in world with a policy of its own acting in it (`arena`, `trail`, `tabletop`).
 *
 * @param seed a whole number from 1 up; equal seeds give equal bits
 * @returns an episode with `actionSize` 0, its pictures in memory as bytes
 * @throws RangeError for a seed, a number of frames or a size that does not fit
 */
export async function passiveClip(seed: number, { frames, size = 64 }: PassiveClipOptions): Promise<Episode> {
  requireWhole("passiveClip", "seed", seed, 1, 2 ** 53 - 1);
  requireWhole("passiveClip", "frames", frames, 1);
  const inner = deriveSeed(seed, 1);
  const kind = kinds[Math.floor(uniformValues(1, deriveSeed(seed, 2))[0] * kinds.length)];
  const { fps, bytes } =
    kind === "shapes"
      ? { fps: 16, bytes: drawShapesClip(inner, frames, size) }
      : await worldPictures(kind, inner, frames, size);
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
