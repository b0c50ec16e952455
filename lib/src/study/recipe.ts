/** How each model that ships was made: plain numbers, from which `trainRecipe` makes it again. */
import type { CausalizeOptions } from "../causal/causalize.js";
import type { AutoencoderConfig } from "../model/autoencoder.js";
import { presets } from "../model/presets.js";
import type { VideoUnetConfig } from "../model/videoUnetConfig.js";
import { labRollout, type RolloutConfig } from "../sample/rolloutConfig.js";
import { requireChoice } from "../tensor/check.js";
import type { DiffusionConfig } from "../train/objective.js";
import type { OptimizerConfig } from "../train/optimizer.js";
import type { ClipSet } from "./clipSet.js";

interface Run {
  readonly clips: ClipSet;
  /** Updates; the learning rate falls over all of them. */
  readonly steps: number;
  /** Pictures, or clips, in one update. */
  readonly batch: number;
  readonly seed: number;
  readonly optimizer: Partial<OptimizerConfig>;
}

/** A picture autoencoder from nothing. */
export interface AutoencoderRecipe extends Run {
  readonly kind: "autoencoder";
  readonly network: AutoencoderConfig;
}

/** A bidirectional video network without actions, on latents of an autoencoder that is there already. */
export interface PassiveRecipe extends Run {
  readonly kind: "passive";
  readonly autoencoder: string;
  readonly network: VideoUnetConfig;
  readonly diffusion: Partial<DiffusionConfig>;
  /** Frames of a training window. */
  readonly frames: number;
  readonly rollout: RolloutConfig;
}

/**
 * A causal network given actions, trained with a noise level for each frame. Beside every frame it is shown the previous
 * one: late in a rollout the first is far in the past, and convolutions learn from two neighbours what moved where.
 */
interface ActionRun extends Omit<PassiveRecipe, "kind" | "network"> {
  readonly kind: "world";
  readonly actionKind: VideoUnetConfig["actionKind"];
  readonly actionScale?: VideoUnetConfig["actionScale"];
}

/** A world model that begins as a passive network made causal. */
export interface WorldRecipe extends ActionRun {
  /** The passive model to start from. */
  readonly from: string;
  readonly causal: CausalizeOptions;
}

/** A world model that begins with fresh weights in a network that is causal as it is. */
export interface ScratchRecipe extends ActionRun {
  readonly network: VideoUnetConfig;
}

/** A network that judges world models; what it learns to read is in `worldTruth.ts`. */
export interface ReaderRecipe extends Run {
  /** `videoEncoder` describes frames for distances; `inverseDynamics` reads actions, `stateReader` states. */
  readonly kind: "videoEncoder" | "inverseDynamics" | "stateReader";
  /** Frames of a training window. */
  readonly frames: number;
  /** Pixels by which windows are moved at most, see `disturb`. */
  readonly shift: number;
}

export type Recipe = ReaderRecipe | AutoencoderRecipe | PassiveRecipe | WorldRecipe | ScratchRecipe;

const passive: PassiveRecipe = {
  kind: "passive",
  autoencoder: "autoencoder-lab",
  network: { ...presets.lab, inChannels: 8, defaultFps: 10 },
  // half of the clips without their first frame, so that motion is learned from neighbours too
  diffusion: { levels: "shared", actionDropout: 0, firstFrameDropout: 0.5 },
  clips: { sources: ["passive"], clips: 2400, frames: 24, seed: 11 },
  frames: 8,
  steps: 6000,
  batch: 4,
  seed: 1,
  optimizer: { average: 0.999 }, // a run that is cut short has not let its rate fall; the average stands in for that
  rollout: { ...labRollout, window: 8 }, // as many frames as in training
};

function world(
  source: "tabletop" | "arena" | "trail",
  actionKind: VideoUnetConfig["actionKind"],
  drawn: Partial<RolloutConfig> = {},
): WorldRecipe {
  const { network: _, ...shared } = passive;
  return {
    ...shared,
    kind: "world",
    from: "passive-lab",
    clips: { sources: [source], clips: 1200, frames: 32, seed: 21 },
    causal: { transfer: "extrapolative", mask: { window: passive.frames } }, // no longer past than in training
    actionKind,
    steps: 2500,
    diffusion: { levels: "cleanHistory", lift: 3, weighting: "cappedSnr", actionDropout: 0.2 },
    // one step draws the mean of what may come: while a model is young, more steps draw sharper pictures, but wrong ones
    rollout: { ...passive.rollout, steps: 1, historyLevel: 79, ...drawn },
    optimizer: { rate: 2e-3, average: 0.999 },
  };
}

/** The same world, data and updates without the passive model: what that one is worth. */
function scratch({ from: _, causal, ...recipe }: WorldRecipe): ScratchRecipe {
  const { mask } = causal;
  const network = { ...passive.network, convPadding: "causal", norm: "frame", mask } as const;
  return { ...recipe, network: network as VideoUnetConfig };
}

const tabletop: WorldRecipe = {
  // most of its picture stands still, and less noise on the history blurs that less
  ...world("tabletop", "continuous", { historyLevel: 39 }),
  // to about one while it moves: base ahead, aside, turn; closing; arm's three turns; mode; arm's three steps
  actionScale: [30, 30, 15, 1, 8, 8, 8, 1, 1, 1, 13, 13, 13],
  steps: 5000, // after 2,500 it had only begun to see what an arm is told
};
const arena: WorldRecipe = {
  ...world("arena", "multiHot", { strength: 1.2 }), // half-way between the best pictures and the clearest actions
  steps: 8000,
};
const trail: WorldRecipe = {
  ...world("trail", "continuous", { strength: 1, historyLevel: 39 }), // it follows its actions without being pushed
  steps: 8000,
};

function reader(
  kind: ReaderRecipe["kind"],
  sources: ClipSet["sources"],
  {
    clips,
    skip,
    ...run
  }: Pick<ReaderRecipe, "batch" | "frames" | "steps"> & Required<Pick<ClipSet, "clips" | "skip">>,
): ReaderRecipe {
  return {
    kind,
    clips: { sources, clips, frames: 8, skip, seed: 31 }, // many scenes: few are learned by heart
    ...run,
    shift: 2,
    seed: 1,
    optimizer: { rate: 1e-2, average: 0.99 },
  };
}

const readActions = { clips: 2400, skip: 28, batch: 32, frames: 2, steps: 1000 };
const readState = { clips: 2400, skip: 28, batch: 32, frames: 1, steps: 1800 };

export const recipes = {
  "autoencoder-lab": {
    kind: "autoencoder",
    network: {
      imageChannels: 3,
      channels: 16,
      channelMultipliers: [1, 2, 4],
      resBlocks: 1,
      latentChannels: 4,
      normGroups: 8,
      latentScale: 1,
    },
    clips: { sources: ["tabletop", "arena", "trail", "passive"], clips: 800, frames: 8, seed: 1 },
    steps: 12_000,
    batch: 8,
    seed: 1,
    optimizer: { rate: 2e-3, average: 0.999 },
  },
  "passive-lab": passive,
  "tabletop-lab": tabletop,
  "arena-lab": arena,
  "trail-lab": trail,
  "lab-features": reader("videoEncoder", ["tabletop", "arena", "trail"], {
    clips: 1800,
    skip: 28,
    batch: 12,
    frames: 4,
    steps: 800,
  }),
  "inverse-dynamics-tabletop": reader("inverseDynamics", ["tabletop"], { ...readActions, steps: 2400 }),
  "inverse-dynamics-arena": reader("inverseDynamics", ["arena"], readActions),
  "inverse-dynamics-trail": reader("inverseDynamics", ["trail"], readActions),
  "state-reader-tabletop": reader("stateReader", ["tabletop"], readState),
  "state-reader-arena": reader("stateReader", ["arena"], readState),
  "state-reader-trail": reader("stateReader", ["trail"], {
    ...readState,
    clips: 1600,
    skip: 248, // flags stand far from where episodes begin
  }),
  "arena-masked": { ...arena, causal: { ...arena.causal, transfer: "masked" } }, // to be played beside arena-lab
  "tabletop-scratch": scratch(tabletop),
  "arena-scratch": scratch(arena),
  "trail-scratch": scratch(trail),
} as const satisfies Record<string, Recipe>;

export type RecipeName = keyof typeof recipes;

/** The recipe of a name; an unknown one is an error that lists those there are. */
export function findRecipe(name: string): Recipe {
  requireChoice("trainRecipe", "name", name, Object.keys(recipes));
  return recipes[name as RecipeName];
}
