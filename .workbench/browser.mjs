/** Opens an exported page in headless Chromium with the network off and reports everything a reader would see fail. */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import sharp from "sharp";
import { cache } from "./paths.mjs";

/**
 * @typedef {object} PageReport
 * @property {number} videos how many there are
 * @property {number} plots interactive ones
 * @property {number} pictures images and SVG drawings outside plots
 * @property {string[]} problems one sentence each; empty when all is well
 */

const flags = [
  "--no-sandbox", // as root in a container there is no other way
  "--disable-gpu",
  "--use-angle=swiftshader",
  "--enable-unsafe-swiftshader",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--no-first-run",
  "--autoplay-policy=no-user-gesture-required",
];

/** Waiting for a video to move or a plot to draw ends here. */
const patienceMilliseconds = 20_000;

/**
 * Whether a picture of an element shows anything: more than one colour, counting coarse shades.
 *
 * @param {import("playwright-core").Locator} element
 */
async function isBlank(element) {
  const { data } = await sharp(await element.screenshot())
    .raw()
    .toBuffer({ resolveWithObject: true });
  const first = data.subarray(0, 3);
  for (let i = 0; i < data.length; i += 3)
    if (data.subarray(i, i + 3).some((value, c) => Math.abs(value - first[c]) > 8)) return false;
  return true;
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string[]} problems
 */
async function checkVideos(page, problems) {
  const states = await page.locator("video").evaluateAll(
    (videos, patience) =>
      Promise.all(
        videos.map(async (element) => {
          const video = /** @type {any} */ (element);
          video.muted = true;
          video.loop = true;
          video.play().catch(() => {});
          const end = Date.now() + patience;
          while (Date.now() < end && !(video.readyState >= 2 && video.currentTime > 0) && !video.error)
            await new Promise((resolve) => setTimeout(resolve, 50));
          const { readyState, videoWidth, currentTime, error } = video;
          return { readyState, videoWidth, currentTime, error: error?.message ?? "" };
        }),
      ),
    patienceMilliseconds,
  );
  states.forEach(({ readyState, videoWidth, currentTime, error }, i) => {
    if (readyState >= 2 && videoWidth > 0 && currentTime > 0 && !error) return;
    problems.push(`video ${i + 1} does not play (state ${readyState}, width ${videoWidth}) ${error}`.trim());
  });
  return states.length;
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string[]} problems
 */
async function checkPlots(page, problems) {
  const plots = page.locator("[data-plot]");
  const count = await plots.count();
  for (let i = 0; i < count; i += 1) {
    const plot = plots.nth(i);
    const name = `plot ${i + 1} (${await plot.getAttribute("data-plot")})`;
    const drawing = plot.locator(".drawn svg, .drawn canvas").first();
    await plot
      .and(page.locator("[data-state]"))
      .waitFor({ state: "attached", timeout: patienceMilliseconds })
      .catch(() => {});
    if ((await plot.getAttribute("data-state")) !== "drawn") problems.push(`${name} was not drawn`);
    else if ((await drawing.count()) === 0) problems.push(`${name} has no drawing`);
    else {
      const box = await drawing.boundingBox();
      if (!box || box.width < 10 || box.height < 10) problems.push(`${name} has no size`);
      else if (await isBlank(plot)) problems.push(`${name} is blank`);
    }
  }
  return count;
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string[]} problems
 */
async function checkPictures(page, problems) {
  const images = page.locator(".outputs img");
  const widths = await images.evaluateAll((all) =>
    all.map((element) => {
      const image = /** @type {any} */ (element);
      return image.complete ? image.naturalWidth : 0;
    }),
  );
  widths.forEach((width, i) => {
    if (width === 0) problems.push(`image ${i + 1} does not show`);
  });
  const drawings = page.locator(".outputs .picture > svg");
  const count = await drawings.count();
  for (let i = 0; i < count; i += 1)
    if (await isBlank(drawings.nth(i))) problems.push(`SVG drawing ${i + 1} is blank`);
  return widths.length + count;
}

/**
 * @param {import("playwright-core").Page} page
 * @param {string[]} problems
 */
async function checkText(page, problems) {
  for (const [selector, what] of [
    [".outputs .error", "the output of a failed cell"],
    [".katex-error", "a formula that cannot be read"],
  ])
    if ((await page.locator(selector).count()) > 0) problems.push(`the page shows ${what}`);
  for (const text of await page.locator(".outputs").allInnerTexts()) {
    const line = text.split("\n").find((part) => /^\s*(Uncaught|Traceback|\w*Error\b)/.test(part));
    if (line) problems.push(`an output reads like an error: ${line.trim()}`);
  }
}

/**
 * @param {string} executable the browser
 * @param {string} file an exported page
 * @returns {Promise<PageReport>}
 */
export async function checkPage(executable, file) {
  mkdirSync(cache, { recursive: true });
  const profile = mkdtempSync(join(cache, "chromium-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: executable,
    args: flags,
    chromiumSandbox: false,
    viewport: { width: 1200, height: 900 },
    offline: true,
    env: { ...process.env, XDG_CONFIG_HOME: profile, XDG_CACHE_HOME: profile },
  });
  /** @type {string[]} */
  const problems = [];
  try {
    const page = await context.newPage();
    const address = pathToFileURL(file).href;
    page.on("request", (request) => {
      if (!/^(data|blob):/.test(request.url()) && request.url() !== address)
        problems.push(`the page asks for ${request.url().slice(0, 200)}`);
    });
    page.on("pageerror", (error) => problems.push(`a script failed: ${error.message}`));
    page.on("console", (message) => {
      if (message.type() === "error") problems.push(`the console shows: ${message.text().slice(0, 200)}`);
    });
    await page.goto(address, { waitUntil: "load" });
    const plots = await checkPlots(page, problems);
    const videos = await checkVideos(page, problems);
    const pictures = await checkPictures(page, problems);
    await checkText(page, problems);
    return { videos, plots, pictures, problems };
  } finally {
    await context.close();
    rmSync(profile, { recursive: true, force: true });
  }
}
