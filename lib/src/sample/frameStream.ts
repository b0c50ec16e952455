/** A video U-Net as a stream: what the network remembers, and which frame each slot of that memory holds. */
import {
  dispose,
  fill,
  scalar,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tensor1d,
  tensor2d,
} from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import type { StreamPast } from "../model/streamLayers.js";
import { StreamMemory } from "../model/streamMemory.js";
import type { VideoUnet } from "../model/videoUnet.js";
import { sees } from "../nn/temporalMask.js";
import type { Schedule } from "../schedule/schedule.js";
import type { RunOptions } from "../train/run.js";
import { type FrameState, type SteppedFrame, stepNumbers } from "./denoiseStep.js";
import { type StreamThere, secondThread } from "./secondThread.js";
import { type StreamCalls, streamCalls } from "./streamCalls.js";
import type { FrameStream, NewFrame, StreamSize } from "./world.js";

/** Opens streams of one network; all of them share its compiled graphs, and its second thread if there is one. */
export function frameStreams(
  model: VideoUnet,
  schedule: Schedule,
  context: Tensor3D | undefined,
  run: RunOptions,
  threads: 1 | 2,
): (size: StreamSize) => FrameStream {
  const calls = streamCalls(model, schedule, context, run);
  const there = threads === 2 ? secondThread(model, context, run) : undefined;
  return (size) => openStream(model, size, calls, there?.(size));
}

function openStream(
  model: VideoUnet,
  { batch, height, width, slots, full }: StreamSize,
  calls: StreamCalls,
  there: StreamThere | undefined,
): FrameStream {
  const { mask } = model.config;
  const sinks = typeof mask === "object" ? (mask.sinks ?? 0) : 0;
  const empty = -1;
  const memory = new StreamMemory(model, { batch, height, width }, slots);
  let held: number[] = Array(slots).fill(empty); // the frame in every slot
  let frames = 0;

  /** The past as the next frame sees it; its two new tensors are the caller's, the memory's are lent. */
  const past = () => ({
    tensors: memory.tensors,
    visible: tensor2d([held.map((frame) => Number(frame !== empty && sees(frames, frame, mask)))]),
    share: scalar(frames / (frames + 1)),
  });
  /** A slot that no later frame looks at any more. */
  const freeSlot = () => held.findIndex((frame) => frame === empty || !sees(frames + 1, frame, mask));
  const makeRoom = (): number => {
    const free = freeSlot();
    if (free >= 0) return free;
    if (full === "evict") {
      const old = held.map((frame) => (frame < sinks ? Infinity : frame));
      return old.indexOf(Math.min(...old));
    }
    const more = held.length;
    memory.widen(more);
    there?.widen(more);
    held = [...held, ...Array(more).fill(empty)];
    return more;
  };

  return {
    get frames() {
      return frames;
    },
    async denoise(state, given, settings) {
      const [videos] = state.x.shape;
      const now = past();
      const level = tensor2d(Array.from({ length: videos }, () => [settings.level]));
      const numbers = tensor1d(stepNumbers(settings));
      const branches = { guided: settings.guidance !== undefined, doubled: batch === 2 * videos };
      const made =
        there && branches.guided && !branches.doubled
          ? await inTwoThreads(calls, there, state, given, level, numbers, now)
          : await calls.denoise(state, given, level, numbers, branches, now);
      dispose([now.visible, now.share, level, numbers]);
      return made;
    },
    async remember(inputs) {
      const taken = makeRoom();
      const now = past();
      const left = there ? there.remember(inputs, now, taken) : calls.remember(inputs, now);
      memory.place(await left, taken);
      dispose([now.visible, now.share]);
      held[taken] = frames;
      frames++;
    },
    reset() {
      memory.clear();
      there?.clear();
      held.fill(empty);
      frames = 0;
    },
    snapshot: () => ({ memory: memory.state(), held: [...held], frames }),
    restore(snapshot) {
      memory.restore(snapshot.memory);
      there?.restore(snapshot.memory);
      held = [...snapshot.held];
      frames = snapshot.frames;
    },
    dispose() {
      memory.dispose();
      there?.close();
    },
  };
}

/** A guided step, each of its branches in a thread: the one without the action there, the other here. */
async function inTwoThreads(
  calls: StreamCalls,
  there: StreamThere,
  state: FrameState,
  { firstFrame, action }: NewFrame,
  level: Tensor2D,
  numbers: Tensor1D,
  past: StreamPast,
): Promise<SteppedFrame> {
  const [asked, left] = [fill(level.shape, 1), fill(level.shape, 0)] as Tensor2D[];
  const branch = (actionMask: Tensor2D): DenoiseInputs => ({
    x: state.x,
    level,
    firstFrame,
    ...(action && { action, actionMask }),
  });
  const predicting = there.predict(branch(left), past); // begins before this thread is busy
  const [conditional, unconditional] = await Promise.all([calls.predict(branch(asked), past), predicting]);
  const made = await calls.finish(state, conditional, unconditional, level, numbers);
  dispose([asked, left, conditional, unconditional]);
  return made;
}
