import { sampleClips, splitEpisodes } from "vid2world";
import { describe, expect, test } from "vitest";

const names = Array.from({ length: 20 }, (_, i) => `run_${i}`);
const episodes = names.map((name, i) => ({ name, frameCount: 5 + i }));

describe("splitEpisodes", () => {
  test("every episode goes to one side, in the share asked for", () => {
    for (const testShare of [0, 0.05, 0.3, 1]) {
      const { train, test } = splitEpisodes(names, { testShare, seed: 1 });
      expect(test.length).toBe(Math.round(20 * testShare));
      expect([...train, ...test].sort()).toEqual([...names].sort());
    }
  });

  test("the same seed splits alike, whatever order the names come in; another does not", () => {
    const split = splitEpisodes(names, { testShare: 0.3, seed: 1 });
    expect(splitEpisodes([...names].reverse(), { testShare: 0.3, seed: 1 })).toEqual(split);
    expect(splitEpisodes(names, { testShare: 0.3, seed: 2 }).test).not.toEqual(split.test);
    expect(JSON.parse(JSON.stringify(split))).toEqual(split);
    expect(split.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(splitEpisodes(names.slice(1), { testShare: 0.3, seed: 1 }).sha256).not.toBe(split.sha256);
  });

  test("the split of seed 1 stays what it is", () => {
    expect(splitEpisodes(["a", "b", "c", "d", "e"], { testShare: 0.4, seed: 1 })).toMatchInlineSnapshot(`
      {
        "seed": 1,
        "sha256": "d4e8d2563c64f029de45f08156e86e870270c1cbed2ade76f04fe8d9af726546",
        "test": [
          "a",
          "e",
        ],
        "testShare": 0.4,
        "train": [
          "b",
          "c",
          "d",
        ],
      }
    `);
  });

  test("a name that is there twice, or a share that makes no sense", () => {
    expect(() => splitEpisodes(["a", "b", "a"], { testShare: 0.5, seed: 1 })).toThrow(
      /episode a is there twice/,
    );
    expect(() => splitEpisodes(["a"], { testShare: 1.5, seed: 1 })).toThrow(/testShare is 1\.5/);
  });
});

describe("sampleClips", () => {
  test("clips lie inside their episodes, and no episode gives a second before all gave a first", () => {
    const { clips } = sampleClips(episodes, { clips: 40, frames: 10, seed: 3 });
    expect(clips.length).toBe(40);
    const counts = new Map<string, number>();
    for (const { episode, start } of clips) {
      const length = episodes[names.indexOf(episode)].frameCount;
      expect(start).toBeGreaterThanOrEqual(0);
      expect(start + 10).toBeLessThanOrEqual(length);
      counts.set(episode, (counts.get(episode) ?? 0) + 1);
    }
    expect(counts.size).toBe(15); // those of 10 to 24 frames
    expect(Math.max(...counts.values()) - Math.min(...counts.values())).toBeLessThanOrEqual(1);
  });

  test("the same seed draws alike, whatever order the episodes come in; fewer clips are the first of more", () => {
    const some = sampleClips(episodes, { clips: 12, frames: 4, seed: 3 });
    expect(sampleClips([...episodes].reverse(), { clips: 12, frames: 4, seed: 3 })).toEqual(some);
    expect(sampleClips(episodes, { clips: 5, frames: 4, seed: 3 }).clips).toEqual(some.clips.slice(0, 5));
    expect(sampleClips(episodes, { clips: 12, frames: 4, seed: 4 }).clips).not.toEqual(some.clips);
    const longer = [{ ...episodes[0], frameCount: 6 }, ...episodes.slice(1)];
    expect(sampleClips(longer, { clips: 12, frames: 4, seed: 3 }).sha256).not.toBe(some.sha256);
  });

  test("every start is about equally likely", () => {
    const starts = [0, 0, 0, 0];
    const one = [{ name: "run", frameCount: 7 }];
    for (const { start } of sampleClips(one, { clips: 4000, frames: 4, seed: 1 }).clips) starts[start]++;
    for (const count of starts) expect(Math.abs(count - 1000)).toBeLessThan(120); // 4.4 standard deviations
  });

  test("episodes that are all too short", () => {
    expect(() => sampleClips(episodes, { clips: 1, frames: 25, seed: 1 })).toThrow(
      "sampleClips: none of 20 episodes has 25 frames; the longest has 24.",
    );
  });
});
