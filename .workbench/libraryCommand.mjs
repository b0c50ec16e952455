/** Commands of the library as npm scripts: what they need is set up first. */
import { createRequire } from "node:module";
import { join } from "node:path";
import { buildLibrary } from "./build.mjs";
import { installDependencies } from "./dependencies.mjs";
import { root } from "./paths.mjs";
import { runMain } from "./say.mjs";
import { requireNode } from "./setup.mjs";

/**
 * Runs `vid2world <name>` at the root, with the words of this command line behind it.
 *
 * @param {string} name
 */
export async function runLibraryCommand(name) {
  await runMain(async () => {
    requireNode();
    await installDependencies();
    await buildLibrary();
    process.chdir(root);
    process.argv.splice(2, 0, name);
    createRequire(import.meta.url)(join(root, "lib", "bin", "vid2world.cjs")); // goes on by itself from here
    return 0;
  });
}
