/** Step 1: the packages of package-lock.json in node_modules, exactly. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { run } from "./run.mjs";
import { PlainError, say } from "./say.mjs";

/** @typedef {Record<string, { version?: string, optional?: boolean, link?: boolean }>} LockedPackages */

/**
 * @param {string} path
 * @returns {LockedPackages | undefined}
 */
function readLock(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages;
  } catch {
    return undefined;
  }
}

/**
 * Whether what npm last installed is what the lock file asks for. npm writes its own list of what it put in
 * node_modules at the very end, so an interrupted installation has none. Optional packages may be missing:
 * they are builds for other platforms.
 *
 * @param {LockedPackages | undefined} wanted
 * @param {LockedPackages | undefined} installed
 */
export function isInstalled(wanted, installed) {
  if (!wanted || !installed) return false;
  const inModules = Object.entries(wanted).filter(([path]) => path.includes("node_modules/"));
  const known = new Set(inModules.map(([path]) => path));
  return (
    inModules.every(([path, entry]) => {
      const found = installed[path];
      return found ? found.version === entry.version : entry.optional === true;
    }) && Object.keys(installed).every((path) => !path.includes("node_modules/") || known.has(path))
  );
}

export async function installDependencies() {
  const wanted = readLock(join(root, "package-lock.json"));
  if (isInstalled(wanted, readLock(join(root, "node_modules", ".package-lock.json")))) return;
  say("Dependencies: npm ci, the versions in package-lock.json");
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" }; // its script downloads CUDA libraries
  const { code, output } = await npm(["ci", "--no-audit", "--no-fund", "--loglevel=error"], { env });
  if (code !== 0) throw new PlainError(`npm ci failed with status ${code}:\n${output.trim()}`);
}

/**
 * The npm that started this script, else the one on PATH.
 *
 * @param {string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, cwd?: string }} [options]
 */
export function npm(args, options) {
  const cli = process.env.npm_execpath;
  return cli?.endsWith("npm-cli.js")
    ? run(process.execPath, [cli, ...args], options)
    : run("npm", args, options);
}
