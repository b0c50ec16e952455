/**
 * npm start: set up, run the quickstart notebook, write out/01-quickstart.html, serve Jupyter.
 * `npm start -- --no-serve` stops after the page. LAB_VIDEO may name the video file to learn from.
 */
import { accessSync, constants, statSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { makePage } from "./notebook.mjs";
import { calledFrom, notebooks, pages, root } from "./paths.mjs";
import { endGroupsOnSignals } from "./run.mjs";
import { PlainError, runMain, say } from "./say.mjs";
import { serve } from "./serve.mjs";
import { setUp } from "./setup.mjs";

/** LAB_VIDEO as an absolute path, checked as far as can be done without decoding it. */
function videoEnvironment() {
  const named = process.env.LAB_VIDEO;
  if (!named) return {};
  const file = resolve(calledFrom, named);
  try {
    if (!statSync(file).isFile())
      throw new PlainError(`LAB_VIDEO: ${file} is not a file; expected a video file.`);
    accessSync(file, constants.R_OK);
  } catch (error) {
    if (error instanceof PlainError) throw error;
    const { code } = /** @type {NodeJS.ErrnoException} */ (error);
    const cause = code === "ENOENT" || code === "ENOTDIR" ? "does not exist" : `cannot be read (${code})`;
    throw new PlainError(`LAB_VIDEO: ${file} ${cause}; expected a video file.`);
  }
  return { LAB_VIDEO: file };
}

await runMain(async () => {
  const unknown = process.argv.slice(2).find((argument) => argument !== "--no-serve");
  if (unknown) throw new PlainError(`npm start: ${unknown} is not an option; there is only --no-serve.`);
  endGroupsOnSignals();
  const env = videoEnvironment();
  const serving =
    !process.argv.includes("--no-serve") && process.stdin.isTTY === true && process.stdout.isTTY === true;
  const jupyter = await setUp({ server: serving });
  const notebook = join(notebooks, "01-quickstart.ipynb");
  say(`Notebook: ${relative(root, notebook)}${env.LAB_VIDEO ? ` on ${env.LAB_VIDEO}` : ""}`);
  const { page } = await makePage(jupyter, notebook, { folder: pages, env });
  say(`Page: ${page}`);
  return serving ? serve(jupyter, env) : 0;
});
