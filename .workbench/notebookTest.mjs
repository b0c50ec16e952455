/** One notebook in quick mode: it runs to its end, its outputs are sound, its page shows everything offline. */
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { makePage } from "./notebook.mjs";
import { cache, root } from "./paths.mjs";

/** What pages must show at least, by notebook. */
const expectations = join(root, "test", "notebooks", "expected.json");

/**
 * @param {string} executed
 * @returns {string} what is wrong with the executed notebook
 */
function outputProblem(executed) {
  /** @type {{ cells: { cell_type: string, source: string | string[], execution_count?: number | null, outputs?: { output_type: string }[] }[] }} */
  const { cells } = JSON.parse(readFileSync(executed, "utf8"));
  const code = cells.filter(
    ({ cell_type, source }) => cell_type === "code" && [source].flat().join("").trim(),
  );
  const counts = code.map((cell) => cell.execution_count);
  if (counts.some((count, i) => count !== i + 1)) return `execution counts are ${counts.join(", ")}`;
  if (code.some((cell) => cell.outputs?.some((output) => output.output_type === "error")))
    return "a cell failed";
  return "";
}

/**
 * @param {import("./tally.mjs").Tally} tally
 * @param {string} jupyter
 * @param {string | undefined} chromium
 * @param {string} notebook
 */
export async function checkNotebook(tally, jupyter, chromium, notebook) {
  const name = basename(notebook, ".ipynb");
  let page = "";
  await tally.check(`${name} runs in quick mode`, async () => {
    const made = await makePage(jupyter, notebook, {
      folder: join(cache, "test", "pages"),
      env: { LAB_QUICK: "1" },
    });
    page = made.page;
    return outputProblem(made.executed);
  });
  const shows = `${name} shows everything in a browser without network`;
  if (!chromium) return tally.skip(shows, "there is no Chromium");
  await tally.check(shows, async () => {
    if (!page) return "there is no page";
    const { checkPage } = await import("./browser.mjs");
    const { problems, ...seen } = await checkPage(chromium, page);
    /** @type {Record<string, Record<string, number>>} */
    const expected = existsSync(expectations) ? JSON.parse(readFileSync(expectations, "utf8")) : {};
    for (const [what, least] of Object.entries(expected[name] ?? {})) {
      const count = /** @type {Record<string, number>} */ (seen)[what] ?? 0;
      if (count < least) problems.push(`the page has ${count} ${what}; expected at least ${least}`);
    }
    return problems.join("\n");
  });
}
