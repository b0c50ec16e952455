/** Layers of the video U-Net that see one frame at a time. Activations are [batch · frame, height, width, channel]. */
import type { Tensor2D, Tensor3D, Tensor4D } from "@tensorflow/tfjs";
import { attend, gatedFeedForward, joinHeads, splitHeads } from "../nn/attention.js";
import { convolveImage } from "../nn/convolution.js";
import { linear, silu } from "../nn/linear.js";
import { groupNorm, layerNorm } from "../nn/norm.js";
import { weight } from "../nn/parameters.js";
import type { Flow } from "./flow.js";

/** Context tokens, sorted by who sees them. */
export interface Context {
  /** [batch, token, width], seen by every frame of the clip. */
  readonly text: Tensor3D;
  /** [batch, token, width] or, when each frame has its own, [batch · frame, token, width]. */
  readonly image?: Tensor3D;
}

const textTokens = 77;
const imageTokensPerFrame = 16;

/**
 * Splits context tokens into text and image, as the official network does: after 77 text tokens, 16 tokens per frame
 * belong to one frame each; any other number of image tokens is seen by all frames.
 */
export function splitContext({ config, batch, frames }: Flow, context: Tensor3D): Context {
  const [, tokens, width] = context.shape;
  if (!config.imageTokens || tokens <= textTokens) return { text: context };
  const [text, image] = context.split<Tensor3D>([textTokens, tokens - textTokens], 1);
  if (tokens !== textTokens + imageTokensPerFrame * frames) return { text, image };
  return { text, image: image.reshape<Tensor3D>([batch * frames, imageTokensPerFrame, width]) };
}

/** Group norm of each frame. */
export function imageNorm({ config, weights }: Flow, name: string, x: Tensor4D, epsilon: number): Tensor4D {
  const [images, height, width, channels] = x.shape;
  const flat = x.reshape([images, height * width, channels]) as Tensor3D;
  return groupNorm(weights, name, flat, config.normGroups, epsilon).reshape(x.shape);
}

/** Two convolutions with the embedding added between them, around which the input is carried. */
export function residual(flow: Flow, name: string, x: Tensor4D, embedding: Tensor2D): Tensor4D {
  const { weights, watch } = flow;
  const first = silu(imageNorm(flow, `${name}.in_layers.0`, x, 1e-5));
  const inside = watch(`${name}.in_layers`, convolveImage(weights, `${name}.in_layers.2`, first));
  const shift = linear(weights, `${name}.emb_layers.1`, embedding).reshape([x.shape[0], 1, 1, -1]);
  const second = silu(imageNorm(flow, `${name}.out_layers.0`, inside.add(shift), 1e-5));
  const branch = watch(`${name}.out_layers`, convolveImage(weights, `${name}.out_layers.3`, second));
  const changed = `${name}.skip_connection`;
  return (`${changed}.weight` in weights ? convolveImage(weights, changed, x) : x).add(branch);
}

/** Attention of tokens to themselves. */
function selfAttention({ weights, config }: Flow, name: string, x: Tensor3D): Tensor3D {
  const heads = x.shape[2] / config.headWidth;
  const project = (part: string) => splitHeads(linear(weights, `${name}.${part}`, x), heads);
  const seen = attend(project("to_q"), project("to_k"), project("to_v"));
  return linear(weights, `${name}.to_out.0`, joinHeads(seen, heads));
}

/**
 * Attention to text tokens plus attention to image tokens, each with its own softmax. Frames that share their tokens
 * ask together, so that keys and values are computed once.
 */
function crossAttention({ weights, config }: Flow, name: string, x: Tensor3D, context: Context): Tensor3D {
  const [images, positions, channels] = x.shape;
  const heads = channels / config.headWidth;
  const query = linear(weights, `${name}.to_q`, x);
  const look = (tokens: Tensor3D, key: string, value: string) => {
    const asking = query.reshape([tokens.shape[0], -1, channels]) as Tensor3D;
    const project = (part: string) => splitHeads(linear(weights, `${name}.${part}`, tokens), heads);
    const seen = attend(splitHeads(asking, heads), project(key), project(value));
    return joinHeads(seen, heads).reshape([images, positions, channels]) as Tensor3D;
  };
  let seen = look(context.text, "to_k", "to_v");
  if (context.image) {
    const image = look(context.image, "to_k_ip", "to_v_ip");
    const learned = config.imageScale === "learned";
    seen = seen.add(learned ? image.mul(weight(weights, `${name}.alpha`).tanh().add(1)) : image);
  }
  return linear(weights, `${name}.to_out.0`, seen);
}

/** Self-attention over the pixels of a frame, attention to the context, and a feed-forward layer. */
export function spatialTransformer(flow: Flow, name: string, x: Tensor4D, context?: Context): Tensor4D {
  const { weights, watch, config } = flow;
  const [images, height, width, channels] = x.shape;
  const block = `${name}.transformer_blocks.0`;
  const normal = imageNorm(flow, `${name}.norm`, x, 1e-6).reshape([images, height * width, channels]);
  let h = linear(weights, `${name}.proj_in`, normal as Tensor3D);
  h = h.add(selfAttention(flow, `${block}.attn1`, layerNorm(weights, `${block}.norm1`, h)));
  h = watch(`${block}.attn1`, h);
  if (config.contextWidth > 0 && context) {
    h = h.add(crossAttention(flow, `${block}.attn2`, layerNorm(weights, `${block}.norm2`, h), context));
    h = watch(`${block}.attn2`, h);
  }
  h = h.add(gatedFeedForward(weights, `${block}.ff`, layerNorm(weights, `${block}.norm3`, h)));
  return x.add(linear(weights, `${name}.proj_out`, h).reshape(x.shape));
}
