/** A world of one square on a small torus: an action moves it by whole pixels. */
import { type Tensor3D, type Tensor5D, tensor3d, tensor5d } from "@tensorflow/tfjs";
import { deriveSeed, uniformValues } from "vid2world";

export const size = 16;

export interface Episodes {
  /** [clip, frame, size, size, 3] */
  readonly frames: Tensor5D;
  /** Steps right and down, −1 to 1, and a number that never changes [clip, frame, 3] */
  readonly action: Tensor3D;
  /** Sine and cosine of the place in both directions [clip, frame, 4] */
  readonly state: Tensor3D;
}

/** @param follow what the square makes of an action: 1 follows, 0 stands still, −1 goes the other way */
export function episodes(clips: number, frames: number, seed: number, follow = 1): Episodes {
  const pixels: number[] = [];
  const actions: number[] = [];
  const states: number[] = [];
  for (let clip = 0; clip < clips; clip++) {
    const chance = uniformValues(2 + 2 * frames, deriveSeed(seed, clip));
    let [x, y] = [Math.floor(chance[0] * size), Math.floor(chance[1] * size)];
    for (let t = 0; t < frames; t++) {
      const [right, down] = [0, 1].map((k) => Math.floor(3 * chance[2 + 2 * t + k]) - 1);
      for (let row = 0; row < size; row++)
        for (let column = 0; column < size; column++) {
          const inside = (row - y + size) % size < 5 && (column - x + size) % size < 5;
          pixels.push(inside ? 0.9 : 0.2, inside ? 0.8 : 0.3, 0.4);
        }
      actions.push(right, down, 0.5);
      states.push(
        ...[x, y].flatMap((at) => [Math.sin((at * 2 * Math.PI) / size), Math.cos((at * 2 * Math.PI) / size)]),
      );
      x = (x + follow * right + size) % size;
      y = (y + follow * down + size) % size;
    }
  }
  return {
    frames: tensor5d(pixels, [clips, frames, size, size, 3]),
    action: tensor3d(actions, [clips, frames, 3]),
    state: tensor3d(states, [clips, frames, 4]),
  };
}
