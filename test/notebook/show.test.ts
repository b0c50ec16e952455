import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, type Tensor4D } from "@tensorflow/tfjs";
import {
  readVideo,
  showFigure,
  showFilmstrip,
  showMarkdown,
  showPlot,
  showProgress,
  showTable,
  showVideo,
  uniformNoise,
} from "vid2world";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Published, startKernel, stopKernel } from "./kernel.js";

// The library's own copy of sharp: the checks need no dependency of their own.
const sharp = createRequire(createRequire(import.meta.url).resolve("vid2world"))("sharp");

let shown: Published[];
beforeEach(() => {
  shown = startKernel();
});
afterEach(stopKernel);

/** Size of a base64 PNG and the share of its pixels that are neither white nor grey. */
async function picture(base64: unknown) {
  const { data, info } = await sharp(Buffer.from(String(base64), "base64"))
    .removeAlpha()
    .raw()
    .toBuffer({ resolveWithObject: true });
  let coloured = 0;
  let dark = 0;
  for (let i = 0; i < data.length; i += 3) {
    const [low, high] = [
      Math.min(data[i], data[i + 1], data[i + 2]),
      Math.max(data[i], data[i + 1], data[i + 2]),
    ];
    if (high - low > 60) coloured++;
    if (high < 110) dark++;
  }
  const pixels = info.width * info.height;
  return { width: info.width, height: info.height, coloured: coloured / pixels, dark: dark / pixels };
}

const line = {
  title: "PSNR by frame",
  data: { values: [1, 2, 3].map((frame) => ({ frame, psnr: 20 - frame })) },
  mark: "line",
  encoding: {
    x: { field: "frame", type: "quantitative" },
    y: { field: "psnr", type: "quantitative" },
  },
};

describe("showPlot", () => {
  test("gives JSON, a picture of twice the size shown, and words, in one bundle", async () => {
    await showPlot(line);
    expect(shown).toHaveLength(1);
    const [{ data, metadata, isUpdate }] = shown;
    expect(isUpdate).toBe(false);
    expect(Object.keys(data)).toEqual(["application/vnd.vegalite.v5+json", "image/png", "text/plain"]);
    expect(data["application/vnd.vegalite.v5+json"]).toMatchObject({ mark: "line", encoding: line.encoding });
    expect(data["text/plain"]).toBe("[plot: PSNR by frame]");
    const { width, height, coloured, dark } = await picture(data["image/png"]);
    expect(metadata["image/png"]).toEqual({ width: width / 2, height: height / 2 });
    expect(width).toBeGreaterThan(900);
    expect(coloured).toBeGreaterThan(0.002); // the line
    expect(dark).toBeGreaterThan(0.002); // the title
  });

  test("keeps what the spec's own config says", async () => {
    await showPlot({ ...line, config: { axis: { labelFontSize: 30 }, line: { color: "red" } } });
    const { config } = shown[0].data["application/vnd.vegalite.v5+json"] as {
      config: Record<string, object>;
    };
    expect(config.axis).toMatchObject({ labelFontSize: 30, gridColor: expect.any(String) });
    expect(config.line).toMatchObject({ color: "red", strokeWidth: expect.any(Number) });
  });

  test("a spec that cannot be drawn is refused with the reason", async () => {
    const broken = { ...line, transform: [{ filter: "datum.frame >" }] };
    await expect(showPlot(broken)).rejects.toThrow(/^showPlot: the spec cannot be drawn: /);
    expect(shown).toHaveLength(0);
  });
});

describe("showFigure", () => {
  const kinds = {
    heatmap: { type: "heatmap", z: [[0, 1, 0.5]] },
    surface: { type: "surface", z: [[0, 1], [1, 0]] }, // biome-ignore format: short
    lines: { type: "scatter", y: [1, 3, 2] },
    bars: { type: "bar", x: ["a", "b"], y: [1, 3] },
  };
  for (const [kind, trace] of Object.entries(kinds))
    test(`${kind}: plotly JSON and a picture`, async () => {
      await showFigure({ data: [trace], layout: { title: { text: "Noise plan" } } });
      const [{ data }] = shown;
      expect(data["application/vnd.plotly.v1+json"]).toMatchObject({ data: [trace] });
      expect(data["text/plain"]).toBe(`[figure: Noise plan (${trace.type})]`);
      expect((await picture(data["image/png"])).coloured).toBeGreaterThan(0.002);
    });

  test("a kind of trace that is not drawn has JSON and words, and no picture", async () => {
    await showFigure({ data: [{ type: "pie", values: [1, 2] }] });
    expect(Object.keys(shown[0].data)).toEqual(["application/vnd.plotly.v1+json", "text/plain"]);
    expect(shown[0].data["text/plain"]).toBe("[figure (pie)]");
  });

  test("a figure without traces is refused", async () => {
    await expect(showFigure({ data: [] })).rejects.toThrow(/figure has no data/);
  });
});

describe("showVideo", () => {
  test("plays an mp4 of both videos side by side, each pixel enlarged; no tensor stays", async () => {
    const [truth, guess] = [1, 2].map((seed) => uniformNoise([5, 8, 10, 3], seed).round() as Tensor4D);
    const before = memory().numTensors;
    await showVideo({ truth, "guess <1>": guess }, { fps: 5, scale: 4 });
    expect(memory().numTensors).toBe(before);
    const html = String(shown[0].data["text/html"]);
    expect(html).toMatch(/<video controls loop autoplay muted playsinline width="88"/); // 2 × 40 and a gap of 8
    expect(html).toContain("guess &lt;1&gt;");
    expect(html).not.toContain("<1>");
    expect((await picture(shown[0].data["image/png"])).width).toBeGreaterThan(60);

    const folder = mkdtempSync(join(tmpdir(), "show-video-"));
    const [, base64] = /data:video\/mp4;base64,([^"]+)"/.exec(html)!;
    writeFileSync(join(folder, "clip.mp4"), Buffer.from(base64, "base64"));
    const played = await readVideo(join(folder, "clip.mp4"));
    rmSync(folder, { recursive: true });
    expect(played.shape).toEqual([5, 32, 88, 3]);
    // The brightness at the middle of each enlarged pixel is that of the tensor.
    const [shownValues, values] = [await played.array(), await guess.array()];
    for (const [y, x] of [
      [0, 0],
      [7, 9],
      [3, 5],
    ])
      for (const t of [0, 4]) {
        const mean = (rgb: number[]) => 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2];
        expect(mean(shownValues[t][4 * y + 2][48 + 4 * x + 2])).toBeCloseTo(mean(values[t][y][x]), 0);
      }
    for (const tensor of [truth, guess, played]) tensor.dispose();
  });

  test("videos of different shapes are refused by name", async () => {
    const [a, b] = [uniformNoise([2, 8, 8, 3], 1), uniformNoise([3, 8, 8, 3], 1)] as Tensor4D[];
    await expect(showVideo({ a, b })).rejects.toThrow("showVideo: a [2,8,8,3] and b [3,8,8,3]");
    await expect(showVideo({})).rejects.toThrow(/videos is empty/);
    a.dispose();
    b.dispose();
  });
});

describe("showFilmstrip", () => {
  test("draws rows of chosen frames, with names at the left", async () => {
    const [truth, guess] = [1, 2].map((seed) => uniformNoise([6, 8, 8, 3], seed) as Tensor4D);
    await showFilmstrip({ truth, guess }, { frames: [0, 3, 5], firstNumber: 10, scale: 2 });
    const { data, metadata } = shown[0];
    expect(data["text/plain"]).toBe("[film strip: truth, guess; frames 10, 13, 15]");
    const { width, height } = metadata["image/png"] as { width: number; height: number };
    expect(height).toBeGreaterThan(2 * 16);
    expect(width).toBeGreaterThan(3 * 16 + 20);
    await expect(showFilmstrip(truth, { frames: [6] })).rejects.toThrow(
      /each of frames is 6; .* from 0 to 5/,
    );
    truth.dispose();
    guess.dispose();
  });

  test("one video alone needs no name", async () => {
    const video = uniformNoise([3, 8, 8, 3], 1) as Tensor4D;
    await showFilmstrip(video);
    expect(shown[0].data["text/plain"]).toBe("[film strip; frames 0, 1, 2]");
    video.dispose();
  });

  test("columns that are no frames in time have words above them", async () => {
    const pictures = uniformNoise([2, 8, 8, 3], 1) as Tensor4D;
    await showFilmstrip(pictures, { headings: ["left", "right"] });
    expect(shown[0].data["text/plain"]).toBe("[film strip; columns left, right]");
    await expect(showFilmstrip(pictures, { headings: ["left"] })).rejects.toThrow(
      "showFilmstrip: headings has 1 words; expected 2, one for each frame shown",
    );
    pictures.dispose();
  });
});

describe("showProgress", () => {
  test("redraws one display in place, at most four times a second, and ends on the last state", () => {
    vi.useFakeTimers({ toFake: ["performance"] });
    const bar = showProgress(1000, { label: "training" });
    for (let step = 1; step <= 1000; step++) {
      vi.advanceTimersByTime(2);
      bar.update(step, { loss: 1 / step });
    }
    bar.end();
    vi.useRealTimers();
    const [first, ...updates] = shown;
    expect(first.isUpdate).toBe(false);
    expect(updates.length).toBeLessThanOrEqual(9); // two seconds
    expect(updates.length).toBeGreaterThanOrEqual(7);
    for (const update of updates) {
      expect(update.isUpdate).toBe(true);
      expect(update.transient).toEqual(first.transient);
    }
    expect(updates.at(-1)!.data["text/plain"]).toBe("training  100 %  1000/1000  loss 1.0e-3  0:02");
    expect(updates[1].data["text/plain"]).toMatch(/loss 4\.0e-3 {2}0:01, 0:02 left$/);
  });

  test("outside a notebook it writes one line at the end", () => {
    stopKernel();
    const written: string[] = [];
    const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
      written.push(String(text));
      return true;
    });
    const bar = showProgress(10);
    bar.update(10, { loss: 0.5 });
    bar.end();
    write.mockRestore();
    expect(written).toEqual(["progress  100 %  10/10  loss 0.500  0:00\n"]);
  });

  test("a total of nothing is refused", () => {
    expect(() => showProgress(0)).toThrow(/total is 0/);
  });
});

test("showTable aligns numbers, escapes words, and has a plain form", () => {
  showTable(
    [
      { method: "a <b>", psnr: 18.23456, clips: 8 },
      { method: "longer", psnr: 0.0000123, clips: 1024 },
    ],
    { caption: "Rollouts" },
  );
  expect(shown[0].data["text/plain"]).toBe(
    ["Rollouts", "method     psnr  clips", "a <b>    18.235      8", "longer  1.23e-5   1024"].join("\n"),
  );
  expect(shown[0].data["text/html"]).toContain("a &lt;b&gt;");
});

test("showMarkdown passes its words on", () => {
  showMarkdown("**0**");
  expect(shown[0].data).toEqual({ "text/markdown": "**0**", "text/plain": "**0**" });
});

test("outside a notebook the others fail with a named error that tells the way out", async () => {
  stopKernel();
  const video = uniformNoise([2, 8, 8, 3], 1) as Tensor4D;
  for (const [name, show] of [
    ["showPlot", () => showPlot(line)],
    ["showFigure", () => showFigure({ data: [{ type: "bar", y: [1] }] })],
    ["showVideo", () => showVideo(video)],
    ["showFilmstrip", () => showFilmstrip(video)],
    ["showTable", async () => showTable([])],
    ["showMarkdown", async () => showMarkdown("")],
  ] as const) {
    const failure = await show().catch((error: Error) => error);
    expect(failure).toMatchObject({ name: "NotebookError" });
    expect(String(failure)).toContain(`${name}: there is no notebook here; run it in a cell`);
  }
  video.dispose();
});
