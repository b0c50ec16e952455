/**
 * Step 5: Jupyter, to run notebooks, export pages and serve. Taken from PATH if it works there; else made in
 * .cache/conda when conda is there, else installed by apt-get, else by pip in .cache/venv.
 */
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { aptInstall, mayUseApt } from "./apt.mjs";
import { cache, jupyterEnvironment, root } from "./paths.mjs";
import { record, recorded } from "./record.mjs";
import { findAll, run, works } from "./run.mjs";
import { PlainError, say } from "./say.mjs";

const condaFolder = join(cache, "conda");
const venvFolder = join(cache, "venv");

/** The subcommand that serves notebooks, best first. */
const servers = ["lab", "notebook"];

/**
 * Whether this `jupyter` really runs what is needed. The command may exist while its parts do not, or while
 * they belong to another Python.
 *
 * @param {string} jupyter
 * @param {boolean} server
 */
function isUsable(jupyter, server) {
  const env = jupyterEnvironment();
  if (!works(jupyter, ["nbconvert", "--version"], env)) return false;
  return !server || serverCommand(jupyter) !== undefined;
}

/**
 * "lab" or "notebook": what this `jupyter` can serve with, if anything.
 *
 * @param {string} jupyter
 */
export function serverCommand(jupyter) {
  return servers.find((name) => works(jupyter, [name, "--version"], jupyterEnvironment()));
}

/** @param {string} jupyter */
const stamp = (jupyter) => `${jupyter} ${statSync(jupyter).mtimeMs}`;

/**
 * @param {boolean} server
 * @returns {string | undefined}
 */
function findJupyter(server) {
  const places = [condaFolder, venvFolder].map((folder) => join(folder, "bin", "jupyter"));
  const candidates = [...findAll("jupyter"), ...places].filter((file) => existsSync(file));
  const step = server ? "jupyter-server" : "jupyter";
  const known = candidates.find((file) => recorded(step) === stamp(file));
  if (known) return known;
  const found = candidates.find((file) => isUsable(file, server));
  if (found) record(step, stamp(found));
  return found;
}

/** Versions asked for in environment.yml, as pip writes them. @param {string[]} names */
function pinned(names) {
  const lines = readFileSync(join(root, "environment.yml"), "utf8").split("\n");
  return names.map((name) => {
    const line = lines.find((text) => text.trim().startsWith(`- ${name}=`));
    return line ? `${name}==${line.split("=")[1].trim()}` : name;
  });
}

/** @param {boolean} server */
function debianPackages(server) {
  const ffmpeg = findAll("ffmpeg").length === 0 ? ["ffmpeg"] : []; // reads what the built-in decoder cannot
  return ["jupyter-nbconvert", "python3-nbclient", ...(server ? ["jupyter-notebook"] : []), ...ffmpeg];
}

/**
 * The ways to get Jupyter, best first: whether it is open here, what to tell, and what to do.
 *
 * @param {boolean} server
 */
function routes(server) {
  const conda = ["conda", "micromamba", "mamba"].find((name) => findAll(name).length > 0);
  const python = ["python3", "python"].find((name) => findAll(name).length > 0);
  const pip = pinned(["nbconvert", "nbclient", ...(server ? ["jupyterlab"] : [])]);
  return [
    {
      open: conda !== undefined,
      text: `Jupyter: ${conda} environment from environment.yml in .cache/conda`,
      install: async () => {
        const verb = conda === "micromamba" ? ["create", "-y"] : ["env", "create"];
        const file = join(root, "environment.yml");
        const { code, output } = await run(String(conda), [...verb, "-q", "-p", condaFolder, "-f", file]);
        return code === 0 ? "" : output.trim();
      },
    },
    {
      open: mayUseApt(),
      text: `Jupyter: apt-get install ${debianPackages(server).join(" ")}`,
      install: () => aptInstall(debianPackages(server)),
    },
    {
      open: python !== undefined,
      text: `Jupyter: Python environment in .cache/venv with ${pip.join(" ")}`,
      install: async () => {
        const made = await run(String(python), ["-m", "venv", venvFolder]);
        if (made.code !== 0) return made.output.trim();
        const args = ["-m", "pip", "install", "-q", "--disable-pip-version-check", "--no-cache-dir", ...pip];
        const { code, output } = await run(join(venvFolder, "bin", "python"), args);
        return code === 0 ? "" : output.trim();
      },
    },
  ];
}

/** The one command that helps a person for whom no route was open. */
function helpText() {
  return findAll("apt-get").length > 0
    ? `sudo apt-get install -y ${debianPackages(true).join(" ")}`
    : `python3 -m pip install ${pinned(["jupyterlab", "nbconvert"]).join(" ")}`;
}

/**
 * @param {{ server: boolean }} wanted whether it must also be able to serve
 * @returns {Promise<string>} the `jupyter` command
 */
export async function ensureJupyter({ server }) {
  const present = findJupyter(server);
  if (present) return present;
  for (const { open, text, install } of routes(server)) {
    if (!open) continue;
    say(text);
    const problem = await install();
    const found = findJupyter(server);
    if (found) return found;
    say(`  did not work: ${(problem || "Jupyter still does not run").split("\n").slice(-3).join(" ")}`);
  }
  throw new PlainError(`Jupyter is missing and could not be installed. Install it with\n\n  ${helpText()}\n`);
}
