import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { train, uniformValues } from "vid2world";
import { afterAll, expect, test } from "vitest";
import { batchOf, newTrainer } from "./killable.js";
import { trained } from "./toy.js";

const dir = mkdtempSync(join(tmpdir(), "killed-"));
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill("SIGKILL");
  rmSync(dir, { recursive: true });
});

const steps = 100;
const kills = 20;

/** Starts or continues the run, and tells what it says and how it ends. */
function start(most: number) {
  const file = join(import.meta.dirname, "killable.ts");
  const run = spawn(process.execPath, ["--import", "tsx", file, dir, String(steps), String(most)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  child = run;
  const lines = createInterface(run.stdout)[Symbol.asyncIterator]();
  const said = async (what: string): Promise<number> => {
    const { value } = await lines.next();
    const match = new RegExp(`^${what} (\\d+)$`).exec(value ?? "the end");
    if (!match) throw new Error(`expected "${what}", got "${value ?? "the end"}"`);
    return Number(match[1]);
  };
  return { run, said, ended: once(run, "exit") };
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

test(`a causal video U-Net killed ${kills} times at random moments ends with the bits of one left alone`, async () => {
  // Moments are counted in the run's own updates, then in parts of one, so they mean the same on any machine.
  const updates = uniformValues(kills, 1).map((chance) => Math.floor(5 * chance));
  const parts = uniformValues(kills, 2);
  const resumedAt: number[] = [];
  let milliseconds = 0; // of an update
  for (let i = 0; i < kills; i++) {
    const { run, said, ended } = start(updates[i] + 1);
    const from = await said("ready");
    resumedAt.push(from);
    let before = performance.now();
    for (let step = from + 1; step <= from + updates[i]; step++) {
      expect(await said("step")).toBe(step);
      if (step > from + 1) milliseconds = performance.now() - before;
      before = performance.now();
    }
    await pause(parts[i] * milliseconds);
    run.kill("SIGKILL");
    expect(await ended).toEqual([null, "SIGKILL"]);
  }
  const last = start(steps);
  resumedAt.push(await last.said("ready"));
  last.run.stdout.resume();
  expect(await last.ended).toEqual([0, null]);
  for (const [i, from] of resumedAt.slice(1).entries())
    expect(from).toBeGreaterThanOrEqual(2 * Math.floor((resumedAt[i] + updates[i] - 1) / 2)); // nothing saved is lost

  const alone = newTrainer();
  const { losses } = await train(alone, { steps, batch: batchOf });
  const end = JSON.parse(readFileSync(join(dir, "end.json"), "utf8"));
  expect(end).toEqual([trained(alone), trained(alone, true)]);
  const log = readFileSync(join(dir, "loss.jsonl"), "utf8").trim().split("\n");
  expect(log.map((line) => JSON.parse(line).loss)).toEqual(losses);
  expect(readdirSync(dir).filter((name) => name.endsWith(".part"))).toEqual([]);
  alone.dispose();
}, 240_000);
