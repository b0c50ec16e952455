/** AdamW, its learning rate over time, and clipping: what turns gradients into a change of weights. */
import { type Scalar, type Tensor, tidy, where } from "@tensorflow/tfjs";
import { requireChoice, requireRange, requireWhole } from "../tensor/check.js";

export interface OptimizerConfig {
  /** Peak learning rate. */
  readonly rate: number;
  /** `cosine` falls from the peak to `finalShare` of it at step `steps`; `constant` stays. */
  readonly decay: "constant" | "cosine";
  /** Updates over which the rate first rises evenly to its peak. */
  readonly warmUp: number;
  /** Update at which `cosine` has reached its end. */
  readonly steps: number;
  /** Last rate of `cosine` as a share of the peak. */
  readonly finalShare: number;
  /** Decay of the running mean of gradients, and of their squares. */
  readonly beta1: number;
  readonly beta2: number;
  readonly epsilon: number;
  /** Share of a weight, times the rate, that is taken away at each update. */
  readonly weightDecay: number;
  /** Largest norm of all gradients together; larger ones are shrunk to it; 0 never shrinks. */
  readonly clipNorm: number;
  /** Decay of the running average of the weights; 0 keeps none. */
  readonly average: number;
}

/** The paper's: AdamW with PyTorch's defaults at a constant rate, gradients clipped at 0.5. */
export const vid2worldOptimizer: OptimizerConfig = {
  rate: 1e-5,
  decay: "constant",
  warmUp: 0,
  steps: 100_000,
  finalShare: 1,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0.01,
  clipNorm: 0.5,
  average: 0,
};

/** For small models from scratch: a hundred times the rate, warm-up, cosine to 3 %. Set `steps` to the run's length. */
export const labOptimizer: OptimizerConfig = {
  ...vid2worldOptimizer,
  rate: 1e-3,
  decay: "cosine",
  warmUp: 100,
  steps: 3000,
  finalShare: 0.03,
  beta2: 0.99,
  clipNorm: 1,
};

/** Throws a RangeError naming the first field out of its range. */
export function requireOptimizer(caller: string, config: OptimizerConfig): void {
  requireRange(caller, "rate", config.rate, 0);
  requireChoice(caller, "decay", config.decay, ["constant", "cosine"]);
  requireWhole(caller, "warmUp", config.warmUp, 0);
  requireWhole(caller, "steps", config.steps, 1);
  requireRange(caller, "finalShare", config.finalShare, 0, 1);
  requireRange(caller, "beta1", config.beta1, 0, 1 - 1e-9);
  requireRange(caller, "beta2", config.beta2, 0, 1 - 1e-9);
  requireRange(caller, "epsilon", config.epsilon, 0);
  requireRange(caller, "weightDecay", config.weightDecay, 0);
  requireRange(caller, "clipNorm", config.clipNorm, 0);
  requireRange(caller, "average", config.average, 0, 1);
}

/** Learning rate of update `step`, counted from 0. */
export function learningRate(config: OptimizerConfig, step: number): number {
  const { rate, warmUp, steps, finalShare } = config;
  const rising = warmUp > 0 ? Math.min(1, (step + 1) / warmUp) : 1;
  if (config.decay === "constant" || step < warmUp) return rate * rising;
  const progress = Math.min(1, (step - warmUp) / Math.max(1, steps - warmUp));
  return rate * (finalShare + (1 - finalShare) * 0.5 * (1 + Math.cos(Math.PI * progress)));
}

/**
 * The numbers that change from update to update, computed in double precision outside the graph:
 * [rate, 1 − β₁ᵗ, √(1 − β₂ᵗ), decay of the weight average], t = step + 1.
 */
export function stepNumbers(config: OptimizerConfig, step: number): number[] {
  const t = step + 1;
  return [
    learningRate(config, step),
    1 - config.beta1 ** t,
    Math.sqrt(1 - config.beta2 ** t),
    Math.min(config.average, (1 + t) / (10 + t)), // early averages must not cling to the first weights
  ];
}

/** Euclidean norm of a vector, a scalar. */
export function norm(vector: Tensor): Scalar {
  return tidy(() => vector.square().sum().sqrt() as Scalar);
}

/** Weights and their AdamW state: running means of the gradient and of its square. */
export interface AdamState {
  readonly weight: Tensor;
  readonly mean: Tensor;
  readonly square: Tensor;
}

/**
 * One AdamW update, with bias correction and decoupled decay. Numbers that have never had a gradient do not decay.
 *
 * @param numbers the scalars of `stepNumbers`
 * @returns new tensors
 * @see Loshchilov and Hutter, "Decoupled weight decay regularization", ICLR 2019, algorithm 2
 */
export function adamw(
  { weight, mean, square }: AdamState,
  gradient: Tensor,
  [rate, meanCorrection, squareCorrection]: readonly Tensor[],
  { beta1, beta2, epsilon, weightDecay }: OptimizerConfig,
): AdamState {
  const newMean = mean.mul(beta1).add(gradient.mul(1 - beta1));
  const newSquare = square.mul(beta2).add(gradient.square().mul(1 - beta2));
  const size = newSquare.sqrt().div(squareCorrection).add(epsilon);
  const decayed = () => where(newSquare.greater(0), weight.sub(weight.mul(rate.mul(weightDecay))), weight);
  const kept = weightDecay === 0 ? weight : decayed();
  return {
    weight: kept.sub(newMean.mul(rate.div(meanCorrection)).div(size)),
    mean: newMean,
    square: newSquare,
  };
}
