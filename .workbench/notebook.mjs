/** Runs a notebook headless and exports it as one HTML page, or says in one sentence why that failed. */
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
} from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { cache, jupyterEnvironment, root } from "./paths.mjs";
import { ProgressLine } from "./progressLine.mjs";
import { adopt, endGroup, run } from "./run.mjs";
import { PlainError } from "./say.mjs";

/** A notebook's cell may take this long; then it is interrupted and the run fails. */
const cellSeconds = 1800;

/**
 * @typedef {object} ProgressEntry what the kernel writes, see .jupyter/kernels/tslab/progress.cjs
 * @property {"kernel" | "start" | "text" | "end" | "error" | "stray"} event
 * @property {number} [pid]
 * @property {number} [cell]
 * @property {string} [text]
 * @property {string} [ename]
 * @property {string} [evalue]
 * @property {number} [milliseconds]
 */

/** Follows a growing file of JSON lines. */
class LineFollower {
  /** @param {string} file */
  constructor(file) {
    this.descriptor = openSync(file, "a+");
    this.offset = 0;
    this.rest = "";
  }

  /** @returns {ProgressEntry[]} what was added since the last call */
  next() {
    const chunk = Buffer.alloc(1 << 16);
    for (;;) {
      const size = readSync(this.descriptor, chunk, 0, chunk.length, this.offset);
      if (size === 0) break;
      this.offset += size;
      this.rest += chunk.toString("latin1", 0, size); // bytes as they are, until a line is whole
    }
    const lines = this.rest.split("\n");
    this.rest = lines.pop() ?? "";
    return lines.map((line) => JSON.parse(Buffer.from(line, "latin1").toString("utf8")));
  }

  close() {
    closeSync(this.descriptor);
  }
}

/** @param {string} notebook */
function codeCells(notebook) {
  const { cells } = JSON.parse(readFileSync(notebook, "utf8"));
  return cells.filter(
    (/** @type {{ cell_type: string, source: string | string[] }} */ { cell_type, source }) =>
      cell_type === "code" && [source].flat().join("").trim(),
  ).length;
}

/**
 * Runs a notebook in its own folder and writes the executed copy to `executed`.
 *
 * @param {string} jupyter
 * @param {string} notebook
 * @param {string} executed
 * @param {NodeJS.ProcessEnv} env
 * @param {boolean} quiet whether to show no progress
 */
async function execute(jupyter, notebook, executed, env, quiet) {
  const progressFile = join(dirname(executed), "progress.jsonl");
  const follower = new LineFollower(progressFile);
  const line = new ProgressLine(codeCells(notebook));
  /** @type {ProgressEntry | undefined} */
  let failure;
  /** @type {number | undefined} */
  let kernel;
  const look = () => {
    for (const entry of follower.next()) {
      if (entry.event === "kernel" && entry.pid) {
        kernel = entry.pid; // it leads a process group of its own
        adopt(kernel);
      }
      if (entry.event === "error" || entry.event === "stray") failure ??= entry;
      if (!quiet) line.take(entry);
    }
    if (!quiet) line.tick();
  };
  const timer = setInterval(look, 200);
  const options = {
    "ExecutePreprocessor.kernel_name": "tslab",
    "ExecutePreprocessor.timeout": cellSeconds,
    "ExecutePreprocessor.startup_timeout": 120,
    "ExecutePreprocessor.iopub_timeout": 60,
  };
  const { code, output } = await run(
    jupyter,
    [
      ...["nbconvert", "--log-level=ERROR", "--to", "notebook", "--execute", notebook],
      ...["--output-dir", dirname(executed), "--output", basename(executed)],
      ...Object.entries(options).map(([name, value]) => `--${name}=${value}`),
    ],
    {
      env: jupyterEnvironment({
        ...env,
        LAB_PROGRESS_FILE: progressFile,
        LAB_OWNER_PID: String(process.pid),
      }),
    },
  );
  clearInterval(timer);
  look();
  line.end();
  follower.close();
  if (kernel) endGroup(kernel);
  if (code === 0 && !failure && existsSync(executed)) return;
  const where = relative(root, notebook);
  if (failure)
    throw new PlainError(
      `${failure.evalue}\n(${failure.ename} in code cell ${failure.cell} of ${where}; no page was written.)`,
    );
  const lastLine = output.trim().split("\n").pop();
  throw new PlainError(
    `${where} did not run to its end: ${lastLine}\n(nbconvert status ${code}; no page was written.)`,
  );
}

/**
 * Exports an executed notebook as one HTML page that needs no network.
 *
 * @param {string} jupyter
 * @param {string} executed
 * @param {string} folder receives the page
 * @returns {Promise<string>} the page
 */
export async function exportPage(jupyter, executed, folder) {
  const config = join(root, ".jupyter", "nbconvert", "config.py");
  const { code, output } = await run(
    jupyter,
    ["nbconvert", "--log-level=ERROR", "--config", config, "--to", "html", executed, "--output-dir", folder],
    { env: jupyterEnvironment() },
  );
  const page = join(folder, `${basename(executed, ".ipynb")}.html`);
  if (code !== 0 || !existsSync(page))
    throw new PlainError(`Exporting ${relative(root, executed)} failed:\n${output.trim()}`);
  return page;
}

/**
 * Runs `notebook` and writes the page and the executed notebook; nothing is written unless all of it worked.
 *
 * @param {string} jupyter
 * @param {string} notebook
 * @param {{ folder: string, env?: NodeJS.ProcessEnv, quiet?: boolean }} options `folder` receives the two files
 * @returns {Promise<{ page: string, executed: string }>}
 */
export async function makePage(jupyter, notebook, { folder, env = {}, quiet = false }) {
  const name = basename(notebook, ".ipynb");
  const work = join(cache, "runs", `${name}-${process.pid}-${Date.now()}`);
  const leaveNothing = () => rmSync(work, { recursive: true, force: true });
  process.once("exit", leaveNothing); // after Ctrl-C, too
  mkdirSync(work, { recursive: true });
  try {
    const executed = join(work, `${name}.ipynb`);
    await execute(jupyter, notebook, executed, env, quiet);
    const page = await exportPage(jupyter, executed, work);
    mkdirSync(folder, { recursive: true });
    const finals = { page: join(folder, `${name}.html`), executed: join(folder, `${name}.ipynb`) };
    renameSync(executed, finals.executed);
    renameSync(page, finals.page);
    return finals;
  } finally {
    leaveNothing();
    process.off("exit", leaveNothing);
  }
}
