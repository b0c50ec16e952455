/** Files written by other software, and what is wrong with broken ones; test/fixtures/episodes says how they were made. */
import { createHash } from "node:crypto";
import { copyFileSync, cpSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import fc from "fast-check";
import {
  type Episode,
  EpisodeFileError,
  openEpisodes,
  reconAction,
  reconPose,
  writeEpisodes,
} from "vid2world";
import { describe, expect, test } from "vitest";
import { collect, madeUp, scratchFolder } from "./episodes.js";

const fixtures = join(__dirname, "../fixtures/episodes");
const expected = JSON.parse(readFileSync(join(fixtures, "expected.json"), "utf8"));
const scratch = scratchFolder();
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const only = async (path: string): Promise<Episode> => (await collect(await openEpisodes(path)))[0];
const failure = (path: string) =>
  only(path)
    .then((episode) => episode.frames())
    .catch((error) => error);

describe("files written by h5py read as h5py reads them", () => {
  for (const name of ["csgo-plain", "csgo-gzip", "csgo-chunked-half-bigendian"])
    test(name, async () => {
      const episode = await only(join(fixtures, `${name}.hdf5`));
      expect(episode).toMatchObject({ name, frameCount: 4, height: 12, width: 16, fps: 16, actionSize: 51 });
      expect(sha256(await episode.frames())).toBe(expected.csgoPictures);
      const pressed = Array.from(episode.actions ?? []).flatMap((value, i) => (value ? [i] : []));
      expect(pressed).toEqual([0, 1, 2, 3].flatMap((t) => [t, 24, 43].map((i) => 51 * t + i)));
      expect(episode.metadata).toEqual({ kills: [2], deaths: [3] });
    });

  for (const name of ["recon-fixed", "recon-vlen", "recon-void"])
    test(name, async () => {
      const episode = await only(join(fixtures, `${name}.hdf5`));
      expect(episode).toMatchObject({ name, frameCount: 4, height: 12, width: 16, fps: 4, actionSize: 3 });
      expect(sha256(await episode.frames())).toBe(expected.reconPictures);
      // 0.25 m ahead is one unit: 2 (1 + 2.5) / 7.5 − 1 = −1/15; two units are 0.2; left stays 0.
      const rows = [-1 / 15, 0, Math.PI / 2, 0.2, 0, Math.PI / 2, -1 / 15, 0, 0.25, 0, 0, 0];
      for (const [i, value] of (episode.actions ?? []).entries()) expect(value).toBeCloseTo(rows[i], 6);
      expect(episode.actions?.[1]).toBe(0);
    });
});

test("a shard written by Google's protobuf: order of the action, JPEG and PNG, metadata", async () => {
  const [two, three] = await collect(await openEpisodes(join(fixtures, "rt1")));
  expect([two.name, three.name]).toEqual(["train-00003/0", "train-00003/1"]);
  expect(three).toMatchObject({ frameCount: 3, height: 12, width: 16, fps: 3, actionSize: 13 });
  expect([...(three.actions ?? [])]).toEqual(
    [0, 1, 2].flatMap((t) => Array.from({ length: 13 }, (_, i) => 100 * t + i)),
  );
  expect(three.metadata).toEqual({
    instruction: "öffne die Schublade",
    "attributes/collection_mode": -7,
    steps: { "observation/gripper_closed": [0.25, 0.25, 0.25], reward: [0, 0, 1] },
  });
  const pixels = await two.frames();
  const at = 3 * (16 * (12 + 7) + 9); // frame 1, y 7, x 9
  expect([...pixels.subarray(at, at + 3)]).toEqual([40, 45, 35]);
  const jpeg = await three.frames(1, 1);
  for (const [i, value] of jpeg.entries()) expect(Math.abs(value - pixels[12 * 16 * 3 + i])).toBeLessThan(8);
});

test("features.json names picture and action of other RLDS data sets", async () => {
  const folder = join(scratch, "oxe");
  cpSync(join(fixtures, "rt1"), folder, { recursive: true });
  const tensor = (...dimensions: string[]) => ({ tensor: { shape: { dimensions }, dtype: "float32" } });
  const features = (action: object, observation: object) =>
    writeFileSync(
      join(folder, "features.json"),
      JSON.stringify({
        featuresDict: {
          features: {
            steps: {
              sequence: {
                feature: {
                  featuresDict: {
                    features: { action, observation: { featuresDict: { features: observation } } },
                  },
                },
              },
            },
          },
        },
      }),
    );
  const turn = { featuresDict: { features: { world_vector: tensor("3"), rotation_delta: tensor("3") } } };
  features(turn, { image: { image: {} } });
  const episode = await only(folder);
  expect(episode.actionSize).toBe(6);
  expect([...(episode.actions ?? [])].slice(0, 6)).toEqual([4, 5, 6, 10, 11, 12]);
  features(turn, { left: { image: {} }, right: { image: {} } });
  await expect(only(folder)).rejects.toThrow(
    /features\.json names 2 pictures \(observation\/left, observation\/right\)/,
  );
  features(turn, { left: { image: {} } });
  await expect(only(folder)).rejects.toThrow(/has no pictures in steps\/observation\/left/);
});

describe("poses and actions", () => {
  test("an action leads to the pose that it was taken from, whatever the heading", () => {
    const number = (most: number) => fc.double({ min: -most, max: most, noNaN: true });
    const pose = fc.record({ x: number(100), y: number(100), yaw: number(10) });
    fc.assert(
      fc.property(pose, number(1), number(1), number(3), (from, forward, left, turn) => {
        const again = reconAction(from, reconPose(from, [forward, left, turn]));
        for (const [i, value] of [forward, left, turn].entries()) expect(again[i]).toBeCloseTo(value, 9);
      }),
    );
  });

  test("standing still is [-1/3, 0, 0], and a full turn is none", () => {
    const at = { x: 3, y: -2, yaw: 1 };
    const [forward, ...rest] = reconAction(at, { ...at, yaw: 1 + 4 * Math.PI });
    expect(forward).toBeCloseTo(-1 / 3, 9);
    expect(rest).toEqual([0, 0]);
  });
});

/** A broken copy of a file in a folder of its own. */
function broken(name: string, change: (bytes: Buffer) => Buffer): string {
  const folder = join(scratch, `broken-${Math.random()}`.replace(".", ""));
  mkdirSync(folder);
  writeFileSync(join(folder, basename(name)), change(Buffer.from(readFileSync(join(fixtures, name)))));
  return folder;
}

const shard = "rt1/fractal20220817_data-train.tfrecord-00003-of-01024";
const flip = (at: number) => (bytes: Buffer) => {
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return bytes;
};
const cut = (length: number) => (bytes: Buffer) => bytes.subarray(0, length);

describe("one sentence names file, episode and cause", () => {
  for (const [cause, name, change, message] of [
    [
      "a shard cut inside a record",
      shard,
      cut(3000),
      /01024, episode train-00003\/1, is cut short: \d+ bytes of a rec/,
    ],
    [
      "a shard cut inside a length",
      shard,
      cut(5),
      /train-00003\/0, is cut short inside the length of a record/,
    ],
    [
      "a wrong checksum of a length",
      shard,
      flip(9),
      /train-00003\/0, has a wrong checksum for the length .*byte 0/,
    ],
    [
      "a wrong checksum of data",
      shard,
      flip(-1),
      /train-00003\/1, has a wrong checksum: its data are damaged/,
    ],
    ["damaged data", shard, flip(500), /train-00003\/0, has a wrong checksum: its data are damaged/],
    ["an HDF5 file cut short", "csgo-plain.hdf5", cut(9000), /csgo-plain\.hdf5 cannot be opened as HDF5/],
    [
      "a filter that is not known",
      "csgo-lzf.hdf5",
      (b: Buffer) => b,
      /csgo-lzf, stores frame_0_x with filter 32000 \(lzf\)/,
    ],
    [
      "a damaged chunk",
      "csgo-gzip.hdf5",
      (b: Buffer) => damageChunk(b),
      /csgo-gzip, is damaged: frame_\d_x cannot be read/,
    ],
    ["an empty file", "recon-fixed.hdf5", cut(0), /recon-fixed\.hdf5 cannot be opened as HDF5/],
    ["a damaged JPEG", "recon-fixed.hdf5", (b: Buffer) => damageJpeg(b), /recon-fixed, frame 1 /],
  ] as const)
    test(cause, async () => {
      const path = broken(name, change);
      const error = await failure(path);
      expect(error).toBeInstanceOf(EpisodeFileError);
      expect(error.message).toMatch(/^openEpisodes: /);
      expect(error.message).toMatch(message);
      expect(error.message.split("\n")).toHaveLength(1);
      expect(error.file).toContain(basename(name));
    });

  test("missing and odd fields", async () => {
    for (const [format, change, message] of [
      ["csgo", "frame_1_y", /run, has no dataset frame_1_y/],
      ["csgo", "frame_2_x", /run, has no dataset frame_2_x/],
      ["recon", "jackal/yaw", /run, has no dataset jackal\/yaw/],
    ] as const) {
      const folder = join(scratch, `missing-${change.replace("/", "-")}`);
      await writeEpisodes(folder, [madeUp(format, "run")], { format });
      const path = join(folder, "run.hdf5");
      const bytes = readFileSync(path);
      const last = change.split("/").pop() ?? "";
      for (let at = bytes.indexOf(`${last}\0`); at >= 0; at = bytes.indexOf(`${last}\0`, at + 1))
        bytes.write("zzz".padEnd(last.length, "z"), at);
      writeFileSync(path, bytes);
      const error = await failure(folder);
      expect(error.message).toMatch(message);
    }
  });

  test("numbers of actions that do not fit the frames", async () => {
    const folder = join(scratch, "odd");
    await writeEpisodes(folder, [{ ...madeUp("videos", "run", { height: 16, width: 16 }) }], {
      format: "videos",
    });
    const beside = join(folder, "run.json");
    for (const [content, message] of [
      [
        JSON.stringify({ actions: [[1], [2]] }),
        /run, has 2 actions of 1 numbers; expected one for each of 5 frames/,
      ],
      [JSON.stringify([[1], [2], [3], [4, 4]]), /action at frame 3 that is not 1 numbers/],
      ["{", /has a \.json beside it that cannot be read/],
    ] as const) {
      writeFileSync(beside, content);
      expect((await failure(folder)).message).toMatch(message);
    }
    writeFileSync(beside, JSON.stringify([[1], [2], [3], [4]]));
    expect([...((await only(folder)).actions ?? [])]).toEqual([1, 2, 3, 4, 0]);
  });
});

test("actions beside a video, as numpy stores them", async () => {
  const folder = join(scratch, "npz");
  const { actions: _, ...bare } = madeUp("videos", "run", { height: 16, width: 16 });
  await writeEpisodes(folder, [{ ...bare, actionSize: 0 }], { format: "videos" });
  const beside = join(folder, "run.npz");
  for (const name of ["stored", "deflated"]) {
    copyFileSync(join(fixtures, `${name}.npz`), beside);
    const episode = await only(folder);
    expect(episode.actionSize).toBe(2);
    expect([...(episode.actions ?? [])]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9].map((value) => value / 4));
  }
  for (const [name, message] of [
    ["columns", /run, has a \.npz beside it that cannot be read: an array is stored column by column/],
    ["flat", /run, has a \.npz beside it with actions; expected `actions` \[frame, number\]/],
    ["expected.json", /run, has a \.npz beside it that cannot be read/],
  ] as const) {
    copyFileSync(join(fixtures, name.includes(".") ? name : `${name}.npz`), beside);
    expect((await failure(folder)).message).toMatch(message);
  }
  const stored = readFileSync(join(fixtures, "stored.npz"));
  writeFileSync(beside, stored.subarray(0, stored.length - 300));
  expect((await failure(folder)).message).toMatch(/run, has a \.npz beside it that cannot be read/);
});

/** Turns bytes in the middle of the compressed pictures. */
function damageChunk(bytes: Buffer): Buffer {
  for (
    let at = bytes.indexOf("\x78\x5e", 0, "latin1");
    at >= 0;
    at = bytes.indexOf("\x78\x5e", at + 20, "latin1")
  )
    bytes.fill(0x55, at + 4, at + 12);
  return bytes;
}

/** Spoils the second picture from its start. */
function damageJpeg(bytes: Buffer): Buffer {
  const second = bytes.indexOf("\xff\xd8\xff", bytes.indexOf("\xff\xd8\xff", 0, "latin1") + 1, "latin1");
  return bytes.fill(0, second + 20, second + 200);
}

test("with onBad: skip, the good episodes are read and the others listed", async () => {
  const folder = join(scratch, "some-bad");
  mkdirSync(folder);
  for (const name of ["csgo-plain.hdf5", "csgo-lzf.hdf5", "csgo-gzip.hdf5"])
    copyFileSync(join(fixtures, name), join(folder, name));
  writeFileSync(join(folder, "notes.h5"), "not HDF5");
  await expect(openEpisodes(folder)).rejects.toThrow(/notes\.h5, episode notes, is no HDF5 file/);
  const set = await openEpisodes(folder, { onBad: "skip" });
  expect((await collect(set)).map(({ name }) => name)).toEqual(["csgo-gzip", "csgo-plain"]);
  await collect(set);
  expect(set.skipped.map(({ episode }) => episode)).toEqual(["notes", "csgo-lzf"]);
  expect(set.skipped[1].reason).toMatch(/lzf/);

  const cutShard = broken(shard, cut(3000));
  const shards = await openEpisodes(cutShard, { onBad: "skip" });
  expect((await collect(shards)).map(({ name }) => name)).toEqual(["train-00003/0"]);
  expect(shards.skipped).toMatchObject([{ episode: "train-00003/1" }]);
  writeFileSync(
    join(cutShard, "dataset_info.json"),
    JSON.stringify({ splits: [{ name: "train", shardLengths: ["0", "0", "0", "2"] }] }),
  );
  await expect(openEpisodes(cutShard)).rejects.toThrow(/is cut short/);
});

test("a shard that lost its last episode whole is found by dataset_info.json", async () => {
  const folder = broken(shard, (bytes) => bytes.subarray(0, 16 + Number(bytes.readBigUInt64LE(0))));
  expect((await openEpisodes(folder)).names).toEqual(["train-00003/0"]);
  const lengths = ["1", "1", "1", "2"];
  writeFileSync(
    join(folder, "dataset_info.json"),
    JSON.stringify({ splits: [{ name: "train", shardLengths: lengths }] }),
  );
  await expect(openEpisodes(folder)).rejects.toThrow(/01024 has 1 episodes; dataset_info\.json says 2/);
});

test("whatever byte is damaged, an error with a name comes, or other content, never a crash", async () => {
  for (const name of [shard, "csgo-plain.hdf5", "csgo-gzip.hdf5", "recon-vlen.hdf5"]) {
    const whole = readFileSync(join(fixtures, name));
    const path = join(scratch, `fuzz-${basename(name)}`);
    const damage = fc.record({
      at: fc.nat(whole.length - 1),
      bytes: fc.uint8Array({ minLength: 1, maxLength: 8 }),
      keep: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ at, bytes, keep }) => {
        const copy = Buffer.from(whole);
        copy.set(bytes.subarray(0, whole.length - at), at);
        writeFileSync(path, copy.subarray(0, keep));
        const error = await failure(path);
        if (error instanceof Error) expect(error).toBeInstanceOf(EpisodeFileError);
      }),
      { numRuns: 60, seed: 1 },
    );
  }
});
