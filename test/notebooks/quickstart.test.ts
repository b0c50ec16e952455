/** npm start on the quickstart notebook when something is wrong: one sentence, exit code 1, no page. */
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { Tensor4D } from "@tensorflow/tfjs";
import { uniformNoise, writeVideo } from "vid2world";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { checkNotebook } from "../../.workbench/notebookTest.mjs";
import { notebooks, root } from "../../.workbench/paths.mjs";
import { Tally } from "../../.workbench/tally.mjs";
import { type Cell, code, jupyter, scratchFolder, writeNotebook } from "../shell/notebooks.js";

const scratch = scratchFolder();
afterAll(scratch.remove);
const lastChange = (file: string) => (existsSync(file) ? statSync(file).mtimeMs : "no such file");
const quickstart = join(notebooks, "01-quickstart.ipynb");

describe("a LAB_VIDEO that cannot be learned from", () => {
  beforeAll(async () => {
    const whole = readFileSync(join(root, "data", "quickstart.mp4"));
    writeFileSync(join(scratch.path, "truncated.mp4"), whole.subarray(0, 3000));
    writeFileSync(join(scratch.path, "text.mp4"), "words, not pictures\n".repeat(50));
    const frame = uniformNoise([1, 64, 64, 3], 1) as Tensor4D;
    await writeVideo(join(scratch.path, "one-frame.mp4"), frame, { fps: 8 });
    frame.dispose();
  });

  test.each([
    ["text", join(scratch.path, "text.mp4"), /is a text file/],
    ["truncated", join(scratch.path, "truncated.mp4"), /is cut short/],
    ["one frame", join(scratch.path, "one-frame.mp4"), /has 1 frame/],
    ["no frames", join(root, "test", "fixtures", "video", "zero-frames.mp4"), /frame/],
  ])("%s", (_, file, cause) => {
    const page = join(root, "out", "01-quickstart.html");
    const before = lastChange(page);
    const { status, stderr } = spawnSync(
      process.execPath,
      [join(root, ".workbench/start.mjs"), "--no-serve"],
      {
        env: { ...process.env, LAB_VIDEO: file, LAB_QUICK: "1" },
        encoding: "utf8",
      },
    );
    expect(status).toBe(1);
    const [sentence, place, ...rest] = stderr.split("\n");
    expect(sentence).toContain(file);
    expect(sentence).toMatch(cause);
    expect(place).toMatch(/no page was written/);
    expect(rest).toEqual([""]);
    expect(lastChange(page)).toBe(before);
  });
});

test("one broken cell fails the check of a notebook", async () => {
  const cells: Cell[] = JSON.parse(readFileSync(quickstart, "utf8")).cells;
  const firstCode = cells.findIndex((cell) => cell.cell_type === "code");
  const broken = writeNotebook(scratch.path, "broken", [
    ...cells.slice(0, firstCode), // before any that reads a file beside the notebooks
    code("const count: number = undefinedName;"),
    ...cells.slice(firstCode),
  ]);
  const tally = new Tally();
  const spoken = vi.spyOn(process.stdout, "write").mockReturnValue(true);
  await checkNotebook(tally, jupyter, "no browser is needed", broken);
  const report = spoken.mock.calls.join("");
  spoken.mockRestore();
  expect(report).toContain("Cannot find name 'undefinedName'");
  expect([tally.passed, tally.failed]).toEqual([0, 2]);
});
