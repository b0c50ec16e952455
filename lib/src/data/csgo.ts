/**
 * `dataset_dm_scraped_dust2`: one HDF5 file per episode, four datasets per frame i: `frame_<i>_x` the picture
 * [height, width, 3] in blue, green, red; `frame_<i>_y` the action, 51 numbers; `frame_<i>_xaux` the three actions before
 * it with continuous mouse motion, health, ammunition and team; `frame_<i>_helperarr` whether a kill or a death came.
 *
 * @see Pearce and Zhu, "Counter-Strike Deathmatch with Large-Scale Behavioural Cloning", 2022
 */
import { csgoActionSize, decodeCsgoAction } from "./csgoAction.js";
import { type Episode, frameRange } from "./episode.js";
import type { EpisodeSource } from "./episodeSource.js";
import { type Hdf5File, Hdf5Problem, withHdf5 } from "./hdf5.js";
import { readMetadata, writeMetadata } from "./hdf5Metadata.js";
import { createHdf5 } from "./hdf5Writer.js";

/** Frames per second of the recordings. */
const fps = 16;

/** True for a file in this layout. */
export const isCsgo = (names: readonly string[]) => names.some((name) => /^frame_\d+_x$/.test(name));

export function csgoSource(name: string, file: string): EpisodeSource {
  return { name, file, open: () => withHdf5(file, name, (hdf5) => readEpisode(hdf5, name, file)) };
}

function readEpisode(hdf5: Hdf5File, name: string, file: string): Episode {
  const names = new Set(hdf5.names());
  const last = [...names].reduce(
    (most, name) => Math.max(most, Number(/^frame_(\d+)_/.exec(name)?.[1] ?? -1)),
    -1,
  );
  const frameCount = last + 1;
  if (frameCount === 0) throw new Hdf5Problem("has no frames");
  const [height, width, ...rest] = pictureShape(hdf5, 0);
  if (rest.length !== 1 || rest[0] !== 3)
    throw new Hdf5Problem(`has frame_0_x of [${[height, width, ...rest]}]; expected [height, width, 3]`);
  hdf5.numbers("frame_0_x"); // so that pictures that cannot be read show here
  const actions = new Float32Array(frameCount * csgoActionSize);
  const kills: number[] = [];
  const deaths: number[] = [];
  for (let frame = 0; frame < frameCount; frame++) {
    if (!names.has(`frame_${frame}_x`)) throw new Hdf5Problem(`has no dataset frame_${frame}_x`);
    const action = hdf5.numbers(`frame_${frame}_y`);
    if (action.length !== csgoActionSize)
      throw new Hdf5Problem(`has ${action.length} numbers in frame_${frame}_y; expected ${csgoActionSize}`);
    actions.set(action, frame * csgoActionSize);
    if (!names.has(`frame_${frame}_helperarr`)) continue;
    const [kill, death] = hdf5.numbers(`frame_${frame}_helperarr`);
    if (kill) kills.push(frame);
    if (death) deaths.push(frame);
  }
  const episode = { name, frameCount };
  return {
    ...episode,
    height,
    width,
    fps,
    actions,
    actionSize: csgoActionSize,
    metadata: { ...readMetadata(hdf5, names), kills, deaths },
    frames: async (start, count) => {
      const range = frameRange(episode, start, count);
      return withHdf5(file, name, (hdf5) => readFrames(hdf5, range, height, width));
    },
  };
}

const pictureShape = (hdf5: Hdf5File, frame: number) => hdf5.shape(`frame_${frame}_x`);

function readFrames(
  hdf5: Hdf5File,
  { start, count }: { start: number; count: number },
  height: number,
  width: number,
): Uint8Array {
  const size = height * width * 3;
  const frames = new Uint8Array(count * size);
  for (let i = 0; i < count; i++) {
    const dataset = `frame_${start + i}_x`;
    const shape = pictureShape(hdf5, start + i);
    const pixels = hdf5.numbers(dataset);
    if (String(shape) !== String([height, width, 3]) || !(pixels instanceof Uint8Array))
      throw new Hdf5Problem(`has ${dataset} of [${shape}]; expected [${height},${width},3] of 8-bit numbers`);
    frames.set(swapRedAndBlue(pixels), i * size);
  }
  return frames;
}

function swapRedAndBlue(pixels: Uint8Array): Uint8Array {
  const swapped = new Uint8Array(pixels.length);
  for (let i = 0; i < pixels.length; i += 3) {
    swapped[i] = pixels[i + 2];
    swapped[i + 1] = pixels[i + 1];
    swapped[i + 2] = pixels[i];
  }
  return swapped;
}

/** Actions before a frame that `xaux` holds, and numbers for each: 13 keys and clicks, mouse x and y, three more. */
const pastActions = 3;
const pastSize = 18;
/** Mouse counts that `xaux` takes as 1. */
const mouseLimit = { x: 1000, y: 200 };

/** Writes one episode; pictures lose nothing and are not compressed, as published. */
export async function writeCsgo(path: string, episode: Episode): Promise<void> {
  const { name, frameCount, height, width, actions, actionSize, metadata } = episode;
  if (!actions || actionSize !== csgoActionSize)
    throw new RangeError(
      `writeEpisodes: episode ${name} has ${actionSize} numbers per action; csgo stores ${csgoActionSize}.`,
    );
  const { kills, deaths, ...rest } = metadata;
  const events = [kills, deaths].map((list) => new Set(Array.isArray(list) ? list : []));
  const pictures = await episode.frames();
  const size = height * width * 3;
  const past = Array.from({ length: frameCount }, (_, frame) =>
    pastInput(actions.subarray(frame * csgoActionSize, (frame + 1) * csgoActionSize)),
  );
  await createHdf5(path, (hdf5) => {
    for (let frame = 0; frame < frameCount; frame++) {
      const picture = swapRedAndBlue(pictures.subarray(frame * size, (frame + 1) * size));
      const action = actions.subarray(frame * csgoActionSize, (frame + 1) * csgoActionSize);
      const before = new Float64Array(pastActions * pastSize);
      for (let back = 1; back <= Math.min(pastActions, frame); back++)
        before.set(past[frame - back], (back - 1) * pastSize);
      hdf5.numbers(`frame_${frame}_x`, picture, [height, width, 3]);
      hdf5.numbers(`frame_${frame}_xaux`, before, [before.length]);
      hdf5.numbers(`frame_${frame}_y`, Float64Array.from(action), [csgoActionSize]);
      const flags = Float64Array.from(events, (frames) => Number(frames.has(frame)));
      hdf5.numbers(`frame_${frame}_helperarr`, flags, [2]);
    }
    writeMetadata(hdf5, rest);
  });
}

/** What `xaux` says of one past action; health, ammunition and team are left at 0. */
function pastInput(action: Float32Array): Float64Array {
  const { mouseX, mouseY } = decodeCsgoAction(action);
  const input = new Float64Array(pastSize);
  input.set(action.subarray(0, 13));
  input.set([mouseX / mouseLimit.x, mouseY / mouseLimit.y], 13);
  return input;
}
