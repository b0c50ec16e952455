/** What a judge must not care about: where exactly the camera looks, and how sharp the picture is. */
import { avgPool, concat, mirrorPad, type Tensor4D, type Tensor5D, tensor5d, tidy } from "@tensorflow/tfjs";
import { uniformValues } from "../tensor/noise.js";

/**
 * Moves every clip by up to `shift` pixels across and down, its edges mirrored, and blurs every second one: a network that
 * learns from such clips cannot know them by heart so soon, and generated ones, a little soft, are less strange to it.
 *
 * @param video [batch, frame, height, width, 3]
 * @param seed a whole number from 1 up
 */
export function disturb(video: Tensor5D, shift: number, seed: number): Tensor5D {
  const [batch, frames, height, width] = video.shape;
  const drawn = uniformValues(3 * batch, seed);
  const places = Array.from({ length: batch }, (_, clip) =>
    [0, 1].map((i) => Math.floor(drawn[3 * clip + i] * (2 * shift + 1))),
  );
  const blurred = Array.from({ length: batch }, (_, clip) => Math.max(0, 2 * drawn[3 * clip + 2] - 1));
  return tidy(() => {
    const edges: [number, number] = [shift, shift];
    const flat = video.reshape<Tensor4D>([batch * frames, height, width, 3]);
    const padded = mirrorPad(flat, [[0, 0], edges, edges, [0, 0]], "symmetric");
    const moved = places.map(([down, across], clip) =>
      padded.slice([clip * frames, down, across, 0], [frames, height, width, 3]),
    );
    const sharp = concat(moved) as Tensor4D;
    const soft = avgPool(sharp, 3, 1, "same");
    const share = tensor5d(blurred, [batch, 1, 1, 1, 1]);
    const difference = soft.sub(sharp).reshape<Tensor5D>(video.shape);
    return sharp.reshape<Tensor5D>(video.shape).add(difference.mul(share));
  });
}
