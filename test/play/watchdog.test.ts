import { createRequire } from "node:module";
import type { Worker, WorkerOptions } from "node:worker_threads";
import { expect, test } from "vitest";
import { PlayClient } from "./client.js";

const require = createRequire(import.meta.url);
const threads: { Worker: typeof Worker } = require("node:worker_threads");
const {
  startEngineWorker,
}: typeof import("../../lib/src/play/engineWorker.js") = require("vid2world/dist/play/engineWorker.js");
const {
  startServer,
}: typeof import("../../lib/src/play/server.js") = require("vid2world/dist/play/server.js");

/** A worker that is ready and then hangs at the first word. */
const hanging = `
  const { parentPort } = require("node:worker_threads");
  parentPort.on("message", () => { for (;;); });
  parentPort.postMessage({ type: "ready" });
`;

test("a worker that does not answer is given up: its page is told, and the next page has another", async () => {
  const { Worker } = threads;
  let started = 0;
  threads.Worker = class extends Worker {
    constructor(path: string, options: WorkerOptions) {
      const first = started++ === 0;
      super(first ? hanging : path, { ...options, eval: first });
    }
  };
  try {
    const settings = { folders: [], notice: "", workers: 1 } as const;
    const server = await startServer(
      (output, onEnd) => startEngineWorker(settings, output, onEnd, started === 0 ? 0.2 : 60),
      { port: 0, sessions: 1, idleSeconds: 900 },
    );
    const page = new PlayClient(server.url);
    expect(await page.closed).toEqual({
      code: 1011,
      reason: "The rollout stopped (it did not answer for 0.2 s).",
    });
    const next = new PlayClient(server.url);
    expect((await next.start()).world).toBe("tabletop");
    expect(started).toBe(2);
    await next.close();
    await server.close();
  } finally {
    threads.Worker = Worker;
  }
});
