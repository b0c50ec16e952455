/**
 * The paper's own size: RT-1 as published, the released DynamiCrafter checkpoint, and the settings of section 5 and
 * table 3. Nobody has run this code at that size; tests run every line of it with smaller numbers in the same places.
 */
import {
  type AutoencoderConfig,
  autoencoderParameters,
  stableDiffusionAutoencoder,
} from "../model/autoencoder.js";
import {
  type ImageTowerConfig,
  imageTowerParameters,
  type TextTowerConfig,
  textTowerParameters,
  vitH14Image,
  vitH14Text,
} from "../model/clip.js";
import { presets } from "../model/presets.js";
import { dynamicrafterResampler, type ResamplerConfig, resamplerParameters } from "../model/resampler.js";
import { videoUnetParameters } from "../model/unetPlan.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import { countParameters } from "../nn/parameters.js";
import { paperRollout, type RolloutConfig } from "../sample/rolloutConfig.js";
import { type ScheduleConfig, vid2worldSchedule } from "../schedule/schedule.js";
import { type OptimizerConfig, vid2worldOptimizer } from "../train/optimizer.js";
import type { RunOptions } from "../train/run.js";

/** Everything that has a size, in a study at the paper's. */
export interface PaperScale {
  readonly networks: {
    /** As in the checkpoint: passive, without actions. */
    readonly unet: VideoUnetConfig;
    readonly autoencoder: AutoencoderConfig;
    readonly resampler: ResamplerConfig;
    readonly imageTower: ImageTowerConfig;
    readonly textTower: TextTowerConfig;
  };
  /** [height, width] of the frames that the autoencoder sees; pictures are fitted into it on black. */
  readonly size: readonly [number, number];
  /** Frames of a training window, and of a scored clip. */
  readonly frames: number;
  /** Of a scored clip, those that are given. */
  readonly given: number;
  /** Windows that go through the network at once, and how many such batches make an update. */
  readonly batch: number;
  readonly accumulate: number;
  readonly optimizer: OptimizerConfig;
  readonly schedule: ScheduleConfig;
  readonly sampling: Omit<RolloutConfig, "strength">;
  /** Share of the episodes that are held out, and clips of them that are scored; all drawn from one seed. */
  readonly testShare: number;
  readonly clips: number;
  readonly dataSeed: number;
  /** Where the networks run; another provider rounds otherwise. */
  readonly provider: NonNullable<RunOptions["provider"]>;
}

const { strength: _, ...sampling } = paperRollout;

/** An arm of table 2: 30,000 updates of 16 windows of 16 frames at 320 × 512. */
export const paperScale: PaperScale = {
  networks: {
    unet: { ...presets.vid2world, actionSize: 0 },
    autoencoder: stableDiffusionAutoencoder,
    resampler: dynamicrafterResampler,
    imageTower: vitH14Image,
    textTower: vitH14Text,
  },
  size: [320, 512],
  frames: 16,
  given: 1,
  batch: 2,
  accumulate: 8,
  optimizer: { ...vid2worldOptimizer, steps: 30_000 },
  schedule: vid2worldSchedule,
  sampling,
  testShare: 0.05,
  clips: 1024,
  dataSeed: 1,
  provider: "cuda",
};

/** What one unit needs; hours at the pace that the paper reports for its own code. */
export interface PaperNeeds {
  /** Numbers that are trained. */
  readonly parameters: number;
  /** Gigabytes of all weights, and of the gradients and AdamW's two means of those that are trained; no activations. */
  readonly gigabytes: number;
  /** Gigabytes of its two newest checkpoints. */
  readonly disk: number;
  /** GPU-hours of training and of drawing clips. */
  readonly training: number;
  readonly drawing: number;
}

/**
 * What a unit of this scale needs. The paper took 7 days on 4 A100 for 100,000 updates of 16 windows of 16 frames (section
 * 5.1), and about 20 seconds for a frame in 50 steps (appendix E).
 */
export function paperNeeds(scale: PaperScale): PaperNeeds {
  const { networks, batch, accumulate, optimizer, frames, given, clips, size } = scale;
  const trained =
    countParameters(videoUnetParameters(networks.unet)) +
    countParameters(resamplerParameters(networks.resampler));
  const frozen =
    countParameters(autoencoderParameters(networks.autoencoder)) +
    countParameters(imageTowerParameters(networks.imageTower)) +
    countParameters(textTowerParameters(networks.textTower));
  const pixels = (size[0] * size[1]) / (320 * 512);
  const windows = optimizer.steps * batch * accumulate * (frames / 16) * pixels;
  const bytes = 4;
  return {
    parameters: trained,
    gigabytes: (bytes * (4 * trained + frozen)) / 1e9,
    disk: (2 * bytes * 3 * trained) / 1e9,
    training: (windows / (100_000 * 16)) * 4 * 7 * 24,
    drawing: (clips * (frames - given) * pixels * 20 * (scale.sampling.steps / 50)) / 3600,
  };
}
