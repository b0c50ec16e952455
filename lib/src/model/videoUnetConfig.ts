import type { TemporalMask } from "../nn/temporalMask.js";
import { requireMask } from "../nn/temporalMask.js";
import { requireChoice, requireWhole } from "../tensor/check.js";
import type { ExpectedChange } from "./expectedVelocity.js";

/** What group norms of temporal layers take their statistics over. */
export type TemporalNorm =
  /** All frames given in one call, as DynamiCrafter and the released Vid2World do. A frame's result depends on later ones. */
  | "clip"
  /** Each frame alone. */
  | "frame"
  /** Each frame and all before it. */
  | "cumulative";

/** Everything that decides a video U-Net's parameters and what it computes. Plain values only. */
export interface VideoUnetConfig {
  /** Channels of the input: the noisy latent's, plus those of a condition that is concatenated to it. */
  readonly inChannels: number;
  readonly outChannels: number;
  /**
   * Which frame is joined to every noisy one, where the network has twice as many input as output channels: the video's
   * clean `first` (DynamiCrafter; so where this is absent), or the `previous` one as the history holds it.
   */
  readonly shownFrame?: "first" | "previous";
  /**
   * Present where the answer is what the layers say plus the velocity to be expected from the frame that is shown
   * (`expectedVelocity`): they learn what changes.
   */
  readonly expectedChange?: ExpectedChange;
  /** Width of the finest level. */
  readonly channels: number;
  /** Width of each level in units of `channels`, finest first; the first is 1. */
  readonly channelMultipliers: readonly number[];
  /** Residual blocks per level on the way down; one more on the way up. */
  readonly resBlocks: number;
  /** Downsampling factors (1, 2, 4, …) of the levels with spatial and temporal attention. The middle always has it. */
  readonly attentionAt: readonly number[];
  /** Channels of one attention head. */
  readonly headWidth: number;
  /** Heads of the temporal attention after the first convolution; 0 leaves it out. */
  readonly initialAttentionHeads: number;
  /** Groups of every group norm. More than one channel per group, or the level cannot be seen. */
  readonly normGroups: number;
  /** Channels of one context token; 0 builds the network without cross-attention. */
  readonly contextWidth: number;
  /** Whether context tokens after the first 77 are image tokens with keys and values of their own. */
  readonly imageTokens: boolean;
  /** Weight of the image tokens' result: 1, or 1 + tanh(α) with a learned α per layer. */
  readonly imageScale: "fixed" | "learned";
  /** Frames per second (or frame stride) where none is given; 0 builds the network without that condition. */
  readonly defaultFps: number;
  /** Numbers per action; 0 builds the network without actions. */
  readonly actionSize: number;
  /** Action vectors of any real numbers, or of zeros and ones that pick rows to be summed. */
  readonly actionKind: "continuous" | "multiHot";
  /**
   * What each number of a continuous action is multiplied by before it is embedded; absent: 1. Steps of an arm are
   * hundredths of a metre, which a fresh embedding hardly sees beside numbers of one.
   */
  readonly actionScale?: readonly number[];
  /** Taps of temporal convolutions; odd where they are centred. */
  readonly temporalTaps: number;
  /** Where the kernels of temporal convolutions reach: both ways, or only back. */
  readonly convPadding: "centred" | "causal";
  /** How a causal model's temporal kernels were made from a centred one's; "none" if they were not. For the record. */
  readonly transfer: "none" | "shift" | "masked" | "extrapolative";
  /** Which frames temporal attention sees. */
  readonly mask: TemporalMask;
  readonly norm: TemporalNorm;
  /** "rowCausal" pads the last convolution by two rows above and none below, as the released Vid2World does. */
  readonly outputConv: "plain" | "rowCausal";
}

/** Throws a RangeError naming the first field that no network can be built from. */
export function requireUnetConfig(caller: string, config: VideoUnetConfig): void {
  const whole = (name: keyof VideoUnetConfig, low: number) =>
    requireWhole(caller, `config.${name}`, config[name] as number, low);
  for (const name of [
    "inChannels",
    "outChannels",
    "channels",
    "resBlocks",
    "headWidth",
    "normGroups",
    "temporalTaps",
  ] as const)
    whole(name, 1);
  for (const name of ["initialAttentionHeads", "contextWidth", "actionSize"] as const) whole(name, 0);
  requireChoice(caller, "config.imageScale", config.imageScale, ["fixed", "learned"]);
  if (config.shownFrame) requireChoice(caller, "config.shownFrame", config.shownFrame, ["first", "previous"]);
  if (config.expectedChange && config.inChannels !== 2 * config.outChannels)
    throw new RangeError(
      `${caller}: config.inChannels is ${config.inChannels}; expected twice config.outChannels, ${config.outChannels}, where ` +
        "config.expectedChange is set: the second half is the frame that is shown.",
    );
  requireChoice(caller, "config.actionKind", config.actionKind, ["continuous", "multiHot"]);
  const { actionScale, actionKind, actionSize } = config;
  if (actionScale && (actionKind !== "continuous" || actionScale.length !== actionSize))
    throw new RangeError(
      `${caller}: config.actionScale has ${actionScale.length} numbers for ${actionKind} actions of ${actionSize}; expected ` +
        "one for each number of a continuous action.",
    );
  requireChoice(caller, "config.convPadding", config.convPadding, ["centred", "causal"]);
  requireChoice(caller, "config.norm", config.norm, ["clip", "frame", "cumulative"]);
  requireChoice(caller, "config.outputConv", config.outputConv, ["plain", "rowCausal"]);
  requireMask(caller, config.mask);
  if (config.convPadding === "centred" && config.temporalTaps % 2 === 0)
    throw new RangeError(
      `${caller}: config.temporalTaps is ${config.temporalTaps}; expected an odd number for centred convolutions.`,
    );
  const { channels, channelMultipliers, attentionAt, normGroups, headWidth } = config;
  if (channelMultipliers[0] !== 1)
    throw new RangeError(
      `${caller}: config.channelMultipliers is [${channelMultipliers}]; expected 1 as its first entry.`,
    );
  const factors = channelMultipliers.map((_, level) => 2 ** level);
  const unknown = attentionAt.find((factor) => !factors.includes(factor));
  if (unknown !== undefined)
    throw new RangeError(
      `${caller}: config.attentionAt has ${unknown}; expected downsampling factors among ${factors.join(", ")}.`,
    );
  channelMultipliers.forEach((multiplier, level) => {
    const width = channels * multiplier;
    if (!Number.isInteger(width) || width % normGroups)
      throw new RangeError(`${caller}: level ${level} has ${width} channels for ${normGroups} norm groups.`);
    const attends = attentionAt.includes(2 ** level) || level === channelMultipliers.length - 1;
    if (attends && width % headWidth)
      throw new RangeError(`${caller}: level ${level} has ${width} channels for heads of ${headWidth}.`);
  });
}
