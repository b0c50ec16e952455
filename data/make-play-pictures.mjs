/**
 * Makes the README's pictures of the play page with the page itself: serves it, drives a world model with real key presses
 * in Chromium, takes a screenshot and saves what the page's own button exports.
 *
 *     npm run build && node data/make-play-pictures.mjs [model, arena-lab unless given]
 */
import { join } from "node:path";
import { chromium } from "playwright-core";
import { servePlay } from "vid2world";
import { findChromium } from "../.workbench/chromium.mjs";
import { root } from "../.workbench/paths.mjs";

const model = process.argv[2] ?? "arena-lab";
const world = model.split("-")[0];
const keys = {
  tabletop: ["KeyW", "KeyA", "KeyS", "KeyD"],
  arena: ["KeyF", "ArrowRight", "ArrowLeft", "KeyW"],
  trail: ["KeyW", "KeyA", "KeyW", "KeyD"],
}[world];
const millisecondsDown = 500;

const executablePath = findChromium();
if (!executablePath) throw new Error("make-play-pictures: there is no Chromium; npm test installs one where it may.");
const server = await servePlay({ models: [join(root, "data", "models", model)], world, port: 0 });
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
try {
  const page = await browser.newPage({ viewport: { width: 1300, height: 860 }, acceptDownloads: true });
  await page.goto(`${server.url}#seed=7`);
  await page.locator("body[data-ready=true]").waitFor({ timeout: 120_000 });
  for (const key of keys) {
    await page.keyboard.down(key);
    await page.waitForTimeout(millisecondsDown);
    if (key === keys[0]) await page.screenshot({ path: join(root, "data", "play.png") });
    await page.keyboard.up(key);
  }
  await page.keyboard.press("KeyP");
  const saved = page.waitForEvent("download", { timeout: 120_000 });
  await page.click('[data-export="gif"]');
  await (await saved).saveAs(join(root, "data", "play.gif"));
} finally {
  await browser.close();
  await server.close();
}
