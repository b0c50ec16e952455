/**
 * The video U-Net of DynamiCrafter, at any size: a latent-diffusion image network whose every residual block is followed
 * by temporal convolutions, and whose every spatial transformer by a temporal one. A config decides which parts there are
 * and whether time runs both ways; the weights are a plain record under the official checkpoint's names.
 *
 * @see Xing et al., "DynamiCrafter: Animating Open-domain Images with Video Diffusion Priors", ECCV 2024
 */
import {
  fill,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  type Tensor5D,
  tidy,
} from "@tensorflow/tfjs";
import { convolveDoubled, convolveImage } from "../nn/convolution.js";
import { perceptron, sinusoidEmbedding } from "../nn/embedding.js";
import { silu } from "../nn/linear.js";
import { createWeights } from "../nn/parameters.js";
import { requireShape } from "../tensor/check.js";
import type { Weights } from "../weights/safetensors.js";
import { embedActions } from "./actions.js";
import { expectedVelocity } from "./expectedVelocity.js";
import { type Flow, scoped, type WatchLayer } from "./flow.js";
import { type Context, imageNorm, residual, spatialTransformer, splitContext } from "./spatialLayers.js";
import { temporalConvBlock, temporalTransformer } from "./temporalLayers.js";
import { type UnetLayer, unetPlan, videoUnetParameters } from "./unetPlan.js";
import { requireUnetConfig, type VideoUnetConfig } from "./videoUnetConfig.js";

/** A video U-Net: what it is, and its weights. */
export interface VideoUnet {
  readonly config: VideoUnetConfig;
  readonly weights: Weights;
}

/** What the network is asked about. */
export interface VideoUnetInputs {
  /** [batch, frame, height, width, inChannels]; height and width divisible by two for every level below the first. */
  readonly x: Tensor5D;
  /** Noise level of every frame, 0 … 999: [batch, frame]. */
  readonly level: Tensor2D;
  /** The action that led to each frame: [batch, frame, actionSize]. Absent: no frame has an action. */
  readonly action?: Tensor3D;
  /** 1 where a frame's action counts, 0 where it is dropped and adds nothing: [batch, frame]. Default all 1. */
  readonly actionMask?: Tensor2D;
  /** [batch, token, contextWidth], first 77 text tokens, then image tokens. */
  readonly context?: Tensor3D;
  /** Frames per second, one number or [batch]. Default `config.defaultFps`. */
  readonly fps?: number | Tensor1D;
}

/**
 * A video U-Net with fresh weights. Equal seeds give equal bits.
 *
 * @throws RangeError if no network can be built from the config
 */
export function createVideoUnet(config: VideoUnetConfig, seed: number): VideoUnet {
  return { config, weights: createWeights(videoUnetParameters(config), seed) };
}

/** One embedding per frame, already through SiLU: [batch · frame, 4 · channels]. */
function embed({ weights, config, batch, frames }: Flow, inputs: VideoUnetInputs): Tensor2D {
  const { level, action, actionMask, fps = config.defaultFps } = inputs;
  const { channels, defaultFps } = config;
  let embedding = perceptron(weights, "time_embed", [0, 2], sinusoidEmbedding(level, channels)); // [batch, frame, …]
  if (defaultFps > 0) {
    const rate = typeof fps === "number" ? fill([batch], fps) : fps;
    const each = perceptron(weights, "fps_embedding", [0, 2], sinusoidEmbedding(rate, channels));
    embedding = embedding.add(each.expandDims(1));
  }
  if (action) {
    const each = embedActions(weights, config, action);
    embedding = embedding.add(actionMask ? each.mul(actionMask.expandDims(2)) : each);
  }
  return silu(embedding.reshape([batch * frames, 4 * channels]) as Tensor2D);
}

function runLayer(
  flow: Flow,
  layer: UnetLayer,
  x: Tensor4D,
  embedding: Tensor2D,
  context?: Context,
): Tensor4D {
  const { weights } = flow;
  const { name } = layer;
  switch (layer.kind) {
    case "convolution":
      return flow.watch(name, convolveImage(weights, name, x));
    case "residual": {
      const h = residual(flow, name, x, embedding);
      return temporalConvBlock(flow, `${name}.temopral_conv`, h); // the official key is spelled so
    }
    case "spatial":
      return flow.watch(name, spatialTransformer(flow, name, x, context));
    case "temporal":
      return temporalTransformer(flow, name, x);
    case "down":
      return flow.watch(
        name,
        convolveImage(weights, `${name}.op`, x, 2, [
          [1, 1],
          [1, 1],
        ]),
      );
    case "up":
      return flow.watch(name, convolveDoubled(weights, `${name}.conv`, x));
  }
}

function outputConvolution(flow: Flow, x: Tensor4D): Tensor4D {
  const h = silu(imageNorm(flow, "out.0", x, 1e-5));
  if (flow.config.outputConv === "plain") return convolveImage(flow.weights, "out.2", h);
  return convolveImage(flow.weights, "out.2", h, 1, [
    [2, 0],
    [1, 1],
  ]);
}

/** The forward pass on checked inputs. */
export function runUnet(flow: Flow, inputs: VideoUnetInputs): Tensor5D {
  const { batch, frames, config } = flow;
  const [, , height, width, inChannels] = inputs.x.shape;
  const plan = unetPlan(config);
  const embedding = embed(flow, inputs);
  const context = inputs.context && splitContext(flow, inputs.context);
  const run = (block: readonly UnetLayer[], x: Tensor4D) =>
    block.reduce((h, layer) => scoped(flow, (inner) => runLayer(inner, layer, h, embedding, context)), x);

  let h = inputs.x.reshape([batch * frames, height, width, inChannels]) as Tensor4D;
  const skips = plan.input.map((block, i) => {
    h = run(block, h);
    if (i === 0 && config.initialAttentionHeads > 0)
      h = scoped(flow, (inner) => temporalTransformer(inner, "init_attn.0", h));
    return h;
  });
  h = run(plan.middle, h);
  for (const block of plan.output) h = run(block, h.concat(skips.pop() as Tensor4D, 3));
  const out = flow.watch(
    "out",
    scoped(flow, (inner) => outputConvolution(inner, h)),
  );
  const answer = out.reshape([batch, frames, height, width, config.outChannels]) as Tensor5D;
  const { expectedChange } = config;
  if (!expectedChange) return answer;
  const [x, shown] = inputs.x.split(2, 4) as [Tensor5D, Tensor5D];
  return answer.add(expectedVelocity(x, shown, inputs.level, expectedChange));
}

/** Throws a RangeError unless the inputs fit the config. */
export function requireInputs(caller: string, { config }: VideoUnet, inputs: VideoUnetInputs): void {
  const { x, level, action, actionMask, context, fps } = inputs;
  requireUnetConfig(caller, config);
  requireShape(caller, "x", x, ["batch", "frame", "height", "width", config.inChannels]);
  const [batch, frames, height, width] = x.shape;
  const factor = 2 ** (config.channelMultipliers.length - 1);
  if (height % factor || width % factor)
    throw new RangeError(
      `${caller}: x [${x.shape}] has a height or width that ${factor} does not divide; pad or crop it.`,
    );
  requireShape(caller, "level", level, [batch, frames]);
  if (action && config.actionSize === 0)
    throw new RangeError(`${caller}: an action was given, but the model has none; see withActions.`);
  if (action) requireShape(caller, "action", action, [batch, frames, config.actionSize]);
  if (actionMask) requireShape(caller, "actionMask", actionMask, [batch, frames]);
  if (context && config.contextWidth === 0)
    throw new RangeError(`${caller}: context was given, but the model has no cross-attention.`);
  if (!context && config.contextWidth > 0)
    throw new RangeError(
      `${caller}: context is missing; expected [${batch}, token, ${config.contextWidth}].`,
    );
  if (context) requireShape(caller, "context", context, [batch, "token", config.contextWidth]);
  if (fps !== undefined && config.defaultFps === 0)
    throw new RangeError(`${caller}: fps was given, but the model has no such condition.`);
  if (fps !== undefined && typeof fps !== "number") requireShape(caller, "fps", fps, [batch]);
}

const unwatched: WatchLayer = (_, result) => result;

/**
 * The network's answer for every frame: what was noised to make `x`, in the parameterisation it was trained for.
 *
 * @param watch sees, and may replace, every layer's result
 * @returns [batch, frame, height, width, outChannels]
 * @throws RangeError if an input does not fit the config
 */
export function videoUnet(
  model: VideoUnet,
  inputs: VideoUnetInputs,
  watch: WatchLayer = unwatched,
): Tensor5D {
  requireInputs("videoUnet", model, inputs);
  const [batch, frames] = inputs.x.shape;
  return tidy(() => runUnet({ ...model, batch, frames, watch }, inputs));
}
