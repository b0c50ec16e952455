/** Child processes: started in a group of their own, so that the whole group can be ended. */
import { spawn, spawnSync } from "node:child_process";
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { root } from "./paths.mjs";

/** Groups that must not outlive this process. @type {Set<number>} */
const groups = new Set();

/**
 * @typedef {object} Finished
 * @property {number} code exit status; 1 if a signal ended it
 * @property {string} output stdout and stderr together, in order
 */

/**
 * Runs a program and collects what it prints.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string, show?: boolean }} [options] `show` also prints as it comes
 * @returns {Promise<Finished>}
 */
export function run(command, args, { env = process.env, cwd = root, show = false } = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { env, cwd, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    const group = child.pid;
    if (group) groups.add(group);
    /** @type {string[]} */
    const parts = [];
    for (const [stream, target] of /** @type {const} */ ([
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]))
      stream.setEncoding("utf8").on("data", (text) => {
        parts.push(text);
        if (show) target.write(text);
      });
    child.on("error", (error) => resolve({ code: 127, output: error.message }));
    child.on("close", (code) => {
      if (group) groups.delete(group);
      resolve({ code: code ?? 1, output: parts.join("") });
    });
  });
}

/**
 * Marks a process group as ours to end, with those of `run`.
 *
 * @param {number} pid the group's leader
 */
export function adopt(pid) {
  groups.add(pid);
}

/**
 * Ends a process group at once; one that is gone already is fine.
 *
 * @param {number} pid the group's leader
 */
export function endGroup(pid) {
  groups.delete(pid);
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // Already gone.
  }
}

/**
 * On Ctrl-C, SIGTERM or a closed terminal: clean up, end every group, leave with the usual status.
 *
 * @param {() => void} [cleanUp]
 */
export function endGroupsOnSignals(cleanUp = () => {}) {
  for (const [signal, status] of /** @type {const} */ ([
    ["SIGINT", 130],
    ["SIGTERM", 143],
    ["SIGHUP", 129],
  ]))
    process.on(signal, () => {
      cleanUp();
      for (const group of groups) endGroup(group);
      process.exit(status);
    });
}

/**
 * All programs of this name on PATH, in order.
 *
 * @param {string} name
 * @param {string} [path]
 */
export function findAll(name, path = process.env.PATH ?? "") {
  return path
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, name))
    .filter((file) => {
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    });
}

/**
 * Whether a command ends with status 0, within a minute.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} [env]
 */
export function works(command, args, env = process.env) {
  return spawnSync(command, args, { env, stdio: "ignore", timeout: 60_000 }).status === 0;
}
