/** Worker processes: each computes one unit at a time, and takes nothing with it when it falls. */
import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { UnitOptions } from "./defineStudy.js";
import type { ProtocolCard } from "./protocolCard.js";
import type { ComputedUnit } from "./tasks.js";
import type { WorkerMessage, WorkerTask } from "./worker.js";

export interface Worker {
  /**
   * Computes a card. The signal ends the process, and with it the unit.
   *
   * @throws Error with the computation's reason, or if the process ended before its result
   */
  compute(card: ProtocolCard, options: Omit<UnitOptions, "keep">): Promise<ComputedUnit>;
  end(): void;
}

/** A worker; its process begins with the first card. */
export function createWorker(): Worker {
  let child: ChildProcess | undefined;
  const end = () => {
    child?.kill();
    child = undefined;
  };
  return {
    end,
    compute(card, { onProgress, signal, folders }) {
      child ??= fork(join(__dirname, "worker.js"), [], {
        execArgv: [],
        stdio: ["ignore", "ignore", "inherit", "ipc"],
      });
      const running = child;
      return new Promise((resolve, reject) => {
        const settle = (finish: () => void) => {
          running.off("message", hear).off("exit", fell);
          signal?.removeEventListener("abort", stop);
          finish();
        };
        const hear = (message: WorkerMessage) => {
          if ("share" in message) return onProgress(message.share);
          settle(() => ("unit" in message ? resolve(message.unit) : reject(new Error(message.error))));
        };
        const fell = (code: number | null, by: string | null) => {
          child = undefined;
          const reason = by ?? `status ${code}`;
          settle(() =>
            reject(new Error(`runStudy: a worker process ended with ${reason} before its result.`)),
          );
        };
        const stop = () => {
          end();
          settle(() => resolve({ values: {}, shown: {} })); // the caller sees the signal
        };
        running.on("message", hear).on("exit", fell);
        signal?.addEventListener("abort", stop);
        if (signal?.aborted) return stop();
        running.send({ card, folders } satisfies WorkerTask);
      });
    },
  };
}
