/** Step 2: lib/src compiled to lib/dist by the project's own TypeScript. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { root } from "./paths.mjs";
import { hashFiles, record, recorded } from "./record.mjs";
import { run } from "./run.mjs";
import { PlainError, say } from "./say.mjs";

const compiler = join(root, "node_modules", "typescript", "bin", "tsc");

export async function buildLibrary() {
  const lib = join(root, "lib");
  const inputs = [join(lib, "src"), join(lib, "tsconfig.json"), join(lib, "package.json")];
  const key = hashFiles([...inputs, join(root, "node_modules", "typescript", "package.json")]);
  if (recorded("build") === key && existsSync(join(lib, "dist", "index.js"))) return;
  say("Build: lib/src to lib/dist");
  const { code, output } = await run(process.execPath, [compiler, "-p", "lib"]);
  if (code !== 0) throw new PlainError(`The build failed:\n${output.trim()}`);
  record("build", key);
}
