/**
 * Noise schedules of the forward process q(xᵏ | xᵏ⁻¹) = N(√(1−βₖ) xᵏ⁻¹, βₖ I): plain lists over the levels
 * k = 0 … levels − 1, in double precision, so they print and plot as is.
 */
import { requireChoice, requireRange, requireWhole } from "../tensor/check.js";

const kinds = ["linear", "sqrtLinear", "cosine", "sigmoid"] as const;
export type BetaKind = (typeof kinds)[number];

export interface BetaOptions {
  /** Number of levels; 1000 unless given. */
  readonly levels?: number;
  /** First β of the two linear kinds; 0.00085 unless given. */
  readonly start?: number;
  /** Last β of the two linear kinds; 0.012 unless given. */
  readonly end?: number;
}

/**
 * The β of every level.
 *
 * - `linear`: evenly spaced from `start` to `end` (Ho et al., "Denoising diffusion probabilistic models", 2020).
 * - `sqrtLinear`: √β evenly spaced; Stable Diffusion's "scaled linear", which DynamiCrafter's code calls "linear".
 * - `cosine`: ᾱ = cos²((k/levels + 0.008) / 1.008 · π/2), β at most 0.999 (Nichol and Dhariwal, 2021).
 * - `sigmoid`: ᾱ falls along a logistic curve over [−3, 3], β at most 0.999 (Jabri et al., 2022), as in Diffusion
 *   Forcing's video experiments.
 *
 * @returns `levels` numbers in (0, 1)
 * @throws RangeError if the kind is unknown or an option is out of range
 */
export function betaSchedule(kind: BetaKind, options: BetaOptions = {}): number[] {
  const { levels = 1000, start = 0.00085, end = 0.012 } = options;
  requireChoice("betaSchedule", "kind", kind, kinds);
  requireWhole("betaSchedule", "levels", levels, 2);
  requireRange("betaSchedule", "start", start, 0, 1);
  requireRange("betaSchedule", "end", end, start, 1);
  switch (kind) {
    case "linear":
      return evenlySpaced(start, end, levels);
    case "sqrtLinear":
      return evenlySpaced(Math.sqrt(start), Math.sqrt(end), levels).map((root) => root ** 2);
    case "cosine":
      return betasFromCurve(levels, (u) => Math.cos(((u + 0.008) / 1.008) * (Math.PI / 2)) ** 2);
    case "sigmoid":
      return betasFromCurve(levels, (u) => logistic(3) - logistic(6 * u - 3));
  }
}

/**
 * The same schedule, shifted and stretched in √ᾱ so that the last level holds no signal at all (ᾱ = 0) and the first
 * keeps its ᾱ.
 *
 * @param betas numbers in (0, 1), one per level
 * @returns as many numbers; the last is 1
 * @see Lin et al., "Common diffusion noise schedules and sample steps are flawed", WACV 2024, algorithm 1
 */
export function zeroTerminalSnr(betas: readonly number[]): number[] {
  const signal = alphasCumprod(betas).map(Math.sqrt);
  const first = signal[0];
  const last = signal[signal.length - 1];
  const kept = signal.map((value) => ((value - last) * (first / (first - last))) ** 2);
  return kept.map((value, k) => 1 - (k === 0 ? value : value / kept[k - 1]));
}

/** ᾱ of every level, the share of the variance that is still signal: the running product of 1 − β. */
export function alphasCumprod(betas: readonly number[]): number[] {
  let product = 1;
  return betas.map((beta) => {
    product *= 1 - beta;
    return product;
  });
}

function evenlySpaced(from: number, to: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => from + ((to - from) * i) / (count - 1));
}

/** β from a falling curve ᾱ(u), u = 0 … 1; at most 0.999, so that no single level erases everything. */
function betasFromCurve(levels: number, curve: (u: number) => number): number[] {
  return Array.from({ length: levels }, (_, k) =>
    Math.min(1 - curve((k + 1) / levels) / curve(k / levels), 0.999),
  );
}

function logistic(x: number): number {
  return 1 / (1 + Math.exp(-x));
}
