import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Episode } from "vid2world";
import { expect, test } from "vitest";
import { cardPage, listFiles, Tally } from "../../.workbench/dataCard.mjs";

const episode = (name: string, rows: number[][], metadata: object): Episode => ({
  name,
  frameCount: rows.length,
  height: 64,
  width: 64,
  fps: 4,
  actionSize: 2,
  actions: Float32Array.from(rows.flat()),
  metadata: { ...metadata },
  frames: async () => new Uint8Array(),
});

test("a tally counts policies, actions, states and places, by hand", () => {
  const tally = new Tally();
  const at = (x: number, y: number) => ({ pose: { x, y } });
  tally.add(
    episode(
      "a",
      [
        [1, 0],
        [3, 0],
      ],
      { policy: "expert", success: true, states: [at(0.2, 0.9), at(0.4, 0.1)] },
    ),
  );
  tally.add(
    episode(
      "b",
      [
        [5, 0],
        [-1, 0],
      ],
      { policy: "random", success: false, states: [at(0.5, 0), at(2.5, 0)] },
    ),
  );
  const summary = tally.summary(["push", "pull"]);
  expect(summary).toMatchObject({
    episodes: 2,
    frames: 4,
    policies: { expert: { episodes: 1, frames: 2 }, random: { episodes: 1, frames: 2 } },
    actions: [
      { name: "push", mean: 2, deviation: 2.236, least: -1, most: 5, notZero: 1 },
      { name: "pull", mean: 0, deviation: 0, least: 0, most: 0, notZero: 0 },
    ],
    coverage: { successRate: 0.5, squareMetresPerEpisode: 1.5 },
  });
  expect(summary.coverage.states["pose.x"]).toEqual({ mean: 0.9, deviation: 0.9301, least: 0.2, most: 2.5 });
});

test("files are listed with their SHA-256, and the page says what there is", () => {
  const folder = mkdtempSync(join(tmpdir(), "card-"));
  try {
    writeFileSync(join(folder, "b.txt"), "abc");
    const files = listFiles(folder);
    const sha256 = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; // FIPS 180-2, appendix B.1
    expect(files).toEqual([{ file: "b.txt", bytes: 3, sha256 }]);
    const tally = new Tally();
    tally.add(episode("a", [[1, 0]], { policy: "expert" }));
    const page = cardPage({
      world: "arena",
      command: "npm run data",
      format: "csgo",
      files,
      ...tally.summary(["push", "pull"]),
    });
    expect(page).toContain("1 frames of 64×64, 4 per second");
    expect(page).toContain("2 numbers, of which 1 are used.");
    expect(page).toContain("| push | 1 | 0 | 1 | 1 | 1 |");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
