/**
 * npm run train -- <name>: sets up what training needs and makes a model that ships, by its recipe, in data/models.
 * Ctrl-C leaves a state from which the same command goes on.
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
  process.argv.splice(2, 0, "train");
  createRequire(import.meta.url)(join(root, "lib", "bin", "vid2world.cjs")); // goes on by itself from here
  return 0;
});
