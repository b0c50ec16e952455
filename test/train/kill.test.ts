import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTrainer, train, uniformValues } from "vid2world";
import { afterAll, expect, test } from "vitest";
import { killedRun } from "./killable.js";
import { bits, toyBatch, toyModel, toyObjective } from "./toy.js";

const dir = mkdtempSync(join(tmpdir(), "killed-"));
let child: ChildProcess | undefined;
afterAll(() => {
  child?.kill("SIGKILL");
  rmSync(dir, { recursive: true });
});

const steps = 400;
const kills = 20;

/** Starts the run; resolves when it is about to make its first update, with the number of updates already made. */
function start(): Promise<number> {
  child = spawn(
    process.execPath,
    ["--import", "tsx", join(import.meta.dirname, "killable.ts"), dir, String(steps)],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  const { stdout, stderr } = child;
  return new Promise((resolve, reject) => {
    let said = "";
    let complaint = "";
    stderr?.on("data", (text) => {
      complaint += text;
    });
    stdout?.on("data", (text) => {
      said += text;
      const ready = /ready (\d+)\n/.exec(said);
      if (ready) resolve(Number(ready[1]));
    });
    child?.on("exit", (code) => reject(new Error(`ended with ${code} before it was ready: ${complaint}`)));
  });
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));
/** Name of the newest checkpoint, if there is one. */
const newest = () =>
  readdirSync(dir)
    .filter((name) => name.endsWith(".safetensors"))
    .sort()
    .at(-1);
const ended = (process: ChildProcess) => new Promise<number | null>((resolve) => process.on("exit", resolve));

test(`killed ${kills} times at random moments, a run ends with the bits of one left alone`, async () => {
  const moments = uniformValues(kills, 1);
  const resumedAt: number[] = [];
  for (const [i, moment] of moments.entries()) {
    const before = newest();
    resumedAt.push(await start());
    const running = child as ChildProcess;
    const end = ended(running);
    // Every other kill waits for a checkpoint, however slow the machine, so that the runs get on.
    while (i % 2 === 1 && newest() === before) await pause(1);
    await pause(moment * (i % 2 === 1 ? 20 : 60));
    running.kill("SIGKILL");
    await end;
  }
  resumedAt.push(await start());
  expect(await ended(child as ChildProcess)).toBe(0);
  expect(new Set(resumedAt).size).toBeGreaterThan(3); // the kills came while it was at work
  expect(Math.max(...resumedAt)).toBeLessThan(steps);

  const alone = createTrainer(toyModel(1), { ...killedRun, objective: toyObjective() });
  const { losses } = await train(alone, { steps, batch: (step) => toyBatch(step) });
  expect(JSON.parse(readFileSync(join(dir, "end.json"), "utf8"))).toEqual(bits(alone.snapshot().weights));
  const log = readFileSync(join(dir, "loss.jsonl"), "utf8").trim().split("\n");
  expect(log.map((line) => JSON.parse(line).loss)).toEqual(losses);
  expect(readdirSync(dir).filter((name) => name.endsWith(".part"))).toEqual([]);
}, 240_000);
