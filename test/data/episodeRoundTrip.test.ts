import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type EpisodeFormat, openEpisodes, videoInfo, writeEpisodes } from "vid2world";
import { describe, expect, test } from "vitest";
import { collect, type Format, madeUp, scratchFolder } from "./episodes.js";

const scratch = scratchFolder();

describe("an episode comes back from each format as it was", () => {
  for (const format of ["rt1", "csgo", "recon"] as const)
    test(format, async () => {
      const folder = join(scratch, format);
      const metadata = { instruction: "close the drawer", world: { seed: 3, walls: [1, 2.5] } };
      const given = [1, 2, 3].map((seed) =>
        madeUp(format, `run_${seed}`, { seed, metadata, frameCount: 3 + seed }),
      );
      expect(await writeEpisodes(folder, given, { format })).toEqual({ episodes: 3, frames: 15 });

      const set = await openEpisodes(folder);
      expect(set.format).toBe(format);
      const read = await collect(set);
      expect(read.length).toBe(3);
      for (const [i, episode] of read.entries()) {
        const { frameCount, height, width, actionSize, actions } = given[i];
        expect(episode).toMatchObject({ frameCount, height, width, actionSize });
        expect(episode.actions).toEqual(actions);
        expect(await episode.frames()).toEqual(await given[i].frames());
        expect(await episode.frames(2, 1)).toEqual(await given[i].frames(2, 1));
        expect((await episode.frames(1, 0)).length).toBe(0);
        expect(episode.metadata).toMatchObject(metadata);
        await expect(episode.frames(2, 5)).rejects.toThrow(/^frames: 5 frames from frame 2 were asked for/);
      }
      const names =
        format === "rt1" ? ["train-00000/0", "train-00000/1", "train-00000/2"] : given.map((e) => e.name);
      expect(set.names).toEqual(names);
      expect((await set.open(names[1])).frameCount).toBe(5);
      await expect(set.open("run_9")).rejects.toThrow(/has no episode named run_9/);
      expect(set.skipped).toEqual([]);
    });

  test("videos: actions and metadata; pictures nearly", async () => {
    const folder = join(scratch, "videos");
    const flat = madeUp("videos", "flat", { metadata: { note: "grey" }, height: 16, width: 24 });
    const grey = { ...flat, frames: async () => new Uint8Array(5 * 16 * 24 * 3).fill(120) };
    const { actions: _, ...passive } = { ...grey, name: "in/passive", actionSize: 0, metadata: {} };
    await writeEpisodes(folder, [grey, passive], { format: "videos" });
    expect((await videoInfo(join(folder, "flat.mp4"))).fps).toBeCloseTo(4, 6);
    expect(existsSync(join(folder, "in/passive.json"))).toBe(false);
    const [one, two] = await collect(await openEpisodes(folder));
    expect(one).toMatchObject({ name: "flat", frameCount: 5, height: 16, width: 24, actionSize: 2 });
    expect(one.actions).toEqual(flat.actions);
    expect(one.metadata).toEqual({ note: "grey" });
    expect(two).toMatchObject({ name: "in/passive", actionSize: 0, frameCount: 5 });
    expect(two.actions).toBeUndefined();
    const pictures = await one.frames(1, 3);
    expect(pictures.length).toBe(3 * 16 * 24 * 3);
    for (const value of pictures) expect(Math.abs(value - 120)).toBeLessThan(4);
  });
});

test("recon keeps the poses that an episode has, and refuses actions that do not fit them", async () => {
  const run = madeUp("recon", "run");
  const first = join(scratch, "poses");
  await writeEpisodes(first, [run], { format: "recon" });
  const [read] = await collect(await openEpisodes(first));
  const position = (read.metadata.position as number[][]).map(([x, y]) => [x + 3, y - 70]);
  const moved = { ...read, metadata: { ...read.metadata, position } };
  await writeEpisodes(join(scratch, "moved"), [moved], { format: "recon" });
  const [again] = await collect(await openEpisodes(join(scratch, "moved")));
  expect(again.metadata).toEqual(moved.metadata);
  expect(again.actions).toEqual(run.actions);
  const wrong = { ...moved, actions: run.actions?.map((value) => value + 0.1) };
  await expect(writeEpisodes(join(scratch, "wrong"), [wrong], { format: "recon" })).rejects.toThrow(
    /the action at frame 0 of episode run, .* does not lead to the next pose in its metadata/,
  );
});

test("equal episodes give equal files, whenever they are written", async () => {
  const bytes = async (format: EpisodeFormat, folder: string) => {
    const path = join(scratch, "equal", folder, format);
    await writeEpisodes(path, [madeUp(format, "run", { height: 16, width: 16 })], { format });
    return readdirSync(path).map((name) => [name, readFileSync(join(path, name)).toString("base64")]);
  };
  const formats = ["rt1", "csgo", "recon", "videos"] as const;
  const first = [];
  for (const format of formats) first.push(await bytes(format, "first"));
  await new Promise((later) => setTimeout(later, 1100)); // files store whole seconds
  for (const [i, format] of formats.entries()) expect(await bytes(format, "second")).toEqual(first[i]);
});

test("JPEG is smaller than PNG, and near it", async () => {
  const smooth = (format: Format) => {
    const pictures = Uint8Array.from({ length: 2 * 32 * 32 * 3 }, (_, i) => 120 + 60 * Math.sin(i / 7));
    const episode = madeUp(format, "smooth", { frameCount: 2, height: 32, width: 32 });
    return { ...episode, frames: async () => pictures };
  };
  for (const format of ["rt1", "recon"] as const) {
    const folder = join(scratch, `${format}-jpeg`);
    await writeEpisodes(folder, [smooth(format)], { format, quality: 90 });
    const [episode] = await collect(await openEpisodes(folder));
    const [read, truth] = [await episode.frames(), await smooth(format).frames()];
    expect(read).not.toEqual(truth);
    for (const [i, value] of read.entries()) expect(Math.abs(value - truth[i])).toBeLessThan(16);
  }
  const features = JSON.parse(readFileSync(join(scratch, "rt1-jpeg/features.json"), "utf8"));
  const { observation } = features.featuresDict.features.steps.sequence.feature.featuresDict.features;
  expect(observation.featuresDict.features.image.image).toEqual({
    shape: { dimensions: ["32", "32", "3"] },
    dtype: "uint8",
    encodingFormat: "jpeg",
  });
});

test("rt1 splits into shards that dataset_info.json counts", async () => {
  const folder = join(scratch, "shards");
  const episodes = Array.from({ length: 5 }, (_, i) => madeUp("rt1", `${i}`, { seed: i + 1 }));
  await writeEpisodes(folder, episodes, { format: "rt1", shardBytes: 4000 });
  const shards = readdirSync(folder).filter((name) => name.includes("tfrecord"));
  expect(shards.length).toBeGreaterThan(1);
  expect(shards[0]).toBe(`fractal20220817_data-train.tfrecord-00000-of-0000${shards.length}`);
  const info = JSON.parse(readFileSync(join(folder, "dataset_info.json"), "utf8"));
  const lengths: string[] = info.splits[0].shardLengths;
  expect(lengths.length).toBe(shards.length);
  expect(lengths.map(Number).reduce((sum, length) => sum + length)).toBe(5);
  const read = await collect(await openEpisodes(folder));
  expect(read.map((episode) => episode.actions)).toEqual(episodes.map((episode) => episode.actions));
  const one = await openEpisodes(join(folder, shards[1]));
  expect(one.names[0]).toBe("train-00001/0");
});

test("a split with a hyphen in its name is counted as dataset_info.json says", async () => {
  const folder = join(scratch, "hyphen");
  await writeEpisodes(folder, [madeUp("rt1", "0", {}), madeUp("rt1", "1", {})], { format: "rt1" });
  const [shard] = readdirSync(folder).filter((name) => name.includes("tfrecord"));
  renameSync(join(folder, shard), join(folder, "cube_set-val-seen.tfrecord-100000-of-100001"));
  expect((await openEpisodes(folder)).names).toEqual(["val-seen-100000/0", "val-seen-100000/1"]);
  const shardLengths = [...new Array(100000).fill("0"), "3"];
  writeFileSync(
    join(folder, "dataset_info.json"),
    JSON.stringify({ splits: [{ name: "val-seen", shardLengths }] }),
  );
  await expect(openEpisodes(folder)).rejects.toThrow(/has 2 episodes; dataset_info.json says 3/);
});

test("a list names the episodes to take, by name or by file", async () => {
  const folder = join(scratch, "listed");
  const names = ["1-200/hdf5_dm_1", "1-200/hdf5_dm_2", "201-400/hdf5_dm_3"];
  const episodes = names.map((name) => madeUp("csgo", name, { frameCount: 2 }));
  await writeEpisodes(folder, episodes, { format: "csgo" });
  const list = join(scratch, "test_split.txt");
  writeFileSync(list, "hdf5_dm_3.hdf5\n1-200/hdf5_dm_1\n\n");
  expect((await openEpisodes(folder, { list })).names).toEqual([names[2], names[0]]);
  expect((await openEpisodes(folder, { list: ["hdf5_dm_2"] })).names).toEqual([names[1]]);
  await expect(openEpisodes(folder, { list: ["hdf5_dm_7"] })).rejects.toThrow(
    /hdf5_dm_7, is listed, but not there/,
  );
  const some = await openEpisodes(folder, { list: ["hdf5_dm_7", "hdf5_dm_2"], onBad: "skip" });
  expect(some.names).toEqual([names[1]]);
  expect(some.skipped).toMatchObject([{ episode: "hdf5_dm_7", reason: "is listed, but not there" }]);
});

describe("the format is found out, or asked for", () => {
  test("two formats in one folder", async () => {
    const folder = join(scratch, "mixed");
    mkdirSync(folder);
    const format = (format: EpisodeFormat) =>
      writeEpisodes(join(folder, format), [madeUp(format, "run")], { format });
    await format("rt1");
    await format("recon");
    await expect(openEpisodes(folder)).rejects.toThrow(/give `format` as one of rt1, recon\.$/);
    expect((await openEpisodes(folder, { format: "recon" })).names).toEqual(["recon/run"]);
    await expect(openEpisodes(folder, { format: "videos" })).rejects.toThrow(
      /holds no episodes in the format videos/,
    );
    await expect(openEpisodes(folder, { format: "rlds" as never })).rejects.toThrow(
      /expected one of rt1, csgo/,
    );
  });

  test("nothing there", async () => {
    await expect(openEpisodes(join(scratch, "nowhere"))).rejects.toThrow(/nowhere does not exist/);
    mkdirSync(join(scratch, "bare"));
    await expect(openEpisodes(join(scratch, "bare"))).rejects.toThrow(
      /bare holds no episodes; expected \.tfrecord/,
    );
  });
});

describe("writing refuses", () => {
  const folder = join(scratch, "refused");
  const write = (episodes: Parameters<typeof writeEpisodes>[1], format: EpisodeFormat, more = {}) =>
    writeEpisodes(folder, episodes, { format, ...more });

  test("what does not fit the format, and leaves nothing behind", async () => {
    const run = madeUp("recon", "run");
    await expect(write([run], "rt1")).rejects.toThrow(/episode run has 3 numbers per action; rt1 stores 13/);
    await expect(write([run], "csgo")).rejects.toThrow(/csgo stores 51/);
    await expect(write([madeUp("csgo", "run")], "recon")).rejects.toThrow(/recon stores 3/);
    await expect(write([run, run], "recon")).rejects.toThrow(/two episodes are named run/);
    await expect(write([{ ...run, name: "../run" }], "recon")).rejects.toThrow(/cannot be a file's name/);
    await expect(write([{ ...run, frameCount: 0 }], "recon")).rejects.toThrow(/has no frames/);
    await expect(write([], "recon")).rejects.toThrow(/no episode to write/);
    await expect(write([madeUp("csgo", "run")], "csgo", { quality: 90 })).rejects.toThrow(
      /csgo has no `quality`/,
    );
    await expect(write([run], "recon", { quality: 0 })).rejects.toThrow(/quality is 0/);
    const halves = madeUp("rt1", "run");
    halves.actions?.fill(0.5);
    await expect(write([halves], "rt1")).rejects.toThrow(/fractions in terminate_episode/);
    const sizes = [madeUp("rt1", "a"), madeUp("rt1", "b", { width: 10 })];
    await expect(write(sizes, "rt1")).rejects.toThrow(/b is 6×10; the first is 6×8/);
    expect(readdirSync(scratch).filter((name) => name.startsWith("refused"))).toEqual([]);
  });

  test("to write over files", async () => {
    await write([madeUp("recon", "run")], "recon");
    await expect(write([madeUp("recon", "run")], "recon")).rejects.toThrow(/refused is there already/);
    rmSync(folder, { recursive: true });
    mkdirSync(folder);
    expect((await write([madeUp("recon", "run")], "recon")).episodes).toBe(1);
  });
});
