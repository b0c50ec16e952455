import { type Episode, passiveClip } from "vid2world";
import { expect, test } from "vitest";

const clipOf = (seed: number) => passiveClip(seed, { frames: 6, size: 32 });

/** Mean absolute difference of two pictures' bytes. */
function difference(a: Uint8Array, b: Uint8Array): number {
  return a.reduce((sum, value, i) => sum + Math.abs(value - b[i]), 0) / a.length;
}

test("a clip has pictures, a kind and no actions", async () => {
  const clip = await clipOf(1);
  expect(clip).toMatchObject({ name: "passive-1", frameCount: 6, height: 32, width: 32, actionSize: 0 });
  expect(clip.actions).toBeUndefined();
  expect((await clip.frames()).length).toBe(6 * 32 * 32 * 3);
});

test("seeds give every kind, and each clip moves", async () => {
  const clips: Episode[] = [];
  for (let seed = 1; seed <= 16; seed++) clips.push(await clipOf(seed));
  const kinds = new Set(clips.map(({ metadata }) => metadata.kind));
  expect([...kinds].sort()).toEqual(["arena", "shapes", "tabletop", "trail"]);
  const pictures = new Set<string>();
  for (const clip of clips) {
    const [first, last] = [await clip.frames(0, 1), await clip.frames(5, 1)];
    if (clip.metadata.kind === "shapes") expect(difference(first, last)).toBeGreaterThan(1);
    pictures.add(Buffer.from(first).toString("base64"));
  }
  expect(pictures.size).toBe(clips.length);
});

test("equal seeds give equal bits, and a longer clip begins with the shorter one", async () => {
  for (const seed of [1, 2, 3, 4, 5]) {
    const short = Buffer.from(await (await passiveClip(seed, { frames: 3, size: 32 })).frames());
    const clip = await clipOf(seed);
    expect(Buffer.from(await clip.frames(0, 3)).equals(short)).toBe(true);
    const part = Buffer.from(await clip.frames(1, 2));
    expect(part.equals(short.subarray(32 * 32 * 3))).toBe(true);
  }
});

test("errors name what came and what was expected", async () => {
  await expect(passiveClip(0, { frames: 3 })).rejects.toThrow("passiveClip: seed is 0");
  await expect(passiveClip(1, { frames: 0 })).rejects.toThrow("passiveClip: frames is 0");
  const clip = await clipOf(1);
  await expect(clip.frames(4, 3)).rejects.toThrow(
    "passiveClip.frames: count is 3; expected a whole number from 0 to 2.",
  );
});
