/**
 * What a rollout knows of a world model: what frames look like, a function that predicts, and perhaps a stream with a
 * memory. Samplers know no network but through this.
 */
import type { Tensor3D, Tensor5D } from "@tensorflow/tfjs";
import type { DenoiseInputs } from "../diffusion/denoise.js";
import type { StreamMemoryState } from "../model/streamMemory.js";
import type { Schedule } from "../schedule/schedule.js";
import type { FrameState, SteppedFrame, StepSettings } from "./denoiseStep.js";

export interface World {
  readonly schedule: Schedule;
  /** Numbers per action; 0 for a world without actions. */
  readonly actionSize: number;
  /** Whether no frame's prediction depends on later frames. */
  readonly causal: boolean;
  /** What the network is shown beside every noisy frame, see `VideoUnetConfig.shownFrame`; the first unless given. */
  readonly shownFrame?: "first" | "previous";
  /**
   * Numbers of frames that a call is padded to, rising; a compiled network opens one session for each. Absent: calls
   * are as long as they need to be.
   */
  readonly lengths?: readonly number[];
  /** Opens a stream of single frames with a memory; absent unless causal. */
  readonly openStream?: (size: StreamSize) => FrameStream;
  /** Prediction for every frame, in the form that `schedule.config.predicts`; it belongs to the caller. */
  readonly predict: (inputs: DenoiseInputs) => Promise<Tensor5D>;
}

export interface StreamSize {
  /** Videos side by side. */
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  /** Frames that can be remembered at once, to begin with. */
  readonly slots: number;
  /** What happens when all slots hold frames that are still seen: more slots, or the oldest frame goes. */
  readonly full: "grow" | "evict";
}

/** A state to return to; it holds no tensors. */
export interface StreamSnapshot {
  readonly memory: StreamMemoryState;
  readonly held: readonly number[];
  readonly frames: number;
}

/** What the network is told of the frame to come, besides its noisy self. */
export interface NewFrame {
  /** The frame shown beside it, the video's clean first or the one before [batch, 1, height, width, channel]. */
  readonly firstFrame: Tensor5D;
  /** The action that leads to it [batch, 1, action]. */
  readonly action?: Tensor3D;
}

export interface FrameStream {
  /** Frames remembered so far, those included whose slots were taken again. */
  readonly frames: number;
  /** The next frame one denoising step further; the action is the same for both branches of guidance. */
  denoise(state: FrameState, given: NewFrame, settings: StepSettings): Promise<SteppedFrame>;
  /** Remembers the next frame, a single branch. */
  remember(inputs: DenoiseInputs): Promise<void>;
  /** Forgets all frames. */
  reset(): void;
  snapshot(): StreamSnapshot;
  restore(snapshot: StreamSnapshot): void;
  dispose(): void;
}
