/** Step 3: the TypeScript kernel. Its description lies in .jupyter/kernels; it needs this Node and its addon. */
import { existsSync, mkdirSync, readlinkSync, rmSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { cache } from "./paths.mjs";
import { run } from "./run.mjs";
import { PlainError, say } from "./say.mjs";

export async function prepareKernel() {
  const folder = join(cache, "bin");
  const link = join(folder, "node");
  if (existsSync(link) && readlinkSync(link) === process.execPath) return;
  say("Kernel: TypeScript (tslab), registered in .jupyter/kernels, on this Node");
  const { code, output } = await run(process.execPath, ["-e", "require('zeromq')"]);
  if (code !== 0) throw new PlainError(`The kernel's message library does not load here:\n${output.trim()}`);
  mkdirSync(folder, { recursive: true });
  rmSync(link, { force: true });
  symlinkSync(process.execPath, link);
}
