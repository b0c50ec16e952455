import { type ChildProcess, spawn } from "node:child_process";
import { randomInt } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { cardHash, causalArm, readStudy, type Study, unguided, units, weightTransferStudy } from "vid2world";
import { afterAll, beforeAll, expect, test } from "vitest";
import { smallest } from "../study/smallest.js";

const folder = mkdtempSync(join(tmpdir(), "study-file-"));
const root = join(import.meta.dirname, "..", "..");
const file = join(folder, "study.json");
const workers = 2;
let running: ChildProcess | undefined;
let study: Study;

/** `npm run study` in a process group of its own. */
function start(...args: string[]) {
  const child = spawn("npm", ["run", "study", "--", ...args], {
    cwd: root,
    detached: true,
    stdio: ["ignore", "pipe", "pipe"],
  });
  running = child;
  const said = Promise.all([text(child.stdout), text(child.stderr)]);
  const ended = once(child, "exit").then(async ([status]) => ({ status, said: (await said).join("") }));
  return { child, ended };
}

/** The study with a place of its own for everything that it writes. */
const compute = (place: string) =>
  start(
    file,
    "--workers",
    `${workers}`,
    "--results",
    join(folder, place),
    "--scratch",
    join(folder, `${place}-scratch`),
  );

function kill({ pid, exitCode, signalCode }: ChildProcess): void {
  if (exitCode === null && signalCode === null) process.kill(-pid!, "SIGKILL");
}

/** Results that are there by file name, with the number that tells one writing of a file from the next. */
function resultsIn(place: string) {
  const names = readdirSync(join(folder, place)).filter((name) => name.endsWith(".json"));
  return new Map(
    names.map((name) => {
      const path = join(folder, place, name);
      const { values, shown } = JSON.parse(readFileSync(path, "utf8"));
      return [name, { written: statSync(path).ino, content: { values, shown } }] as const;
    }),
  );
}

beforeAll(async () => {
  study = {
    name: "kernels",
    question: "Does a study survive what happens to it?",
    arms: {
      shift: causalArm({ transfer: "shift" }, unguided),
      masked: causalArm({ transfer: "masked" }, unguided),
      extrapolative: causalArm({ transfer: "extrapolative", points: 2 }, unguided),
    },
    reference: "masked",
    axis: ["causal"],
    seeds: [1],
    protocol: { ...(await smallest(folder)), marks: [1] },
    expectation: {},
  };
  writeFileSync(file, JSON.stringify(study));
});
afterAll(() => {
  if (running) kill(running);
  rmSync(folder, { recursive: true });
});

test("a run killed at random moments computes at most one unit per worker twice, and ends as one left alone", async () => {
  const began = performance.now();
  expect(await compute("alone").ended).toMatchObject({ status: 0 });
  const takes = Math.round(performance.now() - began);
  let before = resultsIn("alone");
  before.clear();
  for (const moment of [randomInt(takes), randomInt(takes)]) {
    const { child, ended } = compute("killed");
    const timer = setTimeout(kill, moment, child);
    await ended;
    clearTimeout(timer);
    if (!existsSync(join(folder, "killed"))) continue; // so early that nothing had begun
    const lost = readdirSync(join(folder, "killed")).filter((name) => name.endsWith(".claim"));
    expect(lost.length, `killed after ${moment} ms`).toBeLessThanOrEqual(workers);
    const now = resultsIn("killed");
    for (const [name, { written }] of before) expect(now.get(name)?.written).toBe(written); // computed once
    before = now;
  }
  expect(await compute("killed").ended).toMatchObject({ status: 0 });
  const [killed, alone] = [resultsIn("killed"), resultsIn("alone")];
  for (const [name, { written }] of before) expect(killed.get(name)?.written).toBe(written);
  expect(readdirSync(join(folder, "killed")).sort()).toEqual([...alone.keys()].sort()); // and nothing half-written
  for (const [name, { content }] of alone) expect(killed.get(name)?.content).toEqual(content);
}, 300_000);

test("one option changed in the file computes that arm alone, and the same file again nothing", async () => {
  const before = resultsIn("alone");
  const arms = {
    ...study.arms,
    extrapolative: causalArm({ transfer: "extrapolative", points: 3 }, unguided),
  };
  writeFileSync(file, JSON.stringify({ ...study, arms }));
  const { said } = await compute("alone").ended;
  expect(said).toContain("1 of 3 results to compute");
  const after = resultsIn("alone");
  expect(after.size).toBe(4);
  for (const [name, result] of before) expect(after.get(name)).toEqual(result);
  const added = [...after.keys()].filter((name) => !before.has(name));
  const changed = units({ ...study, arms }).find(({ arm }) => arm === "extrapolative")!;
  expect(added).toEqual([`${cardHash(changed.card)}.json`]);
  expect((await compute("alone").ended).said).toContain("All 3 results are there; nothing is computed.");
}, 120_000);

test("a stored result comes out again from its card, to the bit, and what does not is told", async () => {
  const [unit] = units(study);
  const path = join(folder, "alone", `${cardHash(unit.card)}.json`);
  const again = (file: string) => start("--card", file, "--scratch", join(folder, "alone-scratch")).ended;
  expect(await again(path)).toMatchObject({
    status: 0,
    said: expect.stringMatching(
      /psnr: 3 of 3 clips as stored[\s\S]*Every value is the stored one, to the bit/,
    ),
  });
  const other = JSON.parse(readFileSync(path, "utf8"));
  other.values.psnr[1] += 1e-12;
  writeFileSync(join(folder, "other.json"), JSON.stringify(other));
  expect(await again(join(folder, "other.json"))).toMatchObject({
    status: 1,
    said: expect.stringMatching(/psnr: 2 of 3 clips as stored[\s\S]*another processor may round otherwise/),
  });
}, 120_000);

test("a named study is written to a file to edit, once; a file that is no study is told what it lacks", async () => {
  const path = join(folder, "saved.json");
  const save = () => start("weight-transfer", "--budget", "quick", "--seeds", "2", "--save", path).ended;
  expect(await save()).toMatchObject({ status: 0 });
  const options = { budget: "quick", seeds: [1, 2], models: "data/models" } as const;
  expect(await readStudy(path)).toEqual(await weightTransferStudy(options));
  expect(await save()).toMatchObject({ status: 1, said: expect.stringContaining("is there already") });
  writeFileSync(path, JSON.stringify({ ...study, expectation: undefined }));
  await expect(readStudy(path)).rejects.toThrow(/lacks expectation/);
  writeFileSync(path, JSON.stringify({ ...study, steps: 3 }));
  await expect(readStudy(path)).rejects.toThrow(/holds steps/);
  writeFileSync(path, JSON.stringify({ ...study, protocol: { task: "other" } }));
  await expect(readStudy(path)).rejects.toThrow(/task is "other"/);
  writeFileSync(path, "{");
  await expect(readStudy(path)).rejects.toThrow(/no JSON/);
});
