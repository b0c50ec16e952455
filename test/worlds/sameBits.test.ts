import { createHash } from "node:crypto";
import {
  arenaBehaviours,
  makeWorld,
  passiveClip,
  recordEpisode,
  tabletopBehaviours,
  trailBehaviours,
} from "vid2world";
import { expect, test } from "vitest";

// Recorded with Node 20.20.2 on x64, and found equal with Node 22.23.3 and 24.21.0. Data sets and models depend on these
// bits: where a picture has to change, raise its source's number in study/clipSet.ts and record `data/` anew.

const digest = (...parts: readonly (Uint8Array | string)[]) => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex").slice(0, 16);
};

/** Pictures, actions and true states of 12 frames by each policy, each with a seed and a size of its own. */
async function worldDigests(name: "tabletop" | "arena" | "trail") {
  const policies = { tabletop: tabletopBehaviours, arena: arenaBehaviours, trail: trailBehaviours }[name]();
  const world = await makeWorld(name, 1);
  const digests: string[] = [];
  for (const [i, policy] of policies.entries()) {
    const options = { seed: 101 + 17 * i, frames: 12, size: [64, 40, 96, 64][i] };
    const episode = recordEpisode<object>(
      world,
      policy as Parameters<typeof recordEpisode<object>>[1],
      options,
    );
    const actions = new Uint8Array((episode.actions as Float32Array).buffer);
    digests.push(digest(await episode.frames(), actions, JSON.stringify(episode.metadata.states)));
  }
  world.dispose();
  return digests;
}

for (const [name, digests] of Object.entries({
  tabletop: ["b4e1e2e55609220a", "d664f0ca3656fcc0", "270dd0d35c1308e1", "fd50c783534ce514"],
  arena: ["56ee6ecd30308895", "80c3051fa1d9c3ea", "e7725fe531923a58", "c2ac0fd3f909de65"],
  trail: ["874367b30f73debe", "9e4afdb56cea8b36", "8cffe7275ba9935a", "07788f78440c51a0"],
}))
  test(`${name}: equal seeds give equal pictures, actions and states on every Node`, async () => {
    expect(await worldDigests(name as "trail")).toEqual(digests);
  });

test("passive clips: equal seeds give equal pictures on every Node", async () => {
  const digests: string[] = [];
  for (const seed of [1, 2, 4, 5, 7, 8, 10, 12]) {
    const clip = await passiveClip(seed, { frames: 6 });
    digests.push(`${clip.metadata.kind} ${digest(await clip.frames())}`);
  }
  expect(digests).toEqual([
    "shapes 2f131e1decd0a2f7",
    "trail 0585c1f0990d795f",
    "arena a67038be72c79b11",
    "shapes 92746a6b2bfbf464",
    "tabletop 3fb397d08ba640f1",
    "shapes 3d3a3b9371115207",
    "shapes e694548cc3e259ff",
    "shapes 7a641304de9c45b1",
  ]);
});
