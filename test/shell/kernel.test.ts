import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { makePage } from "../../.workbench/notebook.mjs";
import { jupyterEnvironment, root } from "../../.workbench/paths.mjs";
import { run } from "../../.workbench/run.mjs";
import {
  type Cell,
  code,
  jupyter,
  type Output,
  scratchFolder,
  streamText,
  writeNotebook,
} from "./notebooks.js";

const scratch = scratchFolder();
afterAll(scratch.remove);

/** Runs cells and answers them with their outputs; a failed cell does not stop the others. */
async function runAll(name: string, sources: string[]): Promise<Cell[]> {
  const notebook = writeNotebook(
    scratch.path,
    name,
    sources.map((source) => code(source)),
  );
  const kernel = "--ExecutePreprocessor.kernel_name=tslab";
  const { code: status, output } = await run(
    jupyter,
    ["nbconvert", "--to", "notebook", "--execute", "--allow-errors", "--inplace", kernel, notebook],
    { env: jupyterEnvironment() },
  );
  if (status !== 0) throw new Error(output);
  return JSON.parse(readFileSync(notebook, "utf8")).cells;
}

/** What a person sees when a notebook of these cells is run by npm start. */
async function failureOf(name: string, sources: string[]): Promise<string> {
  const notebook = writeNotebook(
    scratch.path,
    name,
    sources.map((source) => code(source)),
  );
  const made = makePage(jupyter, notebook, { folder: dirname(notebook), quiet: true });
  return made.then(
    () => "it did not fail",
    (error: Error) => error.message,
  );
}

const errorOf = (cell: Cell): Output | undefined =>
  cell.outputs?.find((output) => output.output_type === "error");

describe("cells that succeed", () => {
  let cells: Cell[] = [];
  beforeAll(async () => {
    cells = await runAll("good", [
      'const answer: number = 6 * 7; console.log("answer", answer);',
      'for (let i = 0; i < 5000; i++) console.log("line", i);',
      'console.log("one"); console.error("two"); console.log("three");',
      'import { display, newDisplay } from "tslab"; display.html("<b>bold</b>");\nconst d = newDisplay(); d.text("first"); d.text("second");',
      'console.log("before"); display.html("<i>between</i>"); console.log("after");',
      "answer",
    ]);
  });

  test("every cell has its execution count", () => {
    expect(cells.map((cell) => cell.execution_count)).toEqual([1, 2, 3, 4, 5, 6]);
  });

  test("a burst of 5000 lines arrives whole and in order", () => {
    const lines = streamText(cells[1], "stdout").trim().split("\n");
    expect(lines).toEqual(Array.from({ length: 5000 }, (_, i) => `line ${i}`));
  });

  test("stdout and stderr stay apart and in order", () => {
    const streams = (cells[2].outputs ?? []).map((output) => [output.name, [output.text].flat().join("")]);
    expect(streams).toEqual([
      ["stdout", "one\n"],
      ["stderr", "two\n"],
      ["stdout", "three\n"],
    ]);
  });

  test("displays arrive, and an updated one keeps its last state", () => {
    const [bold, text] = cells[3].outputs ?? [];
    expect(bold.data?.["text/html"]).toEqual(["<b>bold</b>"]);
    expect([text.data?.["text/plain"]].flat().join("")).toBe("second");
  });

  test("text and displays keep their order", () => {
    expect(cells[4].outputs?.map((output) => output.output_type)).toEqual([
      "stream",
      "display_data",
      "stream",
    ]);
  });

  test("the last expression of a cell is printed, and later cells see earlier names", () => {
    expect(streamText(cells[5], "stdout")).toContain("42");
  });
});

test("a build or an install while the notebook runs does not disturb its cells", async () => {
  const cells = await runAll("build", [
    'import * as lab from "vid2world";\nimport * as fs from "node:fs";\nimport * as path from "node:path";',
    `const touch = (folder: string) => fs.readdirSync(folder, { withFileTypes: true }).forEach((entry) => {
  const file = path.join(folder, entry.name);
  if (entry.isDirectory()) touch(file);
  else if (file.endsWith(".d.ts") || file.endsWith("package.json")) fs.utimesSync(file, new Date(), new Date());
});
const dist = path.dirname(fs.realpathSync(require.resolve("vid2world")));
touch(dist); touch(path.dirname(require.resolve("@tensorflow/tfjs-core/package.json")));
await new Promise((done) => setTimeout(done, 3000));`,
    "console.log(typeof lab.compile)",
  ]);
  expect(cells.map(errorOf)).toEqual([undefined, undefined, undefined]);
  expect(streamText(cells[2], "stdout")).toBe("function\n");
});

test("an error output carries name, message and a stack without the kernel's own frames", async () => {
  const [cell] = await runAll("thrown", ['function inner() { throw new TypeError("boom"); }\ninner();']);
  const error = errorOf(cell);
  expect(error).toMatchObject({ ename: "TypeError", evalue: "boom" });
  expect(error?.traceback?.[0]).toBe("TypeError: boom");
  expect(error?.traceback?.join("\n")).toContain("inner");
  expect(error?.traceback?.join("\n")).not.toContain("node_modules");
  expect(cell.execution_count).toBe(1);
  expect(streamText(cell, "stderr")).toBe(""); // said once, in the error, not twice
});

test("a request that comes while sockets open is answered, and no cell fails by it", async () => {
  const preload = join(scratch.path, "slowBind.cjs");
  const busy = "Socket is blocked by a bind or unbind operation"; // what zeromq says then
  writeFileSync(
    preload,
    `const { Publisher } = require(${JSON.stringify(join(root, "node_modules", "zeromq"))});
const { bind, send } = Publisher.prototype;
let binding = false;
const replace = (name, value) => Object.defineProperty(Publisher.prototype, name, { value });
replace("bind", async function (address) {
  binding = true;
  await new Promise((done) => setTimeout(done, 2000));
  binding = false;
  return bind.call(this, address);
});
replace("send", function (parts) {
  return binding ? Promise.reject(new Error("${busy}")) : send.call(this, parts);
});`,
  );
  const notebook = writeNotebook(scratch.path, "slow-bind", [code('console.log("fine")')]);
  const env = { NODE_OPTIONS: `--require ${preload}` };
  const { executed } = await makePage(jupyter, notebook, {
    folder: join(scratch.path, "out"),
    quiet: true,
    env,
  });
  const [cell]: Cell[] = JSON.parse(readFileSync(executed, "utf8")).cells;
  expect(streamText(cell, "stdout")).toBe("fine\n");
});

test("a rejection that nobody awaits is the error of its cell", async () => {
  const [cell] = await runAll("stray", ['Promise.reject(new RangeError("unseen"));']);
  expect(errorOf(cell)).toMatchObject({ ename: "RangeError", evalue: "unseen" });
  expect(cell.execution_count).toBe(1);
});

test.each([
  ["a runtime error", 'throw new TypeError("boom")', "boom\n(TypeError in code cell 2"],
  ["a type error", 'const x: number = "a"', "not assignable to type 'number'.\n(CompileError in code cell 2"],
  [
    "an awaited rejection",
    'const f = async () => { throw new RangeError("late") };\nawait f()',
    "late\n(RangeError in",
  ],
  ["an unhandled rejection", 'Promise.reject(new Error("unseen"))', "unseen\n(Error in code cell 2"],
  [
    "an exception in a timer",
    'setTimeout(() => { throw new Error("tick") }, 20)',
    "tick\n(Error in code cell",
  ],
  ["a thrown string", 'throw "just text"', "just text\n(Thrown in code cell 2"],
  ["the end of the kernel", "process.exit(0)", "did not run to its end"],
])("%s stops the run with one clear message", async (name, source, message) => {
  const notebook = name.replaceAll(" ", "-");
  const seen = await failureOf(notebook, ['console.log("fine")', source, 'console.log("not reached")']);
  expect(seen).toContain(message);
});
