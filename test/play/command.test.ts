/** npm run play, and the page in a notebook. */
import { spawn, spawnSync } from "node:child_process";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { builtInWorldNames, modelsOfWorlds, NotebookError, showPlay } from "vid2world";
import { expect, test } from "vitest";
import { root } from "../../.workbench/paths.mjs";
import { startKernel, stopKernel } from "../notebook/kernel.js";
import { PlayClient } from "./client.js";
import { lampModel, lamps } from "./standIn.js";

const script = join(root, ".workbench", "play.mjs");

function play(...options: string[]) {
  const { status, stderr } = spawnSync(process.execPath, [script, ...options], { encoding: "utf8" });
  return [status, stderr];
}

test("what is wrong with the options is said in one sentence", async () => {
  expect(play("--fast")).toEqual([
    1,
    "npm run play: there is no option --fast; there are --world, --model, --port and --open.\n",
  ]);
  expect(play("--port", "high")).toEqual([
    1,
    "npm run play: --port is high; expected a whole number from 0 to 65535.\n",
  ]);
  const [status, message] = play("--model", "nobody");
  expect(status).toBe(1);
  expect(message).toMatch(
    /^npm run play: there is no model nobody, neither as a folder with a world\.json nor in data\/models \(there: [^)]+\)\.\n$/,
  );
  expect(play("--world", "moon", "--port", "0")).toEqual([
    1,
    "npm run play: there is no world moon; there are: tabletop, arena, trail.\n",
  ]);
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  expect(play("--port", String(port))).toEqual([
    1,
    `npm run play: port ${port} is in use; give another one, or 0 for any that is free.\n`,
  ]);
  other.close();
});

test.each(["tabletop", "arena", "trail"])("the true %s can be played without any model", async (world) => {
  const child = spawn(process.execPath, [script, "--port", "0", "--world", world], {
    env: { ...process.env, PATH: "" }, // no browser to be found either
    stdio: ["ignore", "pipe", "inherit"],
  });
  try {
    const url = await new Promise<string>((resolve) => {
      let said = "";
      child.stdout.setEncoding("utf8").on("data", (text) => {
        said += text;
        const found = /at (http:\/\/127\.0\.0\.1:\d+\/); stop with Ctrl-C/.exec(said);
        if (found) resolve(found[1]);
      });
    });
    const client = new PlayClient(url);
    const started = await client.start({ panes: [{ model: "simulator" }] });
    expect(started).toMatchObject({ world, panes: [{ model: "simulator" }] });
    const before = client.picture(0).bytes;
    for (let i = 0; i < 3; i++) await client.step(["ahead", "forward", "turnLeft", "lookLeft"]);
    expect(client.picture(0).bytes).not.toEqual(before);
    expect(client.picture(0).drift).toBe(0);
    await client.close();
  } finally {
    child.kill();
  }
});

test("a notebook cell shows the page that is served, and an exported page asks for nothing", async () => {
  await expect(showPlay(lampModel(), { world: lamps })).rejects.toThrow(NotebookError);
  const shown = startKernel();
  try {
    const server = await showPlay(lampModel(), { world: lamps, height: 500 });
    const [{ data }] = shown;
    const html = data["text/html"] as string;
    expect(data["text/plain"]).toContain(server.url);
    expect(html).toContain(`page.src = "${server.url}"`);
    expect(html).toContain('if (location.protocol === "file:") return;');
    expect(html).not.toMatch(/<iframe|<img|<link/); // nothing that loads by itself
    const client = new PlayClient(server.url);
    expect((await client.start()).panes[0].model).toBe("model");
    await client.close();
    await server.close();
  } finally {
    stopKernel();
  }
});

test("models of a world are those whose folders begin with its name", () => {
  const folders = ["a/arena-lab", "a/passive-lab", "a/trail", "a/tabletop-x", "a/arenas"];
  expect(modelsOfWorlds(folders, builtInWorldNames)).toEqual(["a/arena-lab", "a/trail", "a/tabletop-x"]);
  expect(modelsOfWorlds(folders, ["arena"])).toEqual(["a/arena-lab"]);
});
