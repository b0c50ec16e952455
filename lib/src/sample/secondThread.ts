/** A world's second thread, seen from the first. */
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Tensor, Tensor3D, Tensor5D } from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import type { StreamPast } from "../model/streamLayers.js";
import type { StreamMemoryState } from "../model/streamMemory.js";
import type { VideoUnet } from "../model/videoUnet.js";
import type { RunOptions } from "../train/run.js";
import type { Weights } from "../weights/safetensors.js";
import { type Arrays, arraysOf, tensorsOf } from "./arrays.js";
import type { BranchFrame, FromStreamWorker, StreamWorkerData, ToStreamWorker } from "./streamWorker.js";
import type { StreamSize } from "./world.js";

/** A stream's memory in the second thread, and calls that run there. Calls are carried out in the order they are made. */
export interface StreamThere {
  predict(inputs: DenoiseInputs, past: StreamPast): Promise<Tensor5D>;
  /** Also puts the frame into the memory there; what it leaves behind belongs to the caller. */
  remember(inputs: DenoiseInputs, past: StreamPast, slot: number): Promise<Weights>;
  widen(more: number): void;
  restore(state: StreamMemoryState): void;
  clear(): void;
  close(): void;
}

type Pending = { readonly resolve: (result: Arrays) => void; readonly reject: (error: Error) => void };

/** Ends threads whose world nobody holds any more. */
const forgotten = new FinalizationRegistry<Worker>((worker) => void worker.terminate());

/** Opens streams in a second thread, which starts with the first of them. A process may end while it waits for work. */
export function secondThread(
  model: VideoUnet,
  context: Tensor3D | undefined,
  run: RunOptions,
): (size: StreamSize) => StreamThere {
  let running: ReturnType<typeof startThread> | undefined;
  let streams = 0;
  const open = (size: StreamSize): StreamThere => {
    if (running?.ended()) running = undefined;
    if (!running) {
      const data: StreamWorkerData = {
        config: model.config,
        weights: arraysOf(model.weights),
        ...(context && { context: arraysOf({ context }).context }),
        run,
      };
      running = startThread(data);
      forgotten.register(open, running.worker);
    }
    const { tell, ask } = running;
    const stream = streams++;
    const { batch, height, width, slots } = size;
    tell({ type: "open", stream, size: { batch, height, width, slots } });
    return {
      async predict(inputs, past) {
        const made = await ask({ type: "predict", stream, frame: frameOf(inputs, past) });
        return tensorsOf(made).prediction as Tensor5D;
      },
      remember: async (inputs, past, slot) =>
        tensorsOf(await ask({ type: "remember", stream, frame: frameOf(inputs, past), slot })),
      widen: (more) => tell({ type: "widen", stream, more }),
      restore: (state) => tell({ type: "restore", stream, state }),
      clear: () => tell({ type: "clear", stream }),
      close: () => tell({ type: "close", stream }),
    };
  };
  return open;
}

type Question =
  Extract<ToStreamWorker, { id: number }> extends infer Each
    ? Each extends unknown
      ? Omit<Each, "id">
      : never
    : never;

function startThread(data: StreamWorkerData) {
  const worker = new Worker(join(__dirname, "streamWorker.js"), { workerData: data });
  const pending = new Map<number, Pending>();
  let asked = 0;
  let reason: string | undefined; // why it ended
  worker.unref();
  worker.on("message", ({ id, result, error }: FromStreamWorker) => {
    const { resolve, reject } = pending.get(id) as Pending;
    pending.delete(id);
    if (pending.size === 0) worker.unref();
    if (result) resolve(result);
    else reject(new Error(`createWorld: the second thread failed: ${error}`));
  });
  const end = (why: string) => {
    reason ??= why;
    for (const { reject } of pending.values()) reject(new Error(gone(reason)));
    pending.clear();
  };
  worker.on("error", (error: Error) => end(error.message));
  worker.on("exit", () => end("it was stopped"));
  const gone = (why: string) =>
    `createWorld: the second thread ended: ${why}. Begin the video anew; a new thread starts with it.`;
  return {
    worker,
    ended: () => reason !== undefined,
    tell: (message: ToStreamWorker) => worker.postMessage(message),
    ask: (question: Question) =>
      new Promise<Arrays>((resolve, reject) => {
        if (reason !== undefined) {
          reject(new Error(gone(reason)));
          return;
        }
        const id = asked++;
        pending.set(id, { resolve, reject });
        worker.ref();
        worker.postMessage({ ...question, id });
      }),
  };
}

function frameOf(inputs: DenoiseInputs, { visible, share }: StreamPast): BranchFrame {
  return {
    inputs: arraysOf(inputs as unknown as Record<string, Tensor>),
    visible: [...visible.dataSync()],
    share: share.dataSync()[0],
  };
}
