import { EventEmitter } from "node:events";
import { get } from "node:http";
import { type PlayServer, servePlay } from "vid2world";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { WebSocket } from "ws";
import { Client } from "../../lib/src/play/client.js";
import { packet } from "../../lib/src/play/protocol.js";
import { PlayClient } from "./client.js";
import { lampModel, lamps } from "./standIn.js";

const patience = { timeout: 30_000 };
let server: PlayServer;
beforeAll(async () => {
  server = await servePlay({ models: { lamps: lampModel() }, world: lamps, sessions: 3 });
});
afterAll(() => server.close());

/** Status, headers and body of the page as somebody asks for it. */
function ask(path: string, headers: Record<string, string> = {}) {
  return new Promise<{ status: number; headers: Record<string, unknown>; body: string }>(
    (resolve, reject) => {
      get(new URL(path, server.url), { headers }, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (text) => {
          body += text;
        });
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
        );
      }).on("error", reject);
    },
  );
}

/** The status with which a WebSocket is refused; 101 if it is not. */
function upgrade(path: string, headers: Record<string, string>): Promise<number> {
  return new Promise((resolve) => {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}${path}`, { headers });
    socket.on("open", () => {
      socket.terminate();
      resolve(101);
    });
    socket.on("unexpected-response", (_, { statusCode }) => {
      socket.terminate();
      resolve(statusCode ?? 0);
    });
    socket.on("error", () => {});
  });
}

const empty = () => expect.poll(async () => (await server.stats()).sessions, patience).toBe(0);

describe("who may come in", () => {
  test("only this machine is listened to", () => {
    expect(server.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  });

  test("the page needs nothing from elsewhere and may be given nothing from elsewhere", async () => {
    const { status, headers, body } = await ask("/");
    expect([status, headers["x-content-type-options"]]).toEqual([200, "nosniff"]);
    expect(headers["content-security-policy"]).toContain("default-src 'self'");
    expect(body).not.toMatch(/https?:\/\//);
    expect((await ask("/main.js")).headers["content-type"]).toContain("text/javascript");
    for (const path of ["/none.js", "/../server.js", "/%2e%2e/server.ts", "/index.html/.."])
      expect([404, 200]).toContain((await ask(path)).status);
    expect((await ask("/..%2fserver.ts")).status).toBe(404);
  });

  test("another host's name for this machine is refused", async () => {
    expect((await ask("/", { host: "evil.example" })).status).toBe(403);
    expect((await ask("/", { host: "127.0.0.1.evil.example" })).status).toBe(403);
  });

  test("a WebSocket from another origin is refused, one from the page is not", async () => {
    const own = server.url.slice(0, -1);
    expect(await upgrade("ws", { origin: own })).toBe(101);
    for (const origin of ["http://evil.example", "null", "http://127.0.0.1:1", own.replace("http", "https")])
      expect([origin, await upgrade("ws", { origin })]).toEqual([origin, 403]);
    expect(await upgrade("ws", { host: "evil.example", origin: "http://evil.example" })).toBe(403);
    expect(await upgrade("other", {})).toBe(404);
    await empty();
  });
});

describe("what clients cannot do", () => {
  test("nonsense is answered with a sentence, and play goes on", async () => {
    const client = new PlayClient(server.url);
    await client.start();
    for (const text of ["", "{", "[]", '{"type":"none"}', '{"type":"seek","frame":-1}']) {
      client.send(text);
      await expect(client.until("started")).rejects.toThrow("The message ");
    }
    client.socket.send(Buffer.from([1, 2, 3]));
    await expect(client.until("started")).rejects.toThrow("The message is binary");
    expect((await client.step(["more0"])).frame).toBe(4);
    await client.close();
    await empty();
  });

  test("a message too large ends its own connection only", async () => {
    const [bystander, client] = [new PlayClient(server.url), new PlayClient(server.url)];
    await Promise.all([bystander.start(), client.start()]);
    client.send(`"${"x".repeat(2_000_000)}"`);
    expect((await client.closed).code).toBe(1009);
    expect((await bystander.step()).frame).toBe(4);
    await bystander.close();
    await empty();
  });

  test("a flood is cut off", async () => {
    const client = new PlayClient(server.url);
    await client.start();
    for (let i = 0; i < 5000; i++) client.send({ type: "step" });
    expect(await client.closed).toEqual({ code: 1008, reason: "Too many messages." });
    await empty();
  });

  test("commands that wait are limited", async () => {
    const client = new PlayClient(server.url);
    await client.start();
    client.messages.length = 0;
    for (let i = 0; i < 40; i++) client.send({ type: "reset" });
    await expect(client.until("never")).rejects.toThrow("Too many commands at once");
    await client.close();
    await empty();
  });

  test("for a client that reads slowly, frames are left out; words and files wait; at last it is let go", () => {
    const socket = Object.assign(new EventEmitter(), {
      OPEN: 1,
      readyState: 1,
      bufferedAmount: 0,
      sent: [] as unknown[],
      send: (data: unknown) => socket.sent.push(data),
      terminate: () => socket.emit("close"),
    });
    const client = new Client(socket as unknown as WebSocket, 900);
    let closed = false;
    client.onClose = () => {
      closed = true;
    };
    const frame = packet({ kind: "frame", pane: 0 }, new Uint8Array(3));
    const file = packet({ kind: "file", pane: 0 }, new Uint8Array(3));
    client.send(frame);
    socket.bufferedAmount = 300_000;
    client.send(frame);
    client.send(file);
    client.send({ type: "error", text: "words" });
    expect(socket.sent).toEqual([frame, file, '{"type":"error","text":"words"}']);
    expect(closed).toBe(false);
    socket.bufferedAmount = 40_000_000;
    client.send({ type: "error", text: "words" });
    expect([socket.sent.length, closed]).toEqual([3, true]);
  });

  test("there are as many pages as there may be, and then one sentence", async () => {
    const clients = [1, 2, 3].map(() => new PlayClient(server.url));
    await Promise.all(clients.map((client) => client.start()));
    const late = new PlayClient(server.url);
    expect(await late.closed).toEqual({
      code: 1013,
      reason: "There are 3 pages open already; close one of them.",
    });
    await Promise.all(clients.map((client) => client.close()));
    await empty();
    const next = new PlayClient(server.url);
    await next.start();
    await next.close();
    await empty();
  });

  test("a page that says nothing is let go", async () => {
    const brief = await servePlay({ models: { lamps: lampModel() }, world: lamps, idleSeconds: 1 });
    const client = new PlayClient(brief.url);
    await client.start();
    expect((await client.closed).code).toBe(4000);
    await expect.poll(async () => (await brief.stats()).sessions, patience).toBe(0);
    await brief.close();
  });
});

test("what is wrong is said at once: a port in use, a folder without a model, a world that is none", async () => {
  const port = Number(new URL(server.url).port);
  await expect(servePlay({ models: { lamps: lampModel() }, world: lamps, port })).rejects.toThrow(
    `play: port ${port} is in use; give another one, or 0 for any that is free.`,
  );
  await expect(servePlay({ models: ["/nowhere/arena-lab"] })).rejects.toThrow(
    "play: /nowhere/arena-lab/world.json cannot be read; expected a folder that saveWorldModel wrote.",
  );
  await expect(servePlay({ world: "moon" })).rejects.toThrow("there is no world moon");
  await expect(servePlay({ models: { lamps: lampModel() } })).rejects.toThrow("world is missing");
});
