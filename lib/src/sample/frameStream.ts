/** A video U-Net as a stream: what the network remembers, and which frame each slot of that memory holds. */
import {
  concat,
  dispose,
  ones,
  scalar,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor5D,
  tensor1d,
  tensor2d,
  zeros,
} from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import { joinFirstFrame } from "../diffusion/unetDenoise.js";
import { rememberFrame, videoUnetStream } from "../model/stream.js";
import type { StreamPast } from "../model/streamLayers.js";
import { StreamMemory } from "../model/streamMemory.js";
import type { VideoUnet } from "../model/videoUnet.js";
import { sees } from "../nn/temporalMask.js";
import type { Schedule } from "../schedule/schedule.js";
import { type Running, type RunOptions, runner } from "../train/run.js";
import type { Weights } from "../weights/safetensors.js";
import { type FrameState, type SteppedFrame, stepInGraph, stepNumbers } from "./denoiseStep.js";
import type { FrameStream, NewFrame, StreamSize } from "./world.js";

/** Which branches a step runs: the unconditional one for guidance, and also without if it has a past of its own. */
interface Branches {
  readonly guided: boolean;
  readonly doubled: boolean;
}

type GraphStep = Running<[FrameState, NewFrame, Tensor2D, Tensor1D, Branches, StreamPast], SteppedFrame>;
type GraphCommit = Running<[DenoiseInputs, StreamPast], Weights>;

/** One video's tokens [1, token, width] for a whole batch. */
export function forEveryVideo(context: Tensor3D, batch: number): Tensor3D {
  return concat(Array.from({ length: batch }, () => context)) as Tensor3D;
}

/** Opens streams of one network; all of them share its compiled graphs. */
export function frameStreams(
  model: VideoUnet,
  schedule: Schedule,
  context: Tensor3D | undefined,
  run: RunOptions,
): (size: StreamSize) => FrameStream {
  const joined = ({ firstFrame, ...inputs }: DenoiseInputs) => ({
    ...inputs,
    x: joinFirstFrame(model, inputs.x, firstFrame),
    ...(context && { context: forEveryVideo(context, inputs.x.shape[0]) }),
  });
  const denoise: GraphStep = runner(
    (
      state: FrameState,
      { firstFrame, action }: NewFrame,
      level: Tensor2D,
      numbers: Tensor1D,
      { guided, doubled }: Branches,
      past: StreamPast,
    ) => {
      const branches = guided || doubled ? 2 : 1;
      const times = <T extends Tensor>(tensor: T): T => (branches === 2 ? concat([tensor, tensor]) : tensor);
      const [batch] = level.shape;
      const mask = () =>
        concat([ones([batch, 1]), ...(branches === 2 ? [zeros([batch, 1])] : [])]) as Tensor2D;
      const inputs: DenoiseInputs = {
        x: times(state.x),
        level: times(level),
        firstFrame: times(firstFrame),
        ...(action && { action: times(action), actionMask: mask() }),
      };
      const answer = videoUnetStream(model, joined(inputs), past);
      const used = branches === 2 && !guided ? (answer.split(2)[0] as Tensor5D) : answer;
      return { ...stepInGraph(state, used, level, numbers, guided, schedule) };
    },
    run,
    model.weights,
  );
  const remember: GraphCommit = runner(
    (inputs: DenoiseInputs, past: StreamPast) => rememberFrame(model, joined(inputs), past),
    run,
    model.weights,
  );
  return (size) => openStream(model, size, denoise, remember);
}

function openStream(
  model: VideoUnet,
  { batch, height, width, slots, full }: StreamSize,
  denoise: GraphStep,
  remember: GraphCommit,
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
      const made = await denoise(state, given, level, numbers, branches, now);
      dispose([now.visible, now.share, level, numbers]);
      return made;
    },
    async remember(inputs) {
      const taken = makeRoom();
      const now = past();
      memory.place(await remember(inputs, now), taken);
      dispose([now.visible, now.share]);
      held[taken] = frames;
      frames++;
    },
    reset() {
      memory.clear();
      held.fill(empty);
      frames = 0;
    },
    snapshot: () => ({ memory: memory.state(), held: [...held], frames }),
    restore(snapshot) {
      memory.restore(snapshot.memory);
      held = [...snapshot.held];
      frames = snapshot.frames;
    },
    dispose: () => memory.dispose(),
  };
}
