/** Serves the notebooks folder with Jupyter until Ctrl-C. */
import { spawn } from "node:child_process";
import { serverCommand } from "./jupyter.mjs";
import { jupyterEnvironment, notebooks, root } from "./paths.mjs";
import { PlainError, say } from "./say.mjs";

/** After Ctrl-C the server has this long to end its kernels. */
const patienceMilliseconds = 8000;

/**
 * @param {string} jupyter
 * @param {NodeJS.ProcessEnv} [env]
 * @returns {Promise<number>} exit code
 */
export function serve(jupyter, env = {}) {
  const command = serverCommand(jupyter);
  if (!command) throw new PlainError(`${jupyter} can serve neither JupyterLab nor Jupyter Notebook.`);
  say(`Serving ${notebooks}; open the address below, stop with Ctrl-C.`);
  const asRoot = process.getuid?.() === 0 ? ["--allow-root"] : [];
  const child = spawn(jupyter, [command, "--no-browser", ...asRoot, "notebooks"], {
    cwd: root,
    env: jupyterEnvironment({ ...env, LAB_OWNER_PID: String(process.pid) }),
    detached: true, // Ctrl-C comes to this script only, which then ends the server in order
    stdio: ["ignore", "inherit", "inherit"],
  });
  return new Promise((resolve) => {
    let stopping = false;
    const stop = () => {
      stopping = true;
      child.kill("SIGTERM");
      setTimeout(() => child.pid && process.kill(-child.pid, "SIGKILL"), patienceMilliseconds).unref();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.removeAllListeners(signal).on(signal, stop);
    child.on("error", (error) => {
      process.stderr.write(`Jupyter did not start: ${error.message}\n`);
      resolve(1);
    });
    child.on("close", (code) => resolve(stopping ? 0 : (code ?? 1)));
  });
}
