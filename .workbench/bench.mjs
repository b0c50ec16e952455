/**
 * npm run bench [-- name … --option …]: sets up what benchmarks need and runs bench/<name>.ts, all of them without names.
 * From the first option on, arguments go to the benchmarks.
 */
import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { buildLibrary } from "./build.mjs";
import { installDependencies } from "./dependencies.mjs";
import { root } from "./paths.mjs";
import { endGroupsOnSignals, run } from "./run.mjs";
import { PlainError, runMain, say } from "./say.mjs";
import { requireNode } from "./setup.mjs";

await runMain(async () => {
  endGroupsOnSignals();
  const folder = join(root, "bench");
  const files = existsSync(folder) ? readdirSync(folder).filter((name) => name.endsWith(".ts")) : [];
  const all = files.map((name) => basename(name, ".ts")).sort();
  const given = process.argv.slice(2);
  const firstOption = given.findIndex((argument) => argument.startsWith("--"));
  const options = firstOption < 0 ? [] : given.slice(firstOption);
  const named = given.slice(0, given.length - options.length);
  const names = named.length > 0 ? named : all;
  const unknown = names.find((name) => !all.includes(name));
  if (unknown)
    throw new PlainError(`npm run bench: there is no bench/${unknown}.ts; there are: ${all.join(", ")}.`);
  requireNode();
  await installDependencies();
  await buildLibrary();
  const tsx = join(root, "node_modules", "tsx", "dist", "cli.mjs");
  for (const name of names) {
    say(`bench/${name}.ts`);
    const { code } = await run(process.execPath, [tsx, join(folder, `${name}.ts`), ...options], {
      show: true,
    });
    if (code !== 0) return code;
  }
  return 0;
});
