import { readFileSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { uniformNoise, writeVideo } from "vid2world";
import { afterAll, describe, expect, test } from "vitest";
import { checkPage } from "../../.workbench/browser.mjs";
import { findChromium } from "../../.workbench/chromium.mjs";
import { exportPage } from "../../.workbench/notebook.mjs";
import { type Cell, code, jupyter, type Output, prose, scratchFolder, writeNotebook } from "./notebooks.js";

const chromium = findChromium() ?? "";
const scratch = scratchFolder();
afterAll(scratch.remove);

const display = (data: Record<string, unknown>): Output => ({
  output_type: "display_data",
  data,
  metadata: {},
});

async function exported(name: string, cells: Cell[]): Promise<string> {
  return exportPage(jupyter, writeNotebook(scratch.path, name, cells), scratch.path);
}

/** Exports one output alone and looks at it in the browser. */
async function look(name: string, output: Output) {
  return checkPage(chromium, await exported(name, [code("show()", [output])]));
}

const lineSpec = {
  $schema: "https://vega.github.io/schema/vega-lite/v5.json",
  data: { values: [1, 4, 9, 16].map((y, x) => ({ x, y })) },
  mark: { type: "line", tooltip: true },
  encoding: { x: { field: "x", type: "quantitative" }, y: { field: "y", type: "quantitative" } },
};
const heatMap = {
  data: [
    {
      type: "heatmap",
      z: [
        [1, 2],
        [3, 4],
      ],
    },
  ],
  layout: { width: 400, height: 300 },
};
const surface = {
  data: [
    {
      type: "surface",
      z: [
        [1, 2],
        [3, 5],
      ],
    },
  ],
  layout: { width: 400, height: 300 },
};
const drawing =
  '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60"><path d="M5 5L75 55" stroke="red" stroke-width="4"/></svg>';

/** Two frames, one red and one blue. */
async function animation(format: "gif" | "webp"): Promise<string> {
  const frames = Buffer.concat([
    Buffer.alloc(16 * 16 * 3).fill("\xff\0\0", "latin1"),
    Buffer.alloc(16 * 16 * 3).fill("\0\0\xff", "latin1"),
  ]);
  const pages = sharp(frames, { raw: { width: 16, height: 32, channels: 3, pageHeight: 16 } });
  return (
    await (format === "gif" ? pages.gif({ delay: 100 }) : pages.webp({ delay: 100 })).toBuffer()
  ).toString("base64");
}

async function videoTag(extension: "mp4" | "webm"): Promise<string> {
  const file = join(scratch.path, `clip.${extension}`);
  const video = uniformNoise([8, 64, 64, 3], 1);
  await writeVideo(file, video as Parameters<typeof writeVideo>[1], { fps: 8 });
  video.dispose();
  return `<video controls src="data:video/${extension};base64,${readFileSync(file).toString("base64")}"></video>`;
}

describe.skipIf(!chromium)("an exported page in Chromium without network", () => {
  test("draws a vega-lite plot", async () => {
    const report = await look(
      "vega-lite",
      display({ "application/vnd.vegalite.v5+json": lineSpec, "text/plain": "rising" }),
    );
    expect(report).toEqual({ videos: 0, plots: 1, pictures: 0, problems: [] });
  });

  test("draws plotly figures, flat and in space", async () => {
    const plots = [heatMap, surface].map((figure) => display({ "application/vnd.plotly.v1+json": figure }));
    const report = await checkPage(chromium, await exported("plotly", [code("show()", plots)]));
    expect(report).toEqual({ videos: 0, plots: 2, pictures: 0, problems: [] });
  });

  test("shows SVG, animated GIF and WebP, and PNG", async () => {
    const png = (await sharp(Buffer.from(drawing)).png().toBuffer()).toString("base64");
    const outputs = [
      display({ "image/svg+xml": drawing }),
      display({ "image/gif": await animation("gif") }),
      display({ "image/webp": await animation("webp") }),
      display({ "image/png": png }),
    ];
    const report = await checkPage(chromium, await exported("pictures", [code("show()", outputs)]));
    expect(report).toEqual({ videos: 0, plots: 0, pictures: 4, problems: [] });
  });

  test.each(["mp4", "webm"] as const)("plays %s video", async (extension) => {
    const report = await look(`video-${extension}`, display({ "text/html": await videoTag(extension) }));
    expect(report).toEqual({ videos: 1, plots: 0, pictures: 0, problems: [] });
  });

  test("typesets formulas and keeps the code, its count and its text", async () => {
    const cell: Cell = {
      ...code("const x = 1;", [{ output_type: "stream", name: "stdout", text: "x < 2\n" }]),
      execution_count: 7,
    };
    const page = await exported("prose", [
      prose("# A title\n\nLet $\\sqrt{\\bar\\alpha_t}$ be.\n\n$$x^2$$"),
      cell,
    ]);
    expect((await checkPage(chromium, page)).problems).toEqual([]);
    const html = readFileSync(page, "utf8");
    expect(html).toContain("<title>A title</title>");
    expect(html).toContain('<span class="count">7</span>');
    expect(html).toContain("x &lt; 2");
  });

  test.each<[string, Output, RegExp]>([
    [
      "a broken video",
      display({ "text/html": '<video src="data:video/mp4;base64,AAAA"></video>' }),
      /video 1 does not play/,
    ],
    [
      "a plot that cannot be drawn",
      display({ "application/vnd.vegalite.v5+json": { mark: "nonsense" } }),
      /plot 1/,
    ],
    ["an image without content", display({ "image/png": "AAAA" }), /image 1 does not show/],
    [
      "an empty drawing",
      display({ "image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg" width="50" height="50"/>' }),
      /blank/,
    ],
    [
      "a request to the network",
      display({ "text/html": '<img src="https://example.org/a.png">' }),
      /asks for https/,
    ],
    [
      "a failed cell",
      { output_type: "error", ename: "Error", evalue: "x", traceback: ["Error: x"] },
      /failed cell/,
    ],
    [
      "text that reads like an error",
      { output_type: "stream", name: "stdout", text: "TypeError: x\n" },
      /TypeError: x/,
    ],
    ["a script that fails", display({ "text/html": "<script>nothing.here()</script>" }), /a script failed/],
  ])("%s is noticed", async (name, output, problem) => {
    const { problems } = await look(name.replaceAll(" ", "-"), output);
    expect(problems.join("\n")).toMatch(problem);
  });
});

test("a plot's picture is in the page for readers without scripts", async () => {
  const page = await exported("still", [
    code("show()", [display({ "application/vnd.vegalite.v5+json": lineSpec, "image/svg+xml": drawing })]),
  ]);
  expect(readFileSync(page, "utf8")).toMatch(/<div class="drawn"><svg[^>]*><path d="M5 5L75 55"/);
});

test("plot libraries are carried only by pages that need them", async () => {
  const plain = readFileSync(await exported("plain", [code("1")]), "utf8");
  expect(plain).not.toContain("Plotly.newPlot = ");
  expect(plain.length).toBeLessThan(900_000);
});
