import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { makePage } from "../../.workbench/notebook.mjs";
import { cache, root } from "../../.workbench/paths.mjs";
import { code, jupyter, scratchFolder, writeNotebook } from "./notebooks.js";

const scratch = scratchFolder();
afterAll(() => {
  scratch.remove();
  // A run that was killed outright cannot clean up after itself.
  for (const name of readdirSync(join(cache, "runs")).filter((name) => /-killed-/.test(name)))
    rmSync(join(cache, "runs", name), { recursive: true });
});

const startScript = join(root, ".workbench", "start.mjs");

/** npm start with these variables, as npm runs it. */
function start(env: Record<string, string>, ...options: string[]) {
  const variables = { ...process.env, INIT_CWD: scratch.path, ...env };
  return spawnSync(process.execPath, [startScript, "--no-serve", ...options], {
    env: variables,
    encoding: "utf8",
  });
}

describe("what is wrong with LAB_VIDEO is said at once", () => {
  test("a missing file, named from where the command was typed", () => {
    const { status, stdout, stderr } = start({ LAB_VIDEO: "no/such.mp4" });
    expect(stderr).toBe(
      `LAB_VIDEO: ${join(scratch.path, "no/such.mp4")} does not exist; expected a video file.\n`,
    );
    expect([status, stdout]).toEqual([1, ""]);
  });

  test("a folder", () => {
    const { status, stderr } = start({ LAB_VIDEO: "." });
    expect([status, stderr]).toEqual([
      1,
      `LAB_VIDEO: ${scratch.path} is not a file; expected a video file.\n`,
    ]);
  });

  test("and an unknown option", () => {
    const { status, stderr } = start({}, "--fast");
    expect([status, stderr]).toEqual([1, "npm start: --fast is not an option; there is only --no-serve.\n"]);
  });
});

test("a video that cannot be read fails with the reader's own sentence and leaves no page", async () => {
  const video = join(scratch.path, "words.mp4");
  writeFileSync(video, "These are words, not a video.\n".repeat(40));
  const notebook = writeNotebook(scratch.path, "reader", [
    code('import * as lab from "vid2world";\nconst path = process.env.LAB_VIDEO!;'),
    code("const video = await lab.readVideo(path);"),
  ]);
  const made = makePage(jupyter, notebook, { folder: scratch.path, env: { LAB_VIDEO: video }, quiet: true });
  const message = await made.then(
    () => "it did not fail",
    (error: Error) => error.message,
  );
  const [sentence, place] = message.split("\n");
  expect(sentence).toMatch(/^readVideo: .*words\.mp4.*\.$/);
  expect(place).toMatch(/^\(VideoFileError in code cell 2 of .*; no page was written\.\)$/);
  expect(readdirSync(scratch.path).filter((name) => name.endsWith(".html"))).toEqual([]);
});

describe.skipIf(process.platform !== "linux")("no process is left behind", () => {
  const isAlive = (pid: number) => {
    try {
      process.kill(pid, 0);
      return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
    } catch {
      return false;
    }
  };

  async function until(condition: () => boolean, seconds: number): Promise<boolean> {
    for (let waited = 0; waited < seconds * 10 && !condition(); waited += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    return condition();
  }

  const parentOf = (pid: number) =>
    Number(readFileSync(`/proc/${pid}/status`, "utf8").match(/^PPid:\s+(\d+)/m)?.[1]);

  /** Starts a run whose cell never ends and never lets go of the event loop, as a long computation does. */
  async function endlessRun(
    name: string,
  ): Promise<{ runner: ChildProcess; nbconvert: number; kernel: number }> {
    const pidFile = join(scratch.path, `${name}.pid`);
    const notebook = writeNotebook(scratch.path, name, [
      code(`import fs from "node:fs"; fs.writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));`),
      code("while (true) {}"),
    ]);
    const module = (file: string) => JSON.stringify(pathToFileURL(join(root, ".workbench", file)).href);
    const script = `
      import { makePage } from ${module("notebook.mjs")};
      import { endGroupsOnSignals } from ${module("run.mjs")};
      endGroupsOnSignals();
      await makePage(${JSON.stringify(jupyter)}, ${JSON.stringify(notebook)}, { folder: ${JSON.stringify(scratch.path)} });`;
    const runner = spawn(process.execPath, ["--input-type=module", "-e", script], {
      cwd: root,
      stdio: "ignore",
    });
    expect(await until(() => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "", 200)).toBe(true);
    const kernel = Number(readFileSync(pidFile, "utf8"));
    const nbconvert = parentOf(kernel);
    expect([kernel, nbconvert].map(isAlive)).toEqual([true, true]);
    return { runner, nbconvert, kernel };
  }

  test.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "after %s, not even by a cell that never yields",
    async (signal) => {
      const { runner, nbconvert, kernel } = await endlessRun(`signal-${signal}`);
      const status = new Promise((resolve) => runner.on("exit", resolve));
      runner.kill(signal);
      expect(await status).toBe({ SIGINT: 130, SIGTERM: 143, SIGHUP: 129 }[signal]);
      expect(await until(() => !isAlive(kernel) && !isAlive(nbconvert), 20)).toBe(true);
      expect(readdirSync(join(cache, "runs")).filter((name) => name.startsWith(`signal-${signal}`))).toEqual(
        [],
      );
    },
  );

  test("when the client of the kernel is killed", async () => {
    const { runner, nbconvert, kernel } = await endlessRun("client-killed");
    process.kill(nbconvert, "SIGKILL");
    expect(await until(() => !isAlive(kernel), 30)).toBe(true);
    runner.kill("SIGKILL");
  });

  test("when npm start itself is killed", async () => {
    const { runner, nbconvert, kernel } = await endlessRun("runner-killed");
    runner.kill("SIGKILL");
    expect(await until(() => !isAlive(kernel) && !isAlive(nbconvert), 60)).toBe(true);
  });
});
