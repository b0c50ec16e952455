/** The engine in a thread of its own, so that nothing it computes keeps keys and pictures waiting. */
import { parentPort, workerData } from "node:worker_threads";
import { useBackend } from "../engine/backends.js";
import { builtInWorld, builtInWorldNames } from "./builtInWorlds.js";
import { createEngine, type EngineStats } from "./engine.js";
import { modelInFolder } from "./modelFolders.js";
import type { ClientMessage, ServerMessage } from "./protocol.js";
import { packageCard } from "./version.js";

export interface WorkerSettings {
  readonly folders: readonly string[];
  /** The world that all models are of; unless given, their folders' names say it. */
  readonly world?: string;
  readonly notice: string;
  readonly threads?: number;
  readonly workers: 1 | 2;
}

export type ToWorker =
  | { readonly type: "open" | "close"; readonly session: number }
  | { readonly type: "message"; readonly session: number; readonly message: ClientMessage }
  | { readonly type: "stats" | "ping" | "end" };

export type FromWorker =
  | { readonly type: "ready" }
  | { readonly type: "pong" }
  | { readonly type: "failed"; readonly text: string }
  | { readonly type: "output"; readonly session: number; readonly output: ServerMessage | Uint8Array }
  | { readonly type: "stats"; readonly stats: EngineStats };

async function main(settings: WorkerSettings, tell: (message: FromWorker, owned?: ArrayBuffer[]) => void) {
  const { folders, world, notice, threads, workers } = settings;
  await useBackend("cpu"); // as everywhere where nobody chose another
  const first = world ? [world] : [];
  const names = [...first, ...builtInWorldNames.filter((name) => name !== world)];
  const models = [];
  for (const folder of folders) models.push(await modelInFolder(folder, names, { threads, workers }, world));
  const card = { ...packageCard(), threads: threads ?? "all", workers };
  const engine = createEngine({ worlds: names.map(builtInWorld), models, notice, card }, (session, output) =>
    tell(
      { type: "output", session, output },
      output instanceof Uint8Array ? [output.buffer as ArrayBuffer] : [],
    ),
  );
  parentPort?.on("message", async (message: ToWorker) => {
    if (message.type === "open") engine.open(message.session);
    else if (message.type === "close") engine.close(message.session);
    else if (message.type === "message") engine.message(message.session, message.message);
    else if (message.type === "ping") tell({ type: "pong" });
    else if (message.type === "stats") tell({ type: "stats", stats: await engine.stats() });
    else {
      await engine.dispose();
      process.exit(0);
    }
  });
  tell({ type: "ready" });
  await engine.prepare().catch(() => {}); // the page that asks for the same is told why
}

const port = parentPort;
if (port) {
  const tell = (message: FromWorker, owned: ArrayBuffer[] = []) => port.postMessage(message, owned);
  main(workerData as WorkerSettings, tell).catch((error: Error) =>
    tell({ type: "failed", text: error.message }),
  );
}
