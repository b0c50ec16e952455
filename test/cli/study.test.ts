import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ablationStudy, openResultStore, runStudy, units } from "vid2world";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "study-command-"));
afterAll(() => rmSync(folder, { recursive: true }));
const bin = join(import.meta.dirname, "..", "..", "lib", "bin", "vid2world.cjs");

function study(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bin, "study", ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("where all results are there, the command computes nothing and prints means, differences and verdicts", async () => {
  const options = { budget: "quick", seeds: [1, 2], models: folder } as const;
  const named = await ablationStudy(options);
  const store = openResultStore(join(folder, "data", "results"));
  const reference = JSON.stringify(named.arms[named.reference]);
  await runStudy(
    {
      ...named,
      compute: async (card) => {
        const own = JSON.stringify({ causal: card.causal, guidance: card.guidance }) === reference;
        const better = own && card.start === "base" ? 1 : 0;
        return { psnr: [20 + better, 21 + better], "lab Fréchet": [2 - better, 3 - better] };
      },
    },
    { store },
  );
  expect(units(named)).toHaveLength(16);
  const { status, stdout } = study("ablation", "--budget", "quick", "--seeds", "2");
  expect(status).toBe(0);
  expect(stdout).toContain("All 16 results are there; nothing is computed.");
  expect(stdout).toMatch(/shift +20\.5 \[20, 21\] +-1 \[-1, -1\]/);
  expect(stdout).toContain("quick: no conclusion");
  expect(stdout).toContain("reproduced: psnr of shift below extrapolative + AG (paper: 21.5 against 23.9 dB");
  expect(stdout).toContain("not reproduced: psnr of masked + AG equal extrapolative + AG");
});

test("a missing base, an unknown study and a shard that is none are errors in words", () => {
  expect(study("ablation")).toMatchObject({
    status: 1,
    stderr: expect.stringContaining("npm run train -- passive-lab"),
  });
  expect(study("nonsense").stderr).toContain("weight-transfer");
  expect(study("ablation", "--shard", "3/2").stderr).toContain("expected i/n");
});
