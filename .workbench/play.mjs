/**
 * npm run play [-- --world arena] [-- --model folder-or-name …] [-- --port 8321] [-- --open]: serves the page on which worlds
 * are steered with the keyboard, until Ctrl-C.
 */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join, relative, resolve } from "node:path";
import { parseArgs } from "node:util";
import { buildLibrary } from "./build.mjs";
import { installDependencies } from "./dependencies.mjs";
import { calledFrom, root } from "./paths.mjs";
import { endGroupsOnSignals, findAll } from "./run.mjs";
import { PlainError, runMain, say } from "./say.mjs";
import { requireNode } from "./setup.mjs";

const defaultPort = 8321;
const modelsFolder = join(root, "data", "models");

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        world: { type: "string" },
        model: { type: "string", multiple: true },
        port: { type: "string" },
        open: { type: "boolean" },
      },
    });
    return values;
  } catch (error) {
    const { message } = /** @type {Error} */ (error);
    throw new PlainError(
      `npm run play: ${message.split("'").slice(0, 2).join("").replace("Unknown option ", "there is no option ")}; ` +
        "there are --world, --model, --port and --open.",
    );
  }
}

/** @param {string | undefined} text */
function readPort(text) {
  const port = text === undefined ? defaultPort : Number(text);
  if (text !== "" && Number.isInteger(port) && port >= 0 && port <= 65535) return port;
  throw new PlainError(`npm run play: --port is ${text}; expected a whole number from 0 to 65535.`);
}

/**
 * Folders of the models that were asked for, by path or by their name in data/models.
 *
 * @param {string[] | undefined} asked
 * @param {string[]} present
 */
function chooseModels(asked, present) {
  return asked?.map((name) => {
    const here = resolve(calledFrom, name);
    const found = existsSync(join(here, "world.json"))
      ? here
      : present.find((folder) => basename(folder) === name);
    if (found) return found;
    const names = present.map((folder) => basename(folder)).join(", ") || "none";
    throw new PlainError(
      `npm run play: there is no model ${name}, neither as a folder with a world.json nor in data/models (there: ${names}).`,
    );
  });
}

/** @param {string} url */
function openBrowser(url) {
  const [command, ...args] =
    process.platform === "darwin"
      ? ["open"]
      : process.platform === "win32"
        ? ["cmd", "/c", "start", ""]
        : ["xdg-open"];
  const sayNone = () => say("No browser could be started here; open the address above in one.");
  if (process.platform === "linux" && findAll(command).length === 0) return sayNone();
  const child = spawn(command, [...args, url], { stdio: "ignore", detached: true });
  child.on("error", sayNone).on("exit", (code) => code !== 0 && sayNone());
  child.unref();
}

await runMain(async () => {
  requireNode();
  const options = readOptions();
  const port = readPort(options.port);
  endGroupsOnSignals();
  await installDependencies();
  await buildLibrary();
  const lab = createRequire(import.meta.url)("vid2world");
  /** @type {string[]} */
  const present = await lab.findModelFolders(modelsFolder);
  const worlds = options.world === undefined ? lab.builtInWorldNames : [options.world];
  /** @type {string[]} */
  const models = chooseModels(options.model, present) ?? lab.modelsOfWorlds(present, worlds);
  const notice =
    models.length > 0
      ? ""
      : `There is no trained model here yet, so this is the true simulator alone; put a folder that saveWorldModel ` +
        `wrote into ${relative(calledFrom, modelsFolder) || "."}, named after its world (arena-…), and start again.`;
  if (notice) say(notice);
  const server = await lab
    .servePlay({ models, world: options.world, port, notice })
    .catch((/** @type {Error} */ error) => {
      throw new PlainError(error.message.replace(/^(servePlay|play):/, "npm run play:"));
    });
  const names = models.map((folder) => basename(folder)).join(", ") || "the simulator";
  say(`Playing ${names} at ${server.url}; stop with Ctrl-C.`);
  if (options.open) openBrowser(server.url);
  return new Promise(() => {});
});
