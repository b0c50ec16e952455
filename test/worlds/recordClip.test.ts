import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  makeWorld,
  openEpisodes,
  type Pose,
  reconAction,
  reconPose,
  recordClip,
  writeEpisodes,
} from "vid2world";
import { expect, test } from "vitest";

test("a clip follows from its seed, in every world", async () => {
  for (const source of ["tabletop", "arena", "trail", "passive"] as const) {
    const [clip, again, other] = await Promise.all([
      recordClip(source, 3, 3),
      recordClip(source, 3, 3),
      recordClip(source, 4, 3),
    ]);
    const pictures = await clip.frames();
    expect(pictures).toHaveLength(3 * 64 * 64 * 3);
    expect(await again.frames()).toEqual(pictures);
    expect(again.actions).toEqual(clip.actions);
    expect(await other.frames()).not.toEqual(pictures);
    expect(clip.actions?.length ?? 0).toBe(3 * clip.actionSize);
  }
});

test.each(["tabletop", "arena", "trail"] as const)(
  "what a clip of %s leaves out is only not drawn",
  async (source) => {
    for (const seed of [3, 4, 5]) {
      const [late, { metadata }] = [
        await recordClip(source, seed, 2, 5),
        await recordClip(source, seed, 2, 5),
      ];
      const whole = await recordClip(source, seed, 7, 0); // all of the episode's beginning
      const states = JSON.stringify(whole.metadata.states);
      expect(states).toContain(JSON.stringify(metadata.states).slice(1, -1));
      const first = (whole.metadata.states as object[]).findIndex(
        (state) => JSON.stringify(state) === JSON.stringify((metadata.states as object[])[0]),
      );
      expect(await late.frames()).toEqual(await whole.frames(first, 2));
    }
  },
);

test("actions of the trail lead along its poses, and mean the same after a way through RECON's files", async () => {
  const clip = await recordClip("trail", 5, 4);
  const folder = mkdtempSync(join(tmpdir(), "clip-"));
  await writeEpisodes(folder, [clip], { format: "recon" });
  const { value: read } = await (await openEpisodes(folder))[Symbol.asyncIterator]().next();
  expect([...(read?.actions ?? [])]).toEqual([...(clip.actions ?? [])]);
  rmSync(folder, { recursive: true });

  const world = await makeWorld("trail", 1);
  world.reset(5);
  const from = world.state().pose as Pose;
  world.step([0.25, 0, 0.125]);
  const to = world.state().pose as Pose;
  const reached = reconPose(from, reconAction(from, to));
  expect(reached.x).toBeCloseTo(to.x, 10);
  expect(reached.yaw).toBeCloseTo(to.yaw, 10);
});
