/**
 * npm run study -- <name> [--budget quick|standard] [--seeds N] [--workers N] [--shard i/n]: sets up what computing needs,
 * computes the results of a study that are not in data/results, and prints what they say.
 * Ctrl-C loses the units at hand; the same command goes on from there.
 */
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildLibrary } from "./build.mjs";
import { installDependencies } from "./dependencies.mjs";
import { root } from "./paths.mjs";
import { runMain } from "./say.mjs";
import { requireNode } from "./setup.mjs";

await runMain(async () => {
  requireNode();
  await installDependencies();
  await buildLibrary();
  process.chdir(root);
  process.argv.splice(2, 0, "study");
  createRequire(import.meta.url)(join(root, "lib", "bin", "vid2world.cjs")); // goes on by itself from here
  return 0;
});
