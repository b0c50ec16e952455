/** What set-up remembers between runs: for each step, a hash of everything the step depended on. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { cache } from "./paths.mjs";

const file = join(cache, "setup.json");

/** @returns {Record<string, string>} */
function readAll() {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return {};
  }
}

/** @param {string} step */
export function recorded(step) {
  return readAll()[step];
}

/**
 * @param {string} step
 * @param {string} value
 */
export function record(step, value) {
  writeWhole(file, `${JSON.stringify({ ...readAll(), [step]: value }, null, 2)}\n`);
}

/**
 * Writes a file under a temporary name and renames it, so that no reader sees half of it.
 *
 * @param {string} path
 * @param {string} text
 */
export function writeWhole(path, text) {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.partial`;
  writeFileSync(partial, text);
  renameSync(partial, path);
}

/**
 * One hash over the names and bytes of files and of all files under folders.
 *
 * @param {string[]} paths
 */
export function hashFiles(paths) {
  const hash = createHash("sha256");
  for (const path of paths.flatMap(filesUnder)) hash.update(path).update("\0").update(readFileSync(path));
  return hash.digest("hex");
}

/**
 * @param {string} path
 * @returns {string[]}
 */
function filesUnder(path) {
  if (!existsSync(path)) return [];
  try {
    const names = readdirSync(path).sort();
    return names.flatMap((name) => filesUnder(join(path, name)));
  } catch {
    return [path];
  }
}
