/**
 * RECON: one HDF5 file per trajectory, with pictures as JPEG bytes in `images/rgb_left` and the robot's pose in
 * `jackal/position` (metres) and `jackal/yaw` (radians). The action is how the next pose lies to this one, (forward, left,
 * turn), scaled as in Navigation World Models (arXiv 2412.03572, config/data_config.yaml).
 */
import { type Episode, EpisodeFileError, frameRange } from "./episode.js";
import type { EpisodeSource } from "./episodeSource.js";
import { type Hdf5File, Hdf5Problem, withHdf5 } from "./hdf5.js";
import { readMetadata, writeMetadata } from "./hdf5Metadata.js";
import { createHdf5 } from "./hdf5Writer.js";
import { decodePicture, encodePicture, pictureSize } from "./pictures.js";

/** Pictures per second. */
const fps = 4;
const images = "images/rgb_left";
const spacing = 0.25; // metres per unit of motion
const low = [-2.5, -4]; // forward and left, in units
const high = [5, 4];
/** Actions are multiples of this: far below what a pose can resolve, and enough to make straight on exactly straight. */
const grain = 2 ** -36;

/** A place on the ground: metres and radians. */
export interface Pose {
  readonly x: number;
  readonly y: number;
  readonly yaw: number;
}

const wrap = (angle: number) => angle - 2 * Math.PI * Math.floor((angle + Math.PI) / (2 * Math.PI));

/**
 * The action that leads from one pose to another: forward and left motion in units of 0.25 m, scaled from [-2.5, 5] and
 * [-4, 4] to [-1, 1], and the turn in radians within [-π, π).
 */
export function reconAction(from: Pose, to: Pose): [number, number, number] {
  const [dx, dy] = [to.x - from.x, to.y - from.y];
  const [cos, sin] = [Math.cos(from.yaw), Math.sin(from.yaw)];
  const motion = [(cos * dx + sin * dy) / spacing, (cos * dy - sin * dx) / spacing];
  const scaled = motion.map((value, i) => (2 * (value - low[i])) / (high[i] - low[i]) - 1);
  const [forward, left, turn] = [...scaled, wrap(to.yaw - from.yaw)].map(
    (value) => Math.round(value / grain) * grain + 0, // + 0: no negative zero
  );
  return [forward, left, turn];
}

/** The pose that an action leads to: `reconAction` the other way round. */
export function reconPose(from: Pose, [forward, left, turn]: ArrayLike<number> & Iterable<number>): Pose {
  const [dx, dy] = [forward, left].map(
    (value, i) => spacing * (((value + 1) / 2) * (high[i] - low[i]) + low[i]),
  );
  const [cos, sin] = [Math.cos(from.yaw), Math.sin(from.yaw)];
  return { x: from.x + cos * dx - sin * dy, y: from.y + sin * dx + cos * dy, yaw: from.yaw + turn };
}

/** True for a file in this layout. */
export const isRecon = (names: readonly string[]) => names.includes("images") && names.includes("jackal");

export function reconSource(name: string, file: string): EpisodeSource {
  return { name, file, open: () => openRecon(name, file) };
}

async function openRecon(name: string, file: string): Promise<Episode> {
  const { first, ...rest } = await withHdf5(file, name, readTrajectory);
  const fault = (frame: number) => (error: Error) => {
    throw new EpisodeFileError(file, name, `frame ${frame} ${error.message}`);
  };
  const size = await pictureSize(first).catch(fault(0));
  const episode = { name, frameCount: rest.frameCount };
  return {
    ...episode,
    ...size,
    fps,
    actions: rest.actions,
    actionSize: 3,
    metadata: rest.metadata,
    frames: async (from, count) => {
      const range = frameRange(episode, from, count);
      const rows = await withHdf5(file, name, (hdf5) => hdf5.byteRows(images, range.start, range.count));
      const frameBytes = size.height * size.width * 3;
      const frames = new Uint8Array(rows.length * frameBytes);
      await Promise.all(
        rows.map(async (row, i) => {
          frames.set(await decodePicture(row, size).catch(fault(range.start + i)), i * frameBytes);
        }),
      );
      return frames;
    },
  };
}

function readTrajectory(hdf5: Hdf5File) {
  const [frameCount = 0] = hdf5.shape(images);
  if (frameCount === 0) throw new Hdf5Problem("has no frames");
  const [poses, columns = 0] = hdf5.shape("jackal/position");
  const [turns, ...more] = hdf5.shape("jackal/yaw");
  if (poses !== frameCount || turns !== frameCount || columns < 2 || more.some((length) => length !== 1))
    throw new Hdf5Problem(
      `has ${frameCount} frames, but jackal/position is [${hdf5.shape("jackal/position")}] and ` +
        `jackal/yaw [${hdf5.shape("jackal/yaw")}]; expected as many rows, of two coordinates or more`,
    );
  const position = hdf5.numbers("jackal/position");
  const yaw = hdf5.numbers("jackal/yaw");
  const pose = (t: number) => ({ x: position[t * columns], y: position[t * columns + 1], yaw: yaw[t] });
  const actions = new Float32Array(frameCount * 3);
  for (let t = 0; t + 1 < frameCount; t++) actions.set(reconAction(pose(t), pose(t + 1)), 3 * t);
  if (actions.some((value) => !Number.isFinite(value)))
    throw new Hdf5Problem("has a pose that is not finite");
  const names = new Set(hdf5.names());
  return {
    first: hdf5.byteRows(images, 0, 1)[0],
    frameCount,
    actions,
    metadata: {
      ...readMetadata(hdf5, names),
      position: Array.from({ length: frameCount }, (_, t) => [pose(t).x, pose(t).y]),
      yaw: Array.from(yaw),
    },
  };
}

/**
 * Writes one episode; pictures as JPEG of that quality, or as PNG, which every reader that sniffs bytes takes as well.
 * Poses are those in the metadata (`position` [frame][2], `yaw` [frame]) if there are any; else the actions are followed
 * from the origin.
 */
export async function writeRecon(path: string, episode: Episode, quality?: number): Promise<void> {
  const { name, frameCount, height, width, actions, actionSize } = episode;
  if (!actions || actionSize !== 3)
    throw new RangeError(
      `writeEpisodes: episode ${name} has ${actionSize} numbers per action; recon stores 3 (forward, left, turn).`,
    );
  const { position, yaw, ...metadata } = episode.metadata as { position?: number[][]; yaw?: number[] };
  const places = new Float64Array(frameCount * 3);
  const turns = new Float64Array(frameCount);
  let pose: Pose = { x: 0, y: 0, yaw: 0 };
  for (let t = 0; t < frameCount; t++) {
    const action = actions.subarray(3 * t - 3, 3 * t);
    if (position && yaw) {
      const next = { x: position[t]?.[0], y: position[t]?.[1], yaw: yaw[t] };
      if (t > 0 && !reconAction(pose, next).every((value, i) => Math.abs(value - action[i]) < 1e-4))
        throw new RangeError(
          `writeEpisodes: the action at frame ${t - 1} of episode ${name}, [${action}], does not lead to the next ` +
            `pose in its metadata; reconAction gives [${reconAction(pose, next)}].`,
        );
      pose = next;
    } else if (t > 0) pose = reconPose(pose, action);
    places.set([pose.x, pose.y, 0], 3 * t);
    turns[t] = pose.yaw;
  }
  const pictures = await episode.frames();
  const size = height * width * 3;
  const rows = await Promise.all(
    Array.from({ length: frameCount }, (_, t) =>
      encodePicture(pictures.subarray(t * size, (t + 1) * size), { height, width }, quality),
    ),
  );
  await createHdf5(path, (hdf5) => {
    hdf5.group("images");
    hdf5.group("jackal");
    hdf5.byteRows(images, rows);
    hdf5.numbers("jackal/position", places, [frameCount, 3]);
    hdf5.numbers("jackal/yaw", turns, [frameCount]);
    writeMetadata(hdf5, metadata);
  });
}
