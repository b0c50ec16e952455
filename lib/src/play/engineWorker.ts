/** An engine in a worker, with the face of one in this process. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Engine, EngineOutput, EngineStats } from "./engine.js";
import type { FromWorker, ToWorker, WorkerSettings } from "./worker.js";

/** How often a worker is asked whether it is there before it is given up. */
const questions = 4;

/**
 * Starts a worker and waits until it knows its models.
 *
 * @param onEnd called if it ends before it was told to, with the reason
 * @param patience seconds after which a worker that does not answer is ended; opening a large graph takes most of a minute
 * @throws Error if a model cannot be read
 */
export function startEngineWorker(
  settings: WorkerSettings,
  output: EngineOutput,
  onEnd: (reason: string) => void,
  patience = 120,
): Promise<Engine> {
  const worker = new Worker(join(__dirname, "worker.js"), { workerData: settings });
  const tell = (message: ToWorker) => worker.postMessage(message);
  const asked: ((stats: EngineStats) => void)[] = [];
  const exited = new Promise<void>((resolve) => worker.once("exit", () => resolve()));
  let ending = false;
  let unanswered = 0;
  let watch: NodeJS.Timeout | undefined;
  const ask = () => {
    if (unanswered++ < questions) return tell({ type: "ping" });
    clearInterval(watch);
    if (ending) return;
    ending = true;
    void worker.terminate(); // in native code it ends only when that returns
    onEnd(`it did not answer for ${patience} s`);
  };
  let reason = "it ended";
  const engine: Engine = {
    prepare: async () => {}, // it does so by itself
    open: (session) => tell({ type: "open", session }),
    message: (session, message) => tell({ type: "message", session, message }),
    close: (session) => tell({ type: "close", session }),
    stats: () =>
      new Promise((resolve) => {
        asked.push(resolve);
        tell({ type: "stats" });
      }),
    async dispose() {
      ending = true;
      tell({ type: "end" });
      await exited;
    },
  };
  return new Promise((resolve, reject) => {
    worker.on("message", (message: FromWorker) => {
      if (message.type === "output") {
        if (!ending) output(message.session, message.output);
      } else if (message.type === "stats") asked.shift()?.(message.stats);
      else if (message.type === "pong") unanswered = 0;
      else if (message.type === "ready") {
        watch = setInterval(ask, (1000 * patience) / questions).unref();
        resolve(engine);
      } else {
        ending = true;
        void worker.terminate();
        reject(new Error(message.text));
      }
    });
    worker.on("error", (error: Error) => {
      reason = error.message;
    });
    worker.on("exit", () => {
      clearInterval(watch);
      reject(new Error(`play: the worker stopped: ${reason}.`));
      if (!ending) onEnd(reason);
    });
  });
}
