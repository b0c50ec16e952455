/** System packages on Debian and Ubuntu: the only thing that set-up changes outside the repository. */
import { findAll, run, works } from "./run.mjs";

/** @returns {string[] | undefined} the words before `apt-get`, or nothing when this user may not install */
function aptPrefix() {
  if (findAll("apt-get").length === 0) return undefined;
  if (process.getuid?.() === 0) return [];
  return findAll("sudo").length > 0 && works("sudo", ["-n", "true"]) ? ["sudo", "-n"] : undefined;
}

export const mayUseApt = () => aptPrefix() !== undefined;

let listsAreFresh = false;

/**
 * Installs packages with what they need and nothing that they merely recommend.
 *
 * @param {string[]} packages
 * @returns {Promise<string>} nothing when it worked, else apt-get's words
 */
export async function aptInstall(packages) {
  const prefix = aptPrefix();
  if (!prefix) return "apt-get needs root here, or sudo without a password.";
  /** @param {string[]} args */
  const apt = (args) => {
    const [command, ...rest] = [...prefix, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", ...args];
    return run(command, rest);
  };
  if (!listsAreFresh) await apt(["update", "-q"]);
  listsAreFresh = true; // old lists may still do, so a failed update is left to show in the next command
  const { code, output } = await apt(["install", "-q", "-y", "--no-install-recommends", ...packages]);
  return code === 0 ? "" : output.trim().split("\n").slice(-5).join("\n");
}
