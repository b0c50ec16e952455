/** The page in a real browser. */
import { readFileSync } from "node:fs";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";
import { type PlayServer, servePlay } from "vid2world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findChromium } from "../../.workbench/chromium.mjs";
import { lampModel, lamps } from "./standIn.js";

const executablePath = findChromium() ?? "";
const patience = { timeout: 30_000 };

const serve = (port = 0) => servePlay({ models: { lamps: lampModel() }, world: lamps, port });

describe.skipIf(!executablePath)("the play page in Chromium", () => {
  let server: PlayServer;
  let browser: Browser;
  let context: BrowserContext;
  let problems: string[];

  beforeAll(async () => {
    server = await serve();
    browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu"] });
    context = await browser.newContext({ viewport: { width: 1300, height: 900 }, acceptDownloads: true });
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function open(hash = ""): Promise<Page> {
    problems = [];
    const page = await context.newPage();
    const { host } = new URL(server.url);
    page.on("pageerror", (error) => problems.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("WebSocket")) problems.push(message.text());
    });
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.host !== host && url.protocol !== "blob:") problems.push(`asks for ${url}`);
    });
    await page.goto(server.url + hash);
    await page.locator("body[data-ready=true]").waitFor(patience);
    return page;
  }

  /** Brightness in the middle of the left and the right half of a pane. */
  const halves = (page: Page, pane: string | number = 0) =>
    page.locator(`#views canvas[data-pane="${pane}"]`).evaluate((canvas) => {
      const context = (canvas as HTMLCanvasElement).getContext("2d")!;
      const mean = (left: number) => {
        const { data } = context.getImageData(left, 10, 30, 50);
        return data.reduce((sum, value, i) => sum + (i % 4 === 0 ? value : 0), 0) / (data.length / 4);
      };
      return [mean(1), mean(33)];
    });
  const pixels = (page: Page) =>
    page
      .locator('#views canvas[data-pane="0"]')
      .evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
  const frame = async (page: Page) => Number(await page.textContent("#frame"));
  const frameIs = (page: Page, number: number) => expect.poll(() => frame(page), patience).toBe(number);
  /** One frame; at the very start, where a key would begin to play, one without keys comes before. */
  async function step(page: Page, key?: string): Promise<void> {
    if (key && (await page.textContent("#status"))?.startsWith("Ready")) await step(page);
    const before = await frame(page);
    if (key) await page.keyboard.down(key);
    await page.click("#step");
    await frameIs(page, before + 1);
    if (key) await page.keyboard.up(key);
    await expect.poll(() => page.textContent("#status"), patience).toBe("Paused");
  }

  test("a key of the world starts play and lights its own half; pause stops it", async () => {
    const page = await open();
    await page.keyboard.down("KeyQ");
    await expect.poll(async () => (await halves(page))[0], patience).toBeGreaterThan(160);
    expect((await halves(page))[1]).toBeLessThan(140);
    expect((await halves(page, "simulator"))[0]).toBeGreaterThan(180);
    await page.keyboard.up("KeyQ");
    await expect.poll(async () => (await halves(page))[0], patience).toBeLessThan(140);
    await expect.poll(() => page.textContent("#latency"), patience).toMatch(/^\d+ ms, p95 \d+$/);
    await expect.poll(() => page.textContent("#fps"), patience).toMatch(/^\d+\.\d$/);
    await page.keyboard.press("KeyP");
    await expect.poll(() => page.textContent("#play"), patience).toBe("Play");
    const stopped = await frame(page);
    await page.waitForTimeout(400);
    expect(await frame(page)).toBe(stopped);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a button is a key, by pointer and keyboard; every pixel is a whole number of screen pixels", async () => {
    const page = await open();
    const button = page.locator('[data-control="more1"]');
    await button.hover();
    await page.mouse.down();
    await expect.poll(async () => (await halves(page))[1], patience).toBeGreaterThan(160);
    await page.mouse.up();
    await expect.poll(async () => (await halves(page))[1], patience).toBeLessThan(140);
    await button.focus();
    await page.keyboard.down("Enter");
    await expect.poll(async () => (await halves(page))[1], patience).toBeGreaterThan(160);
    await page.keyboard.up("Enter");
    for (const width of [1300, 390]) {
      await page.setViewportSize({ width, height: 900 });
      const side = await page.locator('canvas[data-pane="0"]').evaluate((canvas) => canvas.clientWidth);
      expect([side % 64, side >= 128]).toEqual([0, true]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      expect(wide).toBeLessThanOrEqual(width);
    }
    await page.close();
  });

  test("step, back, the same step: the same picture; reset begins anew", async () => {
    const page = await open("#seed=4");
    const start = await pixels(page);
    await step(page);
    await step(page, "KeyQ");
    const lit = await pixels(page);
    const at = await frame(page);
    await page.keyboard.press("Comma");
    await frameIs(page, at - 1);
    expect(await pixels(page)).not.toBe(lit);
    await step(page, "KeyQ");
    expect(await pixels(page)).toBe(lit);
    await page.keyboard.press("Backspace");
    await frameIs(page, 3);
    await expect.poll(() => pixels(page), patience).toBe(start);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("knobs change the next frame and the address; the address brings them back", async () => {
    const page = await open("#seed=2");
    await step(page, "KeyQ");
    const [weak] = await halves(page);
    const strength = page.locator('#knobs input[type=number][aria-label="Guidance strength"]');
    await strength.fill("3");
    await strength.press("Tab");
    await expect.poll(() => page.url(), patience).toContain("strength:3");
    await page.locator("#views").focus();
    await step(page, "KeyQ");
    expect((await halves(page))[0]).toBeGreaterThan(weak + 20);
    await page.reload();
    await page.locator("body[data-ready=true]").waitFor(patience);
    await expect.poll(() => strength.inputValue(), patience).toBe("3");
    expect(await page.inputValue("#seed")).toBe("2");
    await page.click('[data-preset="no guidance"]');
    await expect.poll(() => strength.inputValue(), patience).toBe("1");
    expect(await page.locator('[data-preset="masked transfer"]').isDisabled()).toBe(true);
    expect(problems).toEqual([]);
    await page.close();
  });

  test("the pace wanted goes to the server, stays when all begins anew, and is in the address", async () => {
    const page = await open("#seed=3");
    expect(await page.inputValue("#pace")).toBe("15");
    const said: string[] = [];
    page.on("websocket", (socket) => socket.on("framesent", ({ payload }) => said.push(String(payload))));
    await page.fill("#pace", "99");
    await page.press("#pace", "Tab");
    await page.fill("#pace", "40");
    await page.press("#pace", "Tab");
    await expect.poll(() => page.url(), patience).toContain("pace=40");
    await page.reload();
    await page.locator("body[data-ready=true]").waitFor(patience);
    expect(await page.inputValue("#pace")).toBe("40");
    await expect.poll(() => said, patience).toContain('{"type":"pace","fps":40}');
    expect(problems).toEqual([]);
    await page.close();
  });

  test("panes side by side follow the same key", async () => {
    const page = await open();
    await page.click("#addPane");
    await page.locator('canvas[data-pane="1"]').waitFor(patience);
    await expect.poll(() => page.locator("#tabs [role=tab]").count(), patience).toBe(2);
    await page.click('[data-preset="too much guidance"]');
    await expect.poll(() => page.url(), patience).toContain("strength:8");
    await page.locator("#views").focus();
    await step(page, "KeyQ");
    expect((await halves(page, 1))[0]).toBeGreaterThan((await halves(page, 0))[0] + 20);
    await page.close();
  });

  test("the fan draws every action, and the check says why there is none", async () => {
    const page = await open();
    await page.keyboard.press("KeyX");
    await expect.poll(() => page.locator("#fan canvas[data-drawn]").count(), patience).toBe(10);
    await page.click("#check");
    await expect.poll(() => page.textContent("#notice"), patience).toContain("There is no cache to check");
    expect(problems).toEqual([]);
    await page.close();
  });

  test("a recording that was saved plays again with identical frames; a video is saved", async () => {
    const page = await open("#seed=6");
    for (const key of [undefined, "KeyQ", "KeyS"]) await step(page, key);
    const last = await pixels(page);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    const path = await download.path();
    expect(JSON.parse(readFileSync(path, "utf8"))).toMatchObject({ format: "vid2world replay 1", seed: 6 });
    const other = await open("#seed=7");
    await other.setInputFiles("#file", path);
    await expect
      .poll(() => other.textContent("#kept"), patience)
      .toBe("Replayed: 3 of 3 frames are identical, bit for bit. ");
    expect(await pixels(other)).toBe(last);
    const [video] = await Promise.all([other.waitForEvent("download"), other.click('[data-export="gif"]')]);
    expect(
      readFileSync(await video.path())
        .subarray(0, 4)
        .toString(),
    ).toBe("GIF8");
    await page.close();
    await other.close();
  });

  test("two tabs do not mix", async () => {
    const [one, two] = [await open("#seed=1"), await open("#seed=2")];
    await step(one, "KeyQ");
    await step(two, "KeyW");
    const lit = async (page: Page) => (await halves(page, "simulator")).map((value) => value > 160);
    expect([await lit(one), await lit(two)]).toEqual([
      [true, false],
      [false, true],
    ]);
    await one.close();
    await two.close();
  });

  test("when the server comes back, the page does, with its settings and without being asked", async () => {
    const page = await open("#seed=9");
    await step(page, "KeyQ");
    const port = Number(new URL(server.url).port);
    await server.close();
    await expect.poll(() => page.getAttribute("body", "data-connected"), patience).toBe("false");
    await page.keyboard.down("KeyQ"); // said when there is somebody to hear it
    server = await serve(port);
    await page.locator("body[data-ready=true]").waitFor(patience);
    expect(await page.inputValue("#seed")).toBe("9");
    await page.click("#step");
    await expect.poll(async () => (await halves(page, "simulator"))[0], patience).toBeGreaterThan(180);
    await page.close();
  });
});
