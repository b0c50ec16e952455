/** Runs vitest and adds its tests to the tally. */
import { mkdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { dirname, join, relative } from "node:path";
import { cache, root } from "./paths.mjs";
import { run } from "./run.mjs";
import { say } from "./say.mjs";

/**
 * @typedef {object} FileResult
 * @property {string} name
 * @property {string} status
 * @property {string} [message]
 * @property {{ fullName: string, status: string, failureMessages: string[] }[]} assertionResults
 */

/** @param {import("./tally.mjs").Tally} tally */
export async function runUnitTests(tally) {
  const file = join(cache, "test", "vitest.json");
  mkdirSync(dirname(file), { recursive: true });
  rmSync(file, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const env = process.stdout.isTTY ? { ...process.env, FORCE_COLOR: "1" } : { ...process.env, NO_COLOR: "1" };
  const workers = Math.max(2, Math.min(4, availableParallelism() - 1)); // vitest alone would use one of two cores
  const args = [vitest, "run", "--silent=passed-only", `--maxWorkers=${workers}`, ...reporters];
  const { output } = await run(process.execPath, args, { show: true, env });
  /** @type {{ testResults: FileResult[] }} */
  let report;
  try {
    report = JSON.parse(readFileSync(file, "utf8"));
  } catch {
    tally.fail("unit tests", output.split("\n").slice(-20).join("\n"));
    return;
  }
  for (const { name, status, message, assertionResults } of report.testResults) {
    const path = relative(root, name);
    for (const { fullName, status: outcome, failureMessages } of assertionResults) {
      if (outcome === "passed") tally.passed += 1;
      else if (outcome === "failed") tally.fail(`${path}: ${fullName}`, failureMessages.join("\n"));
      else tally.skip(`${path}: ${fullName}`, `vitest says ${outcome}`);
    }
    const blamed = assertionResults.some((result) => result.status === "failed");
    if (status === "failed" && !blamed) tally.fail(path, message ?? "The file did not load.");
  }
  say(`unit tests: ${report.testResults.length} files`);
}
