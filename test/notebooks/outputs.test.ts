/** What the library shows from a cell arrives in an exported page: run on the kernel, looked at in Chromium. */
import { afterAll, expect, test } from "vitest";
import { checkPage } from "../../.workbench/browser.mjs";
import { findChromium } from "../../.workbench/chromium.mjs";
import { makePage } from "../../.workbench/notebook.mjs";
import { code, jupyter, prose, scratchFolder, writeNotebook } from "../shell/notebooks.js";

const chromium = findChromium() ?? "";
const scratch = scratchFolder();
afterAll(scratch.remove);

test.skipIf(!chromium)("videos, plots, figures, tables and progress show without network", async () => {
  const notebook = writeNotebook(scratch.path, "outputs", [
    prose("# Everything that can be shown\n\nWith $x_t$ in the text."),
    code('import * as lab from "vid2world";\nimport type { Tensor4D } from "@tensorflow/tfjs";'),
    code(
      "const video = lab.uniformNoise([8, 32, 48, 3], 1) as Tensor4D;\nawait lab.showVideo({ truth: video, guess: video });",
    ),
    code("await lab.showFilmstrip({ truth: video });"),
    code(
      'const values = [1, 4, 9].map((y, x) => ({ x, y }));\nawait lab.showPlot({ data: { values }, mark: "line", encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } } });',
    ),
    code(
      'await lab.showFigure({ data: [{ type: "heatmap", z: [[1, 2], [3, 4]] }], layout: { title: { text: "levels" } } });',
    ),
    code('lab.showTable([{ name: "a", value: 1.5 }]);\nlab.showMarkdown("It was **measured**: $y = x^2$.");'),
    code(
      'const bar = lab.showProgress(10, { label: "counting" });\nfor (let i = 1; i <= 10; i++) { bar.update(i); await new Promise((r) => setTimeout(r, 30)); }\nbar.end();',
    ),
  ]);
  const { page } = await makePage(jupyter, notebook, { folder: scratch.path, quiet: true });
  const { videos, plots, problems } = await checkPage(chromium, page);
  expect({ videos, plots, problems }).toEqual({ videos: 1, plots: 2, problems: [] });
});
