/**
 * Everything a network and its sampler must agree on about noise, in one plain object: ᾱ of every level, the dynamic
 * rescale, and what the network predicts. Levels are whole numbers, 0 (least noise) to levels − 1; `cleanLevel` marks
 * a finished frame.
 */
import { requireChoice, requireRange } from "../tensor/check.js";
import { alphasCumprod, type BetaKind, betaSchedule, zeroTerminalSnr } from "./betas.js";

/** The level of a finished frame. Its ᾱ is that of level 0, where the official DDIM sampler ends its last step. */
export const cleanLevel = -1;

const predictions = ["epsilon", "v", "x0"] as const;
/** What the network's output means: the noise ε, the velocity v = √ᾱ ε − √(1−ᾱ) x₀, or the clean frames x₀. */
export type Prediction = (typeof predictions)[number];

export interface ScheduleConfig {
  readonly kind: BetaKind;
  /** Number of noise levels. */
  readonly levels: number;
  /** First and last β of the linear kinds. */
  readonly start: number;
  readonly end: number;
  /** Whether the last level holds no signal at all. */
  readonly zeroTerminalSnr: boolean;
  /** Factor on the clean frames at high noise (dynamic rescale); 1 leaves them as they are. */
  readonly baseScale: number;
  readonly predicts: Prediction;
}

/** DynamiCrafter-512 and Vid2World as published. */
export const vid2worldSchedule: ScheduleConfig = {
  kind: "sqrtLinear",
  levels: 1000,
  start: 0.00085,
  end: 0.012,
  zeroTerminalSnr: true,
  baseScale: 0.7,
  predicts: "v",
};

/** The same without dynamic rescale: the small models are trained from scratch and do not need it. */
export const labSchedule: ScheduleConfig = { ...vid2worldSchedule, baseScale: 1 };

export interface Schedule {
  readonly config: ScheduleConfig;
  /** ᾱ of every level, falling. */
  readonly alphasCumprod: readonly number[];
  /** Factor on the clean frames at every level. */
  readonly scale: readonly number[];
}

/**
 * The schedule that a config describes.
 *
 * @throws RangeError if the noise is to be predicted although the last level has no signal: x₀ cannot be told from ε
 * there
 */
export function createSchedule(config: ScheduleConfig): Schedule {
  requireChoice("createSchedule", "predicts", config.predicts, predictions);
  if (config.predicts === "epsilon" && config.zeroTerminalSnr)
    throw new RangeError(
      'createSchedule: predicts is "epsilon" with zeroTerminalSnr; expected "v" or "x0", since at the last level ' +
        "the noise says nothing about the clean frames.",
    );
  const plain = betaSchedule(config.kind, config);
  const betas = config.zeroTerminalSnr ? zeroTerminalSnr(plain) : plain;
  return {
    config,
    alphasCumprod: alphasCumprod(betas),
    scale: dynamicRescale(config.levels, config.baseScale),
  };
}

/**
 * DynamiCrafter's dynamic rescale: the factor on the clean frames falls evenly from 1 at level 0 to `baseScale` at
 * level 399 and stays there.
 */
export function dynamicRescale(levels: number, baseScale: number): number[] {
  requireRange("dynamicRescale", "baseScale", baseScale, 0, 1);
  return Array.from({ length: levels }, (_, k) => 1 + ((baseScale - 1) * Math.min(k, 399)) / 399);
}

/** ᾱ at a level, `cleanLevel` included. */
export function alphaAt(schedule: Schedule, level: number): number {
  return schedule.alphasCumprod[Math.max(level, 0)];
}
