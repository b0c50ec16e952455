import { spawnSync } from "node:child_process";
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { isInstalled } from "../../.workbench/dependencies.mjs";
import { root } from "../../.workbench/paths.mjs";
import { ProgressLine } from "../../.workbench/progressLine.mjs";
import { scratchFolder } from "./notebooks.js";

const scratch = scratchFolder();
afterAll(scratch.remove);

describe("dependencies", () => {
  const wanted = {
    "": {},
    lib: { version: "0.1.0" },
    "node_modules/a": { version: "1.0.0" },
    "node_modules/b": { version: "2.0.0", optional: true },
  };
  test.each([
    ["all there", { "node_modules/a": { version: "1.0.0" }, "node_modules/b": { version: "2.0.0" } }, true],
    ["an optional one missing", { "node_modules/a": { version: "1.0.0" } }, true],
    ["a required one missing", { "node_modules/b": { version: "2.0.0" } }, false],
    ["another version", { "node_modules/a": { version: "1.0.1" } }, false],
    [
      "one too many",
      { "node_modules/a": { version: "1.0.0" }, "node_modules/c": { version: "1.0.0" } },
      false,
    ],
  ])("%s: installed is %#", (_, installed, expected) => {
    expect(isInstalled(wanted, installed)).toBe(expected);
  });

  test("an interrupted installation, which leaves no list, counts as none", () => {
    expect(isInstalled(wanted, undefined)).toBe(false);
  });
});

/**
 * A machine that has just these programs: a copy of the set-up scripts and a PATH with nothing else on it.
 * Each program is a shell script; `$BIN` is the folder it lies in, `$LOG` records what was asked of it.
 */
function machine(name: string, programs: Record<string, string>) {
  const folder = join(scratch.path, name);
  const bin = join(folder, "bin");
  mkdirSync(bin, { recursive: true });
  cpSync(join(root, ".workbench"), join(folder, ".workbench"), { recursive: true });
  cpSync(join(root, "environment.yml"), join(folder, "environment.yml"));
  symlinkSync("/usr/bin/env", join(bin, "env"));
  for (const [program, script] of Object.entries(programs)) {
    const lines = [
      "#!/bin/sh",
      `BIN=${bin} LOG=${join(folder, "log")}`,
      `echo ${program} "$@" >> $LOG`,
      script,
    ];
    writeFileSync(join(bin, program), lines.join("\n"));
    chmodSync(join(bin, program), 0o755);
  }
  const wanted = 'import("./.workbench/jupyter.mjs").then((m) => m.ensureJupyter({ server: true }))';
  const script = `${wanted}.then((found) => console.log("found", found), (error) => console.log("failed", error.message))`;
  const ensure = () =>
    spawnSync(process.execPath, ["-e", script], { cwd: folder, env: { PATH: bin }, encoding: "utf8" }).stdout;
  const log = () => (existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8") : "");
  return { folder, bin, ensure, log };
}

const sudo = 'while [ "$1" = -n ]; do shift; done; exec "$@"';
/** A program that answers every question with success, put where an installer would put it. */
const makeJupyter = (place: string) =>
  `/bin/mkdir -p ${place}; printf '#!/bin/sh\\nexit 0\\n' > ${place}/jupyter; /bin/chmod +x ${place}/jupyter`;

describe("Jupyter is found or installed", () => {
  test("on PATH, when its parts run; asked only once", () => {
    const { ensure, log, bin } = machine("path", { jupyter: "exit 0", conda: "exit 0" });
    expect(ensure()).toBe(`found ${join(bin, "jupyter")}\n`);
    expect(log()).toContain("jupyter nbconvert --version");
    const asked = log();
    expect(ensure()).toContain("found");
    expect(log()).toBe(asked);
  });

  test("by conda before apt-get, when the one on PATH has no nbconvert", () => {
    const conda = `[ "$1" = env ] && ${makeJupyter('"$5/bin"')}`;
    const { ensure, log, folder } = machine("conda", { jupyter: "exit 1", conda, sudo, "apt-get": "exit 0" });
    expect(ensure()).toContain(`found ${join(folder, ".cache", "conda", "bin", "jupyter")}\n`);
    expect(log()).toContain(
      `conda env create -q -p ${join(folder, ".cache", "conda")} -f ${join(folder, "environment.yml")}`,
    );
    expect(log()).not.toContain("apt-get");
  });

  test("by apt-get before pip", () => {
    const apt = `[ "$1" = install ] && ${makeJupyter("$BIN")}`;
    const { ensure, log, bin } = machine("apt", { "apt-get": apt, sudo, python3: "exit 1" });
    expect(ensure()).toContain(`found ${join(bin, "jupyter")}\n`);
    expect(log()).toMatch(/apt-get update[\s\S]*apt-get install .*jupyter-nbconvert.*jupyter-notebook/);
    expect(log()).not.toContain("python3 -m");
  });

  test("by pip in .cache/venv, with the versions of environment.yml", () => {
    const python = `[ "$2" = venv ] && /bin/mkdir -p "$3/bin" && printf '#!/bin/sh\\necho pip "$@" >> '$LOG'\\n' > "$3/bin/python" && /bin/chmod +x "$3/bin/python" && ${makeJupyter('"$3/bin"')}`;
    const { ensure, log, folder } = machine("pip", { python3: python });
    expect(ensure()).toContain(`found ${join(folder, ".cache", "venv", "bin", "jupyter")}\n`);
    expect(log()).toMatch(/pip -m pip install .*nbconvert==\d+\.\d+.*jupyterlab==\d+\.\d+/);
  });

  test("a route that fails gives way to the next", () => {
    const apt = `[ "$1" = install ] && ${makeJupyter("$BIN")}`;
    const { ensure } = machine("next", { conda: "echo no network; exit 1", "apt-get": apt, sudo });
    expect(ensure()).toMatch(/did not work: no network[\s\S]*found/);
  });

  test("where nothing is possible, one command to run", () => {
    const { ensure } = machine("nothing", {});
    expect(ensure()).toMatch(
      /^failed Jupyter is missing[\s\S]*python3 -m pip install jupyterlab==\S+ nbconvert==\S+\s*$/,
    );
  });
});

test("away from a terminal, progress is one line per cell", () => {
  const written: string[] = [];
  const line = new ProgressLine(2, { isTTY: false, write: (text: string) => written.push(text) } as never);
  line.take({ event: "start", cell: 1 });
  line.take({ event: "text", text: "half way" });
  line.tick();
  line.take({ event: "end", cell: 1, milliseconds: 1500 });
  expect(written).toEqual(["  0:00  cell 1 of 2  1.5 s\n"]);
});

test("in a terminal, progress is one line that names the cell and what it last said", () => {
  const written: string[] = [];
  const line = new ProgressLine(2, {
    isTTY: true,
    columns: 40,
    write: (text: string) => written.push(text),
  } as never);
  line.tick();
  line.take({ event: "start", cell: 2 });
  line.take({ event: "text", text: "step 120 of 300, loss 0.0123456789" });
  line.tick();
  expect(written).toEqual([
    "\r\x1b[2K  0:00  starting the kernel",
    "\r\x1b[2K  0:00  cell 2 of 2  step 120 of 300, l",
  ]);
});
