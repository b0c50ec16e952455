/**
 * The list of layers that a config stands for, under the names of the official checkpoint. Parameters, first values and
 * the forward pass all follow this list.
 */
import { layerParameters, normParameters, type Parameters, withPrefix } from "../nn/parameters.js";
import { requireUnetConfig, type VideoUnetConfig } from "./videoUnetConfig.js";

/** One layer: its name, its kind, and the channels that go in and come out. */
export interface UnetLayer {
  readonly name: string;
  readonly kind: "convolution" | "residual" | "spatial" | "temporal" | "down" | "up";
  readonly inputs: number;
  readonly outputs: number;
}

/** Blocks of layers, each run in order. Every input block's result is kept for the output block that mirrors it. */
export interface UnetPlan {
  readonly input: readonly (readonly UnetLayer[])[];
  readonly middle: readonly UnetLayer[];
  readonly output: readonly (readonly UnetLayer[])[];
}

/** The blocks of a config. */
export function unetPlan(config: VideoUnetConfig): UnetPlan {
  const { inChannels, channels, channelMultipliers, resBlocks, attentionAt } = config;
  type Step = readonly [UnetLayer["kind"], number, number];
  const block = (name: string, steps: readonly Step[]): UnetLayer[] =>
    steps.map(([kind, inputs, outputs], i) => ({ name: `${name}.${i}`, kind, inputs, outputs }));
  const attention = (factor: number, width: number): Step[] =>
    attentionAt.includes(factor)
      ? [
          ["spatial", width, width],
          ["temporal", width, width],
        ]
      : [];
  const levels = channelMultipliers.length;
  const input: UnetLayer[][] = [block("input_blocks.0", [["convolution", inChannels, channels]])];
  const skips = [channels];
  let width = channels;
  for (let level = 0; level < levels; level++) {
    const outputs = channels * channelMultipliers[level];
    for (let i = 0; i < resBlocks; i++) {
      input.push(
        block(`input_blocks.${input.length}`, [
          ["residual", width, outputs],
          ...attention(2 ** level, outputs),
        ]),
      );
      width = outputs;
      skips.push(width);
    }
    if (level === levels - 1) break;
    input.push(block(`input_blocks.${input.length}`, [["down", width, width]]));
    skips.push(width);
  }
  const middle = block("middle_block", [
    ["residual", width, width],
    ["spatial", width, width],
    ["temporal", width, width],
    ["residual", width, width],
  ]);
  const output: UnetLayer[][] = [];
  for (let level = levels - 1; level >= 0; level--) {
    const outputs = channels * channelMultipliers[level];
    for (let i = 0; i <= resBlocks; i++) {
      const steps: Step[] = [
        ["residual", width + (skips.pop() as number), outputs],
        ...attention(2 ** level, outputs),
      ];
      if (level > 0 && i === resBlocks) steps.push(["up", outputs, outputs]);
      output.push(block(`output_blocks.${output.length}`, steps));
      width = outputs;
    }
  }
  return { input, middle, output };
}

function residualParameters(inputs: number, outputs: number, embedding: number, taps: number): Parameters {
  const temporal = (stage: number, index: number) => ({
    ...normParameters(`temopral_conv.conv${stage}.0`, outputs),
    ...layerParameters(`temopral_conv.conv${stage}.${index}`, outputs, outputs, [taps, 1, 1], {
      zero: stage === 4,
    }),
  });
  return {
    ...normParameters("in_layers.0", inputs),
    ...layerParameters("in_layers.2", inputs, outputs, [3, 3]),
    ...layerParameters("emb_layers.1", embedding, outputs),
    ...normParameters("out_layers.0", outputs),
    ...layerParameters("out_layers.3", outputs, outputs, [3, 3], { zero: true }),
    ...(inputs === outputs ? {} : layerParameters("skip_connection", inputs, outputs, [1, 1])),
    ...temporal(1, 2),
    ...temporal(2, 3),
    ...temporal(3, 3),
    ...temporal(4, 3),
  };
}

function attentionParameters(name: string, width: number, context: number): Parameters {
  return {
    ...layerParameters(`${name}.to_q`, width, width, [], { bias: false }),
    ...layerParameters(`${name}.to_k`, context, width, [], { bias: false }),
    ...layerParameters(`${name}.to_v`, context, width, [], { bias: false }),
    ...layerParameters(`${name}.to_out.0`, width, width),
  };
}

function feedForwardParameters(name: string, width: number): Parameters {
  return {
    ...layerParameters(`${name}.net.0.proj`, width, 8 * width),
    ...layerParameters(`${name}.net.2`, 4 * width, width),
  };
}

function spatialParameters(width: number, config: VideoUnetConfig): Parameters {
  const { contextWidth, imageTokens, imageScale } = config;
  const cross: Parameters =
    contextWidth === 0
      ? {}
      : {
          ...attentionParameters("attn2", width, contextWidth),
          ...(imageTokens
            ? {
                ...layerParameters("attn2.to_k_ip", contextWidth, width, [], { bias: false }),
                ...layerParameters("attn2.to_v_ip", contextWidth, width, [], { bias: false }),
              }
            : {}),
          ...(imageTokens && imageScale === "learned"
            ? { "attn2.alpha": { shape: [], start: "zeros" as const } }
            : {}),
          ...normParameters("norm2", width),
        };
  return {
    ...normParameters("norm", width),
    ...layerParameters("proj_in", width, width),
    ...withPrefix("transformer_blocks.0.", {
      ...attentionParameters("attn1", width, width),
      ...cross,
      ...feedForwardParameters("ff", width),
      ...normParameters("norm1", width),
      ...normParameters("norm3", width),
    }),
    ...layerParameters("proj_out", width, width, [], { zero: true }),
  };
}

/** `inner` is the width of the attention; the initial one stores its projections as 1-tap convolutions. */
function temporalParameters(width: number, inner: number, taps: readonly number[]): Parameters {
  return {
    ...normParameters("norm", width),
    ...layerParameters("proj_in", width, inner, taps),
    ...withPrefix("transformer_blocks.0.", {
      ...attentionParameters("attn1", inner, inner),
      ...attentionParameters("attn2", inner, inner),
      ...feedForwardParameters("ff", inner),
      ...normParameters("norm1", inner),
      ...normParameters("norm2", inner),
      ...normParameters("norm3", inner),
    }),
    ...layerParameters("proj_out", inner, width, taps, { zero: true }),
  };
}

/** The action embedding's parameters: two or three linear layers, the first of them a table for multi-hot actions. */
export function actionParameters(config: VideoUnetConfig): Parameters {
  const { actionSize, actionKind, channels } = config;
  const embedding = 4 * channels;
  if (actionSize === 0) return {};
  if (actionKind === "continuous")
    return {
      ...layerParameters("action_emb_proj.0", actionSize, channels),
      ...layerParameters("action_emb_proj.2", channels, embedding),
      ...layerParameters("action_emb_proj.4", embedding, embedding),
    };
  return {
    "action_emb_preprocess.weight": { shape: [actionSize, channels], start: "normal", bound: 1 },
    ...layerParameters("action_emb_proj.0", channels, embedding),
    ...layerParameters("action_emb_proj.2", embedding, embedding),
  };
}

/**
 * Names, shapes and first values of all weights of a video U-Net.
 *
 * Convolutions and linear layers start as in PyTorch; the last layer of every residual branch starts at zero, so that
 * the network starts as the identity around it.
 *
 * @throws RangeError if no network can be built from the config
 */
export function videoUnetParameters(config: VideoUnetConfig): Parameters {
  requireUnetConfig("videoUnetParameters", config);
  const { channels, outChannels, headWidth, initialAttentionHeads, defaultFps, temporalTaps } = config;
  const embedding = 4 * channels;
  const parametersOf = ({ kind, inputs, outputs }: UnetLayer): Parameters => {
    switch (kind) {
      case "residual":
        return residualParameters(inputs, outputs, embedding, temporalTaps);
      case "spatial":
        return spatialParameters(outputs, config);
      case "temporal":
        return temporalParameters(outputs, outputs, []);
      case "down":
        return layerParameters("op", inputs, outputs, [3, 3]);
      case "up":
        return layerParameters("conv", inputs, outputs, [3, 3]);
      case "convolution":
        return {};
    }
  };
  const plan = unetPlan(config);
  const [[first], ...rest] = plan.input;
  const all: Parameters = {
    ...layerParameters("time_embed.0", channels, embedding),
    ...layerParameters("time_embed.2", embedding, embedding),
    ...(defaultFps > 0
      ? {
          ...layerParameters("fps_embedding.0", channels, embedding),
          ...layerParameters("fps_embedding.2", embedding, embedding, [], { zero: true }),
        }
      : {}),
    ...actionParameters(config),
    ...layerParameters(first.name, first.inputs, first.outputs, [3, 3]),
    ...(initialAttentionHeads > 0
      ? withPrefix("init_attn.0.", temporalParameters(channels, initialAttentionHeads * headWidth, [1]))
      : {}),
  };
  for (const layer of [...rest, plan.middle, ...plan.output].flat())
    Object.assign(all, withPrefix(`${layer.name}.`, parametersOf(layer)));
  return Object.assign(
    all,
    normParameters("out.0", channels),
    layerParameters("out.2", channels, outChannels, [3, 3], { zero: true }),
  );
}
