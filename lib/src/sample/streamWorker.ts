/**
 * The second thread of a world: the same network, and the memory of every stream once more. It answers for one branch of
 * guidance while the first thread answers for the other, and runs finished frames, so that the first can decode them.
 */
import { parentPort, workerData } from "node:worker_threads";
import type { Tensor2D, Tensor3D } from "@tensorflow/tfjs";
import { dispose, scalar, tensor2d } from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import { useBackend } from "../engine/backends.js";
import { StreamMemory, type StreamMemoryState } from "../model/streamMemory.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import type { RunOptions } from "../train/run.js";
import { type Arrays, arraysOf, tensorsOf } from "./arrays.js";
import { branchCalls } from "./streamCalls.js";
import type { StreamSize } from "./world.js";

/** What the thread starts with. */
export interface StreamWorkerData {
  readonly config: VideoUnetConfig;
  readonly weights: Arrays;
  readonly context?: Arrays[string];
  readonly run: RunOptions;
}

/** One frame, and how much of the past it sees. */
export interface BranchFrame {
  readonly inputs: Arrays;
  readonly visible: readonly number[];
  readonly share: number;
}

export type ToStreamWorker = { readonly stream: number } & (
  | { readonly type: "open"; readonly size: Pick<StreamSize, "batch" | "height" | "width" | "slots"> }
  | { readonly type: "predict"; readonly id: number; readonly frame: BranchFrame }
  | { readonly type: "remember"; readonly id: number; readonly frame: BranchFrame; readonly slot: number }
  | { readonly type: "widen"; readonly more: number }
  | { readonly type: "restore"; readonly state: StreamMemoryState }
  | { readonly type: "clear" | "close" }
);

export interface FromStreamWorker {
  readonly id: number;
  readonly result?: Arrays;
  readonly error?: string;
}

function main({ config, weights, context, run }: StreamWorkerData) {
  const model = { config, weights: tensorsOf(weights) };
  const tokens = context && (tensorsOf({ context }).context as Tensor3D);
  const calls = branchCalls(model, tokens, run);
  const memories = new Map<number, StreamMemory>();

  const answer = async (
    memory: StreamMemory,
    { inputs: arrays, visible, share }: BranchFrame,
    slot?: number,
  ): Promise<Arrays> => {
    const inputs = tensorsOf(arrays) as unknown as DenoiseInputs;
    const seen = { visible: tensor2d([[...visible]]) as Tensor2D, share: scalar(share) };
    const past = { tensors: memory.tensors, ...seen };
    try {
      if (slot === undefined) {
        const prediction = await calls.predict(inputs, past);
        const result = arraysOf({ prediction });
        prediction.dispose();
        return result;
      }
      const left = await calls.remember(inputs, past);
      const result = arraysOf(left);
      memory.place(left, slot);
      return result;
    } finally {
      dispose([inputs, seen] as never);
    }
  };

  return async (message: ToStreamWorker): Promise<Arrays | undefined> => {
    if (message.type === "open") {
      memories.set(message.stream, new StreamMemory(model, message.size, message.size.slots));
      return undefined;
    }
    const memory = memories.get(message.stream) as StreamMemory;
    switch (message.type) {
      case "predict":
        return answer(memory, message.frame);
      case "remember":
        return answer(memory, message.frame, message.slot);
      case "widen":
        memory.widen(message.more);
        return undefined;
      case "restore":
        memory.restore(message.state);
        return undefined;
      case "clear":
        memory.clear();
        return undefined;
      case "close":
        memory.dispose();
        memories.delete(message.stream);
        return undefined;
    }
  };
}

const port = parentPort;
if (port) {
  let last: Promise<unknown> = useBackend("cpu"); // as everywhere where nobody chose another
  const handle = main(workerData as StreamWorkerData);
  port.on("message", (message: ToStreamWorker) => {
    last = last.then(async () => {
      const id = "id" in message ? message.id : undefined;
      try {
        const result = await handle(message);
        if (id !== undefined) port.postMessage({ id, result } satisfies FromStreamWorker);
      } catch (error) {
        if (id === undefined) throw error; // ends the thread, which tells the first one
        port.postMessage({ id, error: (error as Error).message } satisfies FromStreamWorker);
      }
    });
  });
}
