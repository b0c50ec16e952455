/**
 * One update of a record of weights: loss, gradients, clipping, AdamW, weight average. Written as one function of its
 * input tensors that assigns variables, so that it can be traced as a whole; everything else on the way is plain code.
 */
import {
  addN,
  dispose,
  type Scalar,
  scalar,
  stack,
  type Tensor,
  type Tensor1D,
  tensor1d,
  tidy,
  type Variable,
  variable,
  variableGrads,
} from "@tensorflow/tfjs";
import type { Weights } from "../weights/safetensors.js";
import { type FlatLayout, flatLayout, flatten, unflatten } from "./flatWeights.js";
import {
  adamw,
  learningRate,
  norm,
  type OptimizerConfig,
  requireOptimizer,
  stepNumbers,
} from "./optimizer.js";
import { loopRunner, type Running, type RunOptions, runner } from "./run.js";

export type Inputs = Readonly<Record<string, Tensor>>;
export type Loss = (weights: Weights, inputs: Inputs) => Scalar;

const parts = ["weights", "mean", "square", "average"] as const;

/** What an update changes: the weights, the running means of their gradients and of the squares, their average. */
export type StatePart = (typeof parts)[number];

export interface StepResult {
  /** Loss before the update, averaged over the parts. */
  readonly loss: number;
  /** Norm of all gradients before clipping. */
  readonly gradientNorm: number;
  /** Learning rate of this update. */
  readonly rate: number;
}

export interface Update {
  /** A copy of the state, part by part; without `average` if the config keeps none. It belongs to the caller. */
  read(): Partial<Record<StatePart, Weights>>;
  /**
   * One update from the mean gradient of all parts of a batch. They may differ in shape and in which inputs they have.
   *
   * @param step updates made so far
   */
  apply(batch: readonly Inputs[], step: number): Promise<StepResult>;
  /** One update after another from each of the inputs, which have the same names and shapes, in one call. */
  applyEach(inputs: readonly Inputs[], step: number): Promise<StepResult[]>;
  dispose(): void;
}

/** Prepares updates of `weights`, which are copied. Weights that no gradient ever reaches stay as they are. */
export function createUpdate(
  weights: Weights,
  loss: Loss,
  config: OptimizerConfig,
  run: RunOptions,
  from: Partial<Record<StatePart, Weights>> = {},
): Update {
  requireOptimizer("createTrainer", config);
  const layout = flatLayout(weights);
  const state = createState(layout, weights, config, from);
  let sum: Variable | undefined; // of the gradients of several parts

  function gradient(inputs: Inputs): { value: Scalar; vector: Tensor1D } {
    const { value, grads } = variableGrads(
      () => loss(unflatten(layout, state.weights), inputs),
      [state.weights],
    );
    return { value, vector: grads[state.weights.name] as Tensor1D };
  }

  /** Assigns the new state and returns the norm of the gradient. */
  function change(vector: Tensor1D, numbers: Tensor): Scalar {
    const scalars = numbers.split(4).map((number) => number.reshape([]));
    const length = norm(vector);
    const shrink =
      config.clipNorm === 0 ? undefined : scalar(config.clipNorm).div(length.add(1e-6)).minimum(1);
    const old = { weight: state.weights, mean: state.mean, square: state.square };
    const made = adamw(old, shrink ? vector.mul(shrink) : vector, scalars, config);
    const { average } = state;
    average?.assign(average.add(made.weight.sub(average).mul(scalars[3].neg().add(1))));
    state.weights.assign(made.weight);
    state.mean.assign(made.mean);
    state.square.assign(made.square);
    return length;
  }

  const single = (numbers: Tensor, part: Inputs): Tensor => {
    const { value, vector } = gradient(part);
    return stack([value, change(vector, numbers)]);
  };
  const update = runner(single, run);
  const loops = new Map<number, ReturnType<typeof loopRunner>>(); // by number of updates in one call

  const add = runner((total: Variable, part: Inputs): Tensor => {
    const { value, vector } = gradient(part);
    total.assign(total.add(vector));
    return value;
  }, run);

  const finish: Running<[Variable, Tensor, number], Tensor> = runner((total, numbers, count) => {
    const length = change(total.div(count), numbers);
    total.assign(total.zerosLike());
    return length;
  }, run);

  /** Several parts: gradients are summed in a variable, then applied. Returns [mean loss, norm]. */
  async function accumulated(batch: readonly Inputs[], numbers: Tensor): Promise<Tensor> {
    sum ??= tidy(() => variable(state.weights.zerosLike(), false));
    const total = sum;
    const losses: Tensor[] = [];
    for (const part of batch) losses.push(await add(total, part));
    const length = await finish(total, numbers, batch.length);
    const result = tidy(() => stack([addN(losses).div(batch.length), length]));
    for (const tensor of [...losses, length]) tensor.dispose();
    return result;
  }

  return {
    read: () =>
      Object.fromEntries(
        parts.flatMap((part) => (state[part] ? [[part, unflatten(layout, state[part])]] : [])),
      ),
    async apply(batch, step) {
      if (batch.length === 0) throw new RangeError("trainer.step: no batch came; expected one or more.");
      const numbers = tensor1d(stepNumbers(config, step));
      const result = await (batch.length === 1 ? update(numbers, batch[0]) : accumulated(batch, numbers));
      const [value, gradientNorm] = await result.data();
      numbers.dispose();
      result.dispose();
      return { loss: value, gradientNorm, rate: learningRate(config, step) };
    },
    async applyEach(inputs, step) {
      const loop = loops.get(inputs.length) ?? loopRunner(single, inputs.length, run);
      loops.set(inputs.length, loop);
      const stacked = tidy(() => ({
        numbers: stack(inputs.map((_, i) => tensor1d(stepNumbers(config, step + i)))),
        inputs: Object.fromEntries(
          Object.keys(inputs[0]).map((name) => [name, stack(inputs.map((one) => one[name]))]),
        ),
      }));
      const result = await loop(stacked.numbers, stacked.inputs);
      const values = await result.data();
      dispose([stacked, result] as never);
      return inputs.map((_, i) => ({
        loss: values[2 * i],
        gradientNorm: values[2 * i + 1],
        rate: learningRate(config, step + i),
      }));
    },
    dispose() {
      for (const held of [...Object.values(state), sum]) held?.dispose();
    },
  };
}

type State = Record<Exclude<StatePart, "average">, Variable> & { readonly average?: Variable };

/** One vector per part, from the parts of a checkpoint where there is one. */
function createState(
  layout: FlatLayout,
  weights: Weights,
  { average }: OptimizerConfig,
  from: Partial<Record<StatePart, Weights>>,
): State {
  const held = (part: Weights | undefined, trainable = false) =>
    tidy(() => variable(part ? flatten(layout, part) : flatten(layout, weights).zerosLike(), trainable));
  return {
    weights: held(weights, true),
    mean: held(from.mean),
    square: held(from.square),
    ...(average > 0 && { average: held(from.average ?? weights) }),
  };
}
