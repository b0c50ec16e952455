/**
 * The page and its WebSocket on this machine's own address. Nobody else is let in: other hosts' names and other pages'
 * origins are refused, and every client is held to limits.
 */
import { readdirSync, readFileSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import type { Duplex } from "node:stream";
import fastify from "fastify";
import { WebSocketServer } from "ws";
import { Client } from "./client.js";
import type { Engine, EngineOutput, EngineStats } from "./engine.js";
import { limits } from "./protocol.js";

/** Starts an engine; `onEnd` tells that it ended by itself. */
export type StartEngine = (output: EngineOutput, onEnd: (reason: string) => void) => Promise<Engine>;

export interface ServerOptions {
  /** 0 takes any that is free. */
  readonly port: number;
  /** Pages at once. */
  readonly sessions: number;
  /** A page that says nothing for so long is let go. */
  readonly idleSeconds: number;
}

/** A running play server. */
export interface PlayServer {
  /** Where the page is. */
  readonly url: string;
  stats(): Promise<EngineStats>;
  close(): Promise<void>;
}

const pageFolder = join(__dirname, "..", "..", "src", "play", "page");
const types: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".svg": "image/svg+xml",
};
const headers = {
  "content-security-policy":
    "default-src 'self'; img-src 'self' blob: data:; connect-src 'self' ws://127.0.0.1:* ws://localhost:*; " +
    "base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'self' http://127.0.0.1:* http://localhost:* vscode-webview:",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-cache",
};

/** @throws Error if the port is taken or the engine does not start */
export async function startServer(start: StartEngine, options: ServerOptions): Promise<PlayServer> {
  const clients = new Map<number, Client>();
  let engine: Promise<Engine> | undefined;
  const output: EngineOutput = (session, message) => clients.get(session)?.send(message);
  const running = (): Promise<Engine> => {
    engine ??= start(output, (reason) => {
      engine = undefined;
      for (const client of clients.values()) client.end(1011, `The rollout stopped (${reason}).`);
    });
    engine.catch(() => {
      engine = undefined;
    });
    return engine;
  };
  await running();

  const app = fastify({ forceCloseConnections: true, bodyLimit: 1000 });
  app.addHook("onRequest", async (request, reply) => {
    reply.headers(headers);
    if (!isLoopback(request.headers.host))
      await reply.code(403).send("This page is served to this machine only; open it as 127.0.0.1.\n");
  });
  for (const name of readdirSync(pageFolder)) {
    const type = types[extname(name)];
    const bytes = readFileSync(join(pageFolder, name));
    if (type) app.get(name === "index.html" ? "/" : `/${name}`, (_, reply) => reply.type(type).send(bytes));
  }

  const sockets = new WebSocketServer({ noServer: true, maxPayload: limits.messageBytes });
  let next = 1;
  app.server.on("upgrade", (request, socket, head) => {
    const refusal = whyRefused(request);
    if (refusal) return refuse(socket, refusal);
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      const number = next++;
      const client = new Client(webSocket, options.idleSeconds);
      if (clients.size >= options.sessions)
        return client.end(1013, `There are ${clients.size} pages open already; close one of them.`);
      clients.set(number, client);
      const opened = running().then((ready) => ready.open(number));
      opened.catch((error: Error) => client.end(1011, error.message));
      client.onMessage = (message) =>
        void opened.then(async () => (await running()).message(number, message)).catch(() => {});
      client.onClose = () => {
        clients.delete(number);
        void opened.then(async () => (await running()).close(number)).catch(() => {});
      };
    });
  });

  try {
    await app.listen({ port: options.port, host: "127.0.0.1" });
  } catch (error) {
    await (await running()).dispose();
    if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE") throw error;
    throw new Error(`play: port ${options.port} is in use; give another one, or 0 for any that is free.`);
  }
  const { port } = app.server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/`,
    stats: async () => (await running()).stats(),
    async close() {
      for (const client of clients.values()) client.end(1001, "The server was stopped.");
      sockets.close();
      await app.close();
      await (await engine)?.dispose();
    },
  };
}

/** Names of this machine that need no name server. */
function isLoopback(host: string | undefined): boolean {
  return /^(127\.0\.0\.1|localhost|\[::1\])(:\d+)?$/.test(host ?? "");
}

/** A page of another origin may not steer; programs without a page say no origin. */
function whyRefused({ url, headers: { host, origin } }: IncomingMessage): number {
  if (new URL(url ?? "/", "http://any").pathname !== "/ws") return 404;
  if (!isLoopback(host)) return 403;
  return origin === undefined || origin === `http://${host}` ? 0 : 403;
}

function refuse(socket: Duplex, status: number): void {
  const reason = status === 404 ? "Not Found" : "Forbidden";
  socket.end(`HTTP/1.1 ${status} ${reason}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}
