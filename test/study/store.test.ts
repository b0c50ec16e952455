import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { cardHash, openResultStore, requireComparable, verdictOf } from "vid2world";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "study-"));
afterAll(() => rmSync(folder, { recursive: true }));

test("cards that say the same have one hash, in whatever order they say it", () => {
  expect(cardHash({ a: 1, b: { c: [1, 2], d: "x" } })).toBe(cardHash({ b: { d: "x", c: [1, 2] }, a: 1 }));
  expect(cardHash({ a: 1 })).not.toBe(cardHash({ a: "1" }));
  expect(() => cardHash({ a: Number.NaN })).toThrow(/NaN/);
});

test("a table takes cards that differ along its axis alone", () => {
  const card = { steps: 10, causal: { transfer: "shift", mask: "causal" } };
  const other = { steps: 10, causal: { transfer: "masked", mask: "causal" } };
  requireComparable([card, other], ["causal.transfer"]);
  requireComparable([card, other], ["causal"]);
  expect(() => requireComparable([card, { ...other, steps: 50 }], ["causal"])).toThrow(/differ in steps/);
});

test("what was written is read, under its card and no other", async () => {
  const store = openResultStore(join(folder, "a"));
  const card = { arm: "shift", seed: 1 };
  expect(await store.read(card)).toBeUndefined();
  await store.write({ card, values: [1, 2], record: { seconds: 3 } });
  expect((await store.read({ seed: 1, arm: "shift" }))?.values).toEqual([1, 2]);
  expect(await store.read({ ...card, seed: 2 })).toBeUndefined();
});

test("of many that ask for one piece of work, one gets it; released or stale, it can be had again", async () => {
  const store = openResultStore(join(folder, "b"), { staleSeconds: 60 });
  const card = { unit: 1 };
  const claims = await Promise.all(Array.from({ length: 20 }, () => store.claim(card)));
  const won = claims.filter((claim) => claim !== undefined);
  expect(won).toHaveLength(1);
  await won[0]?.release();
  const again = await store.claim(card);
  expect(again).toBeDefined();

  const path = join(folder, "b", `${cardHash(card)}.json.claim`);
  const longAgo = new Date(Date.now() - 3_600_000);
  utimesSync(path, longAgo, longAgo);
  await again?.renew();
  expect(await store.claim(card)).toBeUndefined(); // renewed: its owner lives
  utimesSync(path, longAgo, longAgo);
  const taken = await Promise.all(Array.from({ length: 20 }, () => store.claim(card)));
  expect(taken.filter((claim) => claim !== undefined)).toHaveLength(1);
});

test("a half-written result counts as none", async () => {
  const store = openResultStore(join(folder, "c"));
  const card = { unit: 2 };
  await store.write({ card, values: 1, record: {} });
  writeFileSync(join(folder, "c", `${cardHash({ unit: 3 })}.json.99.part`), '{"card":');
  expect(await store.read({ unit: 3 })).toBeUndefined();
  expect(readdirSync(join(folder, "c")).filter((name) => name.endsWith(".json"))).toHaveLength(1);
});

test("a verdict follows from where the interval of the difference lies", () => {
  const row = (low: number, high: number) => [
    { arm: "base", mean: 0, interval: [0, 0] as const },
    {
      arm: "new",
      mean: 0,
      interval: [0, 0] as const,
      difference: { value: (low + high) / 2, interval: [low, high] as const, chance: 0.1, detectable: 1 },
    },
  ];
  const above = { arm: "new", direction: "above" } as const;
  expect(verdictOf(above, row(0.1, 0.3)).verdict).toBe("reproduced");
  expect(verdictOf(above, row(-0.3, -0.1)).verdict).toBe("not reproduced");
  expect(verdictOf(above, row(-0.1, 0.3))).toMatchObject({
    verdict: "undecided",
    reason: "difference 0.1, 95 % interval -0.1 to 0.3; a true difference below 1 would often be missed.",
  });
  const equal = { arm: "new", direction: "equal", margin: 0.5 } as const;
  const rounded = verdictOf(above, row(9e-18, 0.3)); // zero, but for the rounding of a sum
  expect(rounded).toMatchObject({
    verdict: "undecided",
    reason: expect.stringContaining("interval 0 to 0.3"),
  });
  expect(verdictOf(equal, row(-0.1, 0.3)).verdict).toBe("reproduced");
  expect(verdictOf(equal, row(0.6, 0.9)).verdict).toBe("not reproduced");
  expect(() => verdictOf({ arm: "base", direction: "above" }, row(0, 1))).toThrow(/expected one of new/);
});

test("the claim of a process that was killed can be had at once", async () => {
  const store = openResultStore(join(folder, "killed"));
  const card = { unit: 1 };
  const script = `require("vid2world").openResultStore(process.argv[1]).claim({ unit: 1 }).then(() => {
    process.kill(process.pid, "SIGKILL");
  })`;
  spawnSync(process.execPath, ["-e", script, join(folder, "killed")]);
  expect(readdirSync(join(folder, "killed"))).toEqual([`${cardHash(card)}.json.claim`]);
  expect(await store.claim(card)).toBeDefined();
  expect(await store.claim(card)).toBeUndefined(); // this one's owner lives
});

test.skipIf(process.platform !== "linux")(
  "a process that nobody has buried is dead all the same",
  async () => {
    const parent = spawn("sh", ["-c", "sleep 0 & echo $!; exec sleep 60"]); // the second sleep asks after no child
    try {
      const [pid] = await once(parent.stdout, "data");
      while (!/\) Z /.test(readFileSync(`/proc/${String(pid).trim()}/stat`, "utf8")))
        await new Promise((resolve) => setTimeout(resolve, 10));
      const store = openResultStore(join(folder, "unburied"));
      const card = { unit: 1 };
      await store.claim(card);
      writeFileSync(join(folder, "unburied", `${cardHash(card)}.json.claim`), `${hostname()} ${pid}`);
      expect(await store.claim(card)).toBeDefined();
    } finally {
      parent.kill();
    }
  },
);

test("tidying removes what the dead have left, and nothing of the living", async () => {
  const place = join(folder, "tidy");
  const store = openResultStore(place);
  await store.claim({ unit: 1 });
  await store.write({ card: { unit: 2 }, values: 1, record: {} });
  const { pid } = spawnSync(process.execPath, ["-e", ""]);
  const kept = readdirSync(place);
  for (const owner of [process.pid, pid])
    writeFileSync(join(place, `x.json.${hostname()}.${owner}.part`), "{");
  writeFileSync(join(place, "x.json.elsewhere.1.part"), "{");
  writeFileSync(join(place, "y.json.claim"), `${hostname()} ${pid}\n`);
  writeFileSync(join(place, "z.json.claim"), ""); // its owner may be about to sign
  await store.tidy();
  const living = [`x.json.${hostname()}.${process.pid}.part`, "x.json.elsewhere.1.part", "z.json.claim"];
  expect(readdirSync(place).sort()).toEqual([...kept, ...living].sort());
  const longAgo = new Date(Date.now() - 20_000);
  utimesSync(join(place, "z.json.claim"), longAgo, longAgo);
  await store.tidy();
  expect(readdirSync(place)).not.toContain("z.json.claim");
});
