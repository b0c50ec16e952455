import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory } from "@tensorflow/tfjs";
import { type PlayServer, servePlay } from "vid2world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PlayClient } from "./client.js";
import { lampModel, lamps } from "./standIn.js";
import { saveTinyModel } from "./tinyModel.js";

const patience = { timeout: 30_000 };

/** Mean brightness of the left and the right half, below the corner that counts. */
function halves(bytes: Uint8Array): [number, number] {
  const sums: [number, number] = [0, 0];
  for (let y = 8; y < 64; y++)
    for (let x = 0; x < 64; x++) sums[x < 32 ? 0 : 1] += bytes[(y * 64 + x) * 3] / (56 * 32);
  return sums;
}

describe("two lamps", () => {
  let server: PlayServer;
  beforeAll(async () => {
    server = await servePlay({ models: { lamps: lampModel() }, world: lamps });
  });
  afterAll(() => server.close());

  async function open(start: Record<string, unknown> = {}): Promise<PlayClient> {
    const client = new PlayClient(server.url);
    await client.start(start);
    return client;
  }

  test("every control changes its own pixels, in the model and beside it", async () => {
    const client = await open();
    const [dark, darkRight] = halves((await client.step()).bytes);
    const [left, right] = halves((await client.step(["more0"])).bytes);
    expect(left - dark).toBeGreaterThan(30);
    expect(Math.abs(right - darkRight)).toBeLessThan(3);
    expect(halves(client.picture(255).bytes)).toEqual([192, 128].map((value) => expect.closeTo(value, 5)));
    const [, bright] = halves((await client.step(["more1"])).bytes);
    expect(bright - darkRight).toBeGreaterThan(30);
    await client.close();
  });

  test("the pace is the page's own, and stays when all begins anew", async () => {
    const [client, other] = [await open(), await open()];
    client.send({ type: "pace", fps: 40 });
    client.send({ type: "reset" });
    expect((await client.until("started")).fps).toBe(40);
    other.send({ type: "reset" });
    expect((await other.until("started")).fps).toBe(15);
    await client.close();
    await other.close();
  });

  test("guidance overstates the action, and strength 0 ignores it", async () => {
    const client = await open();
    const lit: number[] = [];
    for (const strength of [0, 1, 2]) {
      await client.change(0, { strength });
      lit.push(halves((await client.step(["more0"])).bytes)[0]);
    }
    expect(lit.map((value) => (value - 127.5) / 64)).toEqual(
      [0, 1, 2].map((times) => expect.closeTo(times, 1)),
    );
    await client.close();
  });

  test("a key that was down between two frames counts in the next, and only there", async () => {
    const client = await open();
    await client.step();
    client.send({ type: "input", held: ["more0"], mouse: [0, 0], at: 7 });
    client.send({ type: "input", held: [], mouse: [0, 0], at: 8 });
    await client.command({ type: "step" });
    expect(halves(client.picture(255).bytes)[0]).toBeCloseTo(192, 3);
    expect(client.picture(0).inputAt).toBe(7);
    await client.command({ type: "step" });
    expect(halves(client.picture(255).bytes)[0]).toBeCloseTo(128, 3);
    await client.close();
  });

  test("a key that goes down while a frame is denoised begins that frame anew, and is in it", async () => {
    let evaluations = 0;
    let press = (_: number): void => undefined; // at every evaluation
    const slow = lampModel(async () => {
      press(++evaluations);
      await new Promise((resolve) => setTimeout(resolve, 100));
    });
    const other = await servePlay({ models: { lamps: slow }, world: lamps });
    const client = new PlayClient(other.url);
    await client.start({ seed: 4 });
    evaluations = 0;
    const keys = [["more0"], [], ["less1"], [], ["more1"]];
    press = (count) => {
      const held = keys[count - 1];
      if (held) client.send({ type: "input", held, mouse: [0, 0], at: count });
    };
    client.send({ type: "play", on: true });
    await expect.poll(() => client.picture(0).frame, patience).toBe(5);
    await client.command({ type: "play", on: false });
    client.send({ type: "save" });
    const { file } = await client.until("replay");
    expect(file.actions.slice(0, 2)).toEqual([
      [1, 0],
      [0, -1],
    ]);
    client.send({ type: "replay", file });
    expect(await client.until("replayed")).toMatchObject({ same: file.actions.length, notice: "" });
    await client.close();
    await other.close();
  });

  test("back and forth again: the same bits", async () => {
    const client = await open({ seed: 5 });
    const path = [["more0"], [], ["more1"], ["less0"], [], ["more0", "more1"]];
    for (let i = 0; i < 9; i++) await client.step();
    const made = [];
    for (const held of path) made.push(await client.step(held));
    const { frame } = await client.command({ type: "seek", frame: made[0].frame - 1 });
    expect(frame).toBe(made[0].frame - 1);
    for (const [i, held] of path.entries()) expect((await client.step(held)).bytes).toEqual(made[i].bytes);
    await client.close();
  });

  test("a recording plays again bit for bit, rewinds and changed settings included", async () => {
    const client = await open({ seed: 3, panes: [{ strength: 2 }, { strength: 0 }] });
    for (const held of [["more0"], [], ["more1"]]) await client.step(held);
    await client.change(1, { historyLevel: 10 });
    for (const held of [["less0"], ["less1"], []]) await client.step(held);
    await client.change(0, { steps: 3 });
    await client.step(["more0"]);
    await client.command({ type: "seek", frame: 8 });
    const last = await client.step(["more1"]);
    client.send({ type: "save" });
    const { file } = await client.until("replay");
    expect(file.actions.length).toBe(6);
    const other = await open();
    other.send({ type: "replay", file });
    expect(await other.until("replayed")).toMatchObject({ same: 12, of: 12, notice: "" });
    expect(other.picture(0).bytes).toEqual(last.bytes);
    other.send({ type: "replay", file: { ...file, cardHash: "other", digests: [["0"], []] } });
    expect(await other.until("replayed")).toMatchObject({
      same: 0,
      notice: expect.stringContaining("other weights"),
    });
    await client.close();
    await other.close();
  });

  test("the fan shows what every control does, and leaves the state as it was", async () => {
    const client = await open();
    await client.step();
    const { frame } = await client.command({ type: "fan", pane: 0 });
    const branches = client.packets.filter(({ kind }) => kind === 2);
    expect(branches.length).toBe(10); // nothing and four controls, model and simulator
    const [nothing, more0] = [0, 1].map(
      (branch) => branches.find((each) => each.pane === 0 && each.branch === branch)!.bytes,
    );
    expect(halves(more0)[0] - halves(nothing)[0]).toBeGreaterThan(30);
    expect(halves(more0)[1]).toBeCloseTo(halves(nothing)[1], 1);
    const after = await client.step(["more1"]);
    expect(after.frame).toBe(frame + 1);
    const same = await open();
    await same.step();
    expect((await same.step(["more1"])).bytes).toEqual(after.bytes);
    await client.close();
    await same.close();
  });

  test("two pages share nothing but the network", async () => {
    const [one, two] = await Promise.all([open({ seed: 1 }), open({ seed: 2 })]);
    await Promise.all([one.step(["more0"]), two.step(["more1"])]);
    expect(halves(one.picture(255).bytes)[0]).toBeCloseTo(192, 3);
    expect(halves(two.picture(255).bytes)[0]).toBeCloseTo(128, 3);
    expect(one.picture(255).frame).toBe(two.picture(255).frame);
    await one.close();
    await two.close();
  });

  test("four panes follow one stream of keys; a simulator beside itself does not drift", async () => {
    const client = await open({ panes: [{}, { strength: 1 }, { strength: 4 }, { model: "simulator" }] });
    await client.step(["more0"]);
    const [first, weak, strong] = [0, 1, 2].map((pane) => halves(client.picture(pane).bytes)[0]);
    expect([weak < first, first < strong]).toEqual([true, true]);
    expect(client.picture(3).drift).toBe(0);
    expect(client.picture(0).drift).toBeGreaterThan(0);
    client.send({ type: "start", panes: [{}, {}, {}, {}, {}] });
    await expect(client.until("started")).rejects.toThrow("start has a field out of its range");
    await client.close();
  });

  test("videos of all panes come as mp4 and gif", async () => {
    const client = await open();
    await client.step(["more0"]);
    for (const [format, magic] of [
      ["mp4", "ftyp"],
      ["gif", "GIF8"],
    ]) {
      client.send({ type: "export", format });
      await expect.poll(() => client.packets.at(-1)?.kind, patience).toBe(3);
      expect(client.packets.pop()!.bytes.subarray(0, 8).toString("latin1")).toContain(magic);
    }
    await client.close();
  });

  test("a long play keeps what it keeps, and a page that leaves leaves no tensor", async () => {
    await server.stats();
    const before = memory().numTensors;
    const client = await open();
    for (let i = 0; i < 20; i++) await client.step();
    const early = memory().numTensors;
    expect(early).toBeGreaterThan(before);
    const { first } = await client.command({ type: "seek", frame: 0 });
    expect(first).toBe(3); // the last frame of the start
    await client.close();
    await expect.poll(async () => (await server.stats()).tensors, patience).toBe(before);
  });

  test("what cannot be done is said in a sentence, and play goes on", async () => {
    const client = await open({ world: "nowhere", panes: [{ model: "nobody" }] });
    for (const [message, text] of [
      [{ type: "check", pane: 0 }, "There is no cache to check"],
      [{ type: "fan", pane: 3 }, "There is no pane 4."],
      [{ type: "settings", pane: 0, changes: { mask: "full" } }, "Only a model in a folder"],
      [{ type: "replay", file: { format: "none" } }, "The file is no recording"],
    ] as const) {
      client.send(message);
      await expect(client.until("replayed")).rejects.toThrow(text);
    }
    expect((await client.step(["more0"])).frame).toBeGreaterThan(3);
    await client.close();
  });
});

describe("a network in a folder, in a worker", () => {
  const folder = mkdtempSync(join(tmpdir(), "play-"));
  let server: PlayServer;
  beforeAll(async () => {
    await saveTinyModel(join(folder, "arena-tiny"), 51);
    server = await servePlay({ models: [join(folder, "arena-tiny")], threads: 1 });
  });
  afterAll(async () => {
    await server.close();
    rmSync(folder, { recursive: true });
  });

  test("it is played with its cache: 2S + 1 evaluations for a frame, and the check finds the cache exact", async () => {
    const client = new PlayClient(server.url);
    const { panes, world } = await client.start();
    expect([world, panes[0].cache, panes[0].model]).toEqual(["arena", "rolling", "arena-tiny"]);
    const seen = [];
    for (let i = 0; i < 7; i++) seen.push(await client.step(["forward"]));
    expect(seen.slice(1).map(({ frameEvaluations }) => frameEvaluations)).toEqual(Array(6).fill(5));
    client.send({ type: "check", pane: 0 });
    const check = await client.until("check");
    expect(check).toMatchObject({
      history: 5,
      exact: { frameEvaluations: 5 },
      none: { frameEvaluations: 24 },
    });
    expect(check.difference).toBeLessThan(1e-5);
    expect(check.difference).toBeGreaterThanOrEqual(0);
    await client.close();
  });

  test("a mask or norm that lets the future in turns the cache off and says so; recordings say which weights", async () => {
    const client = new PlayClient(server.url);
    const { panes, notice } = await client.start({ panes: [{ norm: "clip", window: 5 }] });
    expect([panes[0].cache, notice]).toEqual(["none", expect.stringContaining("cannot be cached")]);
    await client.step(["fire"]);
    expect(await client.change(0, { norm: "trained", mask: "full" })).toMatchObject({
      mask: "full",
      cache: "none",
    });
    const last = await client.step(["left"]);
    client.send({ type: "save" });
    const { file } = await client.until("replay");
    expect(Object.keys(file.card.models["arena-tiny"])).toEqual([
      "codec.safetensors",
      "network.safetensors",
      "world.json",
    ]);
    client.send({ type: "replay", file });
    expect(await client.until("replayed")).toMatchObject({ same: 2, of: 2, notice: "" });
    expect(client.picture(0).bytes).toEqual(last.bytes);
    await client.close();
  });

  test("fifty pages that come and go leave no tensor behind", async () => {
    const settled = async () => {
      await expect.poll(async () => (await server.stats()).sessions, patience).toBe(0);
      return (await server.stats()).tensors;
    };
    const visit = async (i: number) => {
      const client = new PlayClient(server.url);
      if (i % 2) await client.start({ seed: i });
      if (i % 4 === 1) await client.step(["forward"]);
      if (i % 4 === 3) client.send({ type: "play", on: true });
      await client.close();
    };
    await visit(1);
    const before = await settled();
    for (let i = 0; i < 50; i += 5) await Promise.all([0, 1, 2, 3, 4].map((j) => visit(i + j)));
    expect(await settled()).toBe(before);
  });
});
