/** What a judge must not care about: where exactly the camera looks, and how sharp the picture is. */
import { type Tensor5D, tensor5d } from "@tensorflow/tfjs";
import { uniformValues } from "../tensor/noise.js";

/**
 * Moves every clip by up to `shift` pixels across and down, its edges mirrored, and blurs every second one: a network that
 * learns from such clips cannot know them by heart so soon, and generated ones, a little soft, are less strange to it.
 *
 * @param video [batch, frame, height, width, 3]
 * @param seed a whole number from 1 up
 */
export function disturb(video: Tensor5D, shift: number, seed: number): Tensor5D {
  const [batch, frames, height, width, channels] = video.shape;
  const [values, size] = [video.dataSync(), height * width * channels];
  const made = new Float32Array(values.length);
  const drawn = uniformValues(3 * batch, seed);
  for (let clip = 0; clip < batch; clip++) {
    const [down, across] = [0, 1].map((i) => Math.floor(drawn[3 * clip + i] * (2 * shift + 1)) - shift);
    const softness = Math.max(0, 2 * drawn[3 * clip + 2] - 1);
    for (let frame = clip * frames; frame < (clip + 1) * frames; frame++) {
      const [from, to] = [values, made].map((all) => all.subarray(frame * size, (frame + 1) * size));
      move(from as Float32Array, to as Float32Array, { height, width, channels, down, across });
      if (softness > 0) soften(to as Float32Array, { height, width, channels, softness });
    }
  }
  return tensor5d(made, video.shape);
}

/** A place beyond the edge is as far within: −1 is 0, −2 is 1. */
const mirrored = (place: number, size: number) =>
  place < 0 ? -1 - place : place >= size ? 2 * size - 1 - place : place;

interface Size {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
}

function move(
  from: Float32Array,
  to: Float32Array,
  { height, width, channels, down, across }: Size & { readonly down: number; readonly across: number },
): void {
  for (let y = 0; y < height; y++) {
    const row = mirrored(y + down, height) * width;
    for (let x = 0; x < width; x++) {
      const source = (row + mirrored(x + across, width)) * channels;
      const target = (y * width + x) * channels;
      for (let c = 0; c < channels; c++) to[target + c] = from[source + c];
    }
  }
}

/** Mixes every pixel with the mean of the 3 × 3 around it; the outermost stay as they are. */
function soften(
  picture: Float32Array,
  { height, width, channels, softness }: Size & { readonly softness: number },
): void {
  const sharp = picture.slice();
  const row = width * channels;
  const share = softness / 9;
  for (let y = 1; y < height - 1; y++)
    for (let i = y * row + channels; i < (y + 1) * row - channels; i++) {
      let sum = 0;
      for (let j = i - row; j <= i + row; j += row)
        sum += sharp[j - channels] + sharp[j] + sharp[j + channels];
      picture[i] = (1 - softness) * sharp[i] + share * sum;
    }
}
