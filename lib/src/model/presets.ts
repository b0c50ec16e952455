import type { VideoUnetConfig } from "./videoUnetConfig.js";

const dynamicrafter512: VideoUnetConfig = {
  inChannels: 8,
  outChannels: 4,
  channels: 320,
  channelMultipliers: [1, 2, 4, 4],
  resBlocks: 2,
  attentionAt: [1, 2, 4],
  headWidth: 64,
  initialAttentionHeads: 8,
  normGroups: 32,
  contextWidth: 1024,
  imageTokens: true,
  imageScale: "fixed",
  defaultFps: 24,
  actionSize: 0,
  actionKind: "continuous",
  temporalTaps: 3,
  convPadding: "centred",
  transfer: "none",
  mask: "full",
  norm: "clip",
  outputConv: "plain",
};

const lab: VideoUnetConfig = {
  inChannels: 4,
  outChannels: 4,
  channels: 32,
  channelMultipliers: [1, 2],
  resBlocks: 1,
  attentionAt: [2],
  headWidth: 32,
  initialAttentionHeads: 0,
  normGroups: 8,
  contextWidth: 0,
  imageTokens: false,
  imageScale: "fixed",
  defaultFps: 0,
  actionSize: 0,
  actionKind: "continuous",
  temporalTaps: 3,
  convPadding: "centred",
  transfer: "none",
  mask: "full",
  norm: "clip",
  outputConv: "plain",
};

/**
 * Configs of the video U-Net.
 *
 * `dynamicrafter256`, `512` and `1024` are the published image-to-video models; `vid2world` is the 512 model with an
 * action embedding for RT-1's 13 numbers. `lab` is small enough to be trained and played live on a CPU, for latents of
 * 16×16×4; spread it to change it: `{ ...presets.lab, inChannels: 8, actionSize: 4 }`.
 */
export const presets = {
  dynamicrafter256: { ...dynamicrafter512, imageScale: "learned", defaultFps: 3 },
  dynamicrafter512,
  dynamicrafter1024: { ...dynamicrafter512, defaultFps: 10 },
  vid2world: { ...dynamicrafter512, defaultFps: 3, actionSize: 13 },
  lab,
} as const satisfies Record<string, VideoUnetConfig>;
