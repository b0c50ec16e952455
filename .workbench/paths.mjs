/** Where things are. Everything that set-up writes lies in `.cache/`, `node_modules/` and `lib/dist/`. */
import { delimiter, dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

export const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
export const cache = join(root, ".cache");
export const pages = join(root, "out");
export const notebooks = join(root, "notebooks");

/** The folder where the person typed the command; npm itself always starts scripts in the project root. */
export const calledFrom = process.env.INIT_CWD ?? process.cwd();

/**
 * The environment for Jupyter and everything under it: our kernel and templates, no file outside the
 * repository, and the Node that runs this script before any other on PATH (kernel.json says just "node").
 *
 * @param {NodeJS.ProcessEnv} [extra]
 * @returns {NodeJS.ProcessEnv}
 */
export function jupyterEnvironment(extra = {}) {
  const tools = [join(cache, "bin"), process.env.PATH ?? "", join(cache, "conda", "bin")];
  return {
    ...process.env,
    PATH: tools.join(delimiter),
    JUPYTER_PATH: join(root, ".jupyter"),
    JUPYTER_CONFIG_DIR: join(cache, "jupyter", "config"),
    JUPYTER_DATA_DIR: join(cache, "jupyter", "data"),
    JUPYTER_RUNTIME_DIR: join(cache, "jupyter", "runtime"),
    IPYTHONDIR: join(cache, "jupyter", "ipython"),
    PYDEVD_DISABLE_FILE_VALIDATION: "1",
    PYTHONWARNINGS: "ignore",
    ...extra,
  };
}
