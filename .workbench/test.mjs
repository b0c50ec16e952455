/**
 * npm test: set up, then every check there is. The last line counts what passed and what failed; a check that
 * cannot run on this machine is skipped by name, and in CI that is a failure.
 */
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { ensureChromium, ensureFfmpeg } from "./chromium.mjs";
import { notebooks, root } from "./paths.mjs";
import { endGroupsOnSignals, run } from "./run.mjs";
import { runMain, say } from "./say.mjs";
import { setUp } from "./setup.mjs";
import { Tally } from "./tally.mjs";

/**
 * @param {string} script a program in node_modules
 * @param {string[]} args
 * @returns {Promise<string>} what it printed if it failed
 */
async function tool(script, args) {
  const { code, output } = await run(process.execPath, [join(root, "node_modules", script), ...args]);
  return code === 0 ? "" : output || `${script} ended with status ${code}`;
}

/**
 * @param {Tally} tally
 * @param {string} jupyter
 * @param {string | undefined} chromium
 */
async function checkNotebooks(tally, jupyter, chromium) {
  const { checkNotebook } = await import("./notebookTest.mjs");
  const names = readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"));
  for (const name of names.sort()) await checkNotebook(tally, jupyter, chromium, join(notebooks, name));
}

await runMain(async () => {
  endGroupsOnSignals();
  const startedAt = Date.now();
  const tally = new Tally();
  try {
    const jupyter = await setUp({ server: false });
    await ensureFfmpeg();
    const chromium = await ensureChromium();
    const tsc = "typescript/bin/tsc";
    await tally.check("types of the library", () => tool(tsc, ["-p", "lib", "--noEmit"]));
    await tally.check("types of tests and benchmarks", () => tool(tsc, ["-p", "tsconfig.json"]));
    await tally.check("types of the set-up scripts", () => tool(tsc, ["-p", ".workbench/jsconfig.json"]));
    await tally.check("lint and format", () => tool("@biomejs/biome/bin/biome", ["check", "."]));
    await tally.check("API pages without a warning", () => tool("typedoc/bin/typedoc", []));
    const { testPackage } = await import("./packageTest.mjs");
    await tally.check("the packed library, alone in an empty folder", testPackage);
    const { runUnitTests } = await import("./unitTests.mjs");
    await runUnitTests(tally);
    if (existsSync(notebooks)) await checkNotebooks(tally, jupyter, chromium);
  } catch (error) {
    tally.fail("set-up", error instanceof Error ? error.message : String(error));
  }
  say(`${Math.round((Date.now() - startedAt) / 1000)} s`);
  say(tally.summary());
  return tally.failed === 0 ? 0 : 1;
});
