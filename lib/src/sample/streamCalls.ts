/** The functions of a video U-Net that a stream of single frames calls, each compiled on its own. */
import {
  concat,
  ones,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor5D,
  zeros,
} from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import { joinFirstFrame } from "../diffusion/unetDenoise.js";
import { rememberFrame, videoUnetStream } from "../model/stream.js";
import type { StreamPast } from "../model/streamLayers.js";
import type { VideoUnet } from "../model/videoUnet.js";
import type { Schedule } from "../schedule/schedule.js";
import { type Running, type RunOptions, runner } from "../train/run.js";
import type { Weights } from "../weights/safetensors.js";
import { type FrameState, type SteppedFrame, stepInGraph } from "./denoiseStep.js";
import type { NewFrame } from "./world.js";

/** Which branches a step runs: the unconditional one for guidance, and also without if it has a past of its own. */
export interface Branches {
  readonly guided: boolean;
  readonly doubled: boolean;
}

/** What a thread that only helps has to know of a network. */
export interface BranchCalls {
  /** The network's answer for one branch of a new frame. */
  readonly predict: Running<[DenoiseInputs, StreamPast], Tensor5D>;
  /** What a frame leaves behind. */
  readonly remember: Running<[DenoiseInputs, StreamPast], Weights>;
}

export interface StreamCalls extends BranchCalls {
  /** A whole step in one graph: both branches as one batch, guidance, solver. The numbers are those of `stepNumbers`. */
  readonly denoise: Running<[FrameState, NewFrame, Tensor2D, Tensor1D, Branches, StreamPast], SteppedFrame>;
  /** The step's last part alone, for both branches' answers: the same operations as in `denoise`. */
  readonly finish: Running<[FrameState, Tensor5D, Tensor5D, Tensor2D, Tensor1D], SteppedFrame>;
}

/** One video's tokens [1, token, width] for a whole batch. */
export function forEveryVideo(context: Tensor3D, batch: number): Tensor3D {
  return concat(Array.from({ length: batch }, () => context)) as Tensor3D;
}

export function branchCalls(model: VideoUnet, context: Tensor3D | undefined, run: RunOptions): BranchCalls {
  const joined = joiner(model, context);
  return {
    predict: runner(
      (inputs: DenoiseInputs, past: StreamPast) => videoUnetStream(model, joined(inputs), past),
      run,
      model.weights,
    ),
    remember: runner(
      (inputs: DenoiseInputs, past: StreamPast) => rememberFrame(model, joined(inputs), past),
      run,
      model.weights,
    ),
  };
}

export function streamCalls(
  model: VideoUnet,
  schedule: Schedule,
  context: Tensor3D | undefined,
  run: RunOptions,
): StreamCalls {
  const joined = joiner(model, context);
  const denoise = (
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
    const mask = () => concat([ones([batch, 1]), ...(branches === 2 ? [zeros([batch, 1])] : [])]) as Tensor2D;
    const inputs: DenoiseInputs = {
      x: times(state.x),
      level: times(level),
      firstFrame: times(firstFrame),
      ...(action && { action: times(action), actionMask: mask() }),
    };
    const answer = videoUnetStream(model, joined(inputs), past);
    const used = branches === 2 && !guided ? (answer.split(2)[0] as Tensor5D) : answer;
    return { ...stepInGraph(state, used, level, numbers, guided, schedule) };
  };
  const finish = (
    state: FrameState,
    conditional: Tensor5D,
    unconditional: Tensor5D,
    level: Tensor2D,
    numbers: Tensor1D,
  ) => ({ ...stepInGraph(state, concat([conditional, unconditional]), level, numbers, true, schedule) });
  return {
    ...branchCalls(model, context, run),
    denoise: runner(denoise, run, model.weights),
    finish: runner(finish, run),
  };
}

/** Adds to inputs what the network is told of every video. */
function joiner(model: VideoUnet, context?: Tensor3D) {
  return ({ firstFrame, ...inputs }: DenoiseInputs) => ({
    ...inputs,
    x: joinFirstFrame(model, inputs.x, firstFrame),
    ...(context && { context: forEveryVideo(context, inputs.x.shape[0]) }),
  });
}
