/**
 * Everything between a fresh clone and a notebook that runs. Each step says what it does in one line and is
 * silent when it was done before. Only Node's own modules may be imported here: on a fresh clone there is
 * nothing else yet.
 */
import { buildLibrary } from "./build.mjs";
import { installDependencies } from "./dependencies.mjs";
import { ensureJupyter } from "./jupyter.mjs";
import { prepareKernel } from "./kernel.mjs";
import { preparePageScripts } from "./page.mjs";
import { PlainError } from "./say.mjs";

export function requireNode() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < 20) throw new PlainError(`Node is ${process.version}; Vid2World Lab needs 20 or newer.`);
}

/**
 * @param {{ server: boolean }} wanted whether Jupyter must also be able to serve notebooks
 * @returns {Promise<string>} the jupyter command to use
 */
export async function setUp({ server }) {
  requireNode();
  await installDependencies();
  await buildLibrary();
  await prepareKernel();
  await preparePageScripts();
  return ensureJupyter({ server });
}
