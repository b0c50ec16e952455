/** A network in training: its weights, the optimiser's state, and the count of updates made. */
import { dispose } from "@tensorflow/tfjs";
import type { VideoUnet } from "../model/videoUnet.js";
import { requireWhole } from "../tensor/check.js";
import { deriveSeed } from "../tensor/noise.js";
import type { Weights } from "../weights/safetensors.js";
import { readCheckpoint, saveCheckpoint } from "./checkpoint.js";
import { type Objective, type Trainable, type VideoBatch, videoObjective } from "./objective.js";
import { labOptimizer, learningRate, type OptimizerConfig } from "./optimizer.js";
import type { RunOptions } from "./run.js";
import { createUpdate, type StatePart, type StepResult } from "./update.js";

export interface TrainerOptions<Batch> extends RunOptions {
  readonly objective: Objective<Batch>;
  /** Fields not given are those of `labOptimizer`. */
  readonly optimizer?: Partial<OptimizerConfig>;
  /** Decides every random draw of every update; from 1 up. */
  readonly seed: number;
  /**
   * Updates that the model has behind it, 0 unless given: for going on from weights alone. Draws and learning rate go on
   * from there; the optimiser's running means begin anew.
   */
  readonly made?: number;
}

export interface Trainer<Batch, Model extends Trainable = Trainable> {
  /** Updates made so far. */
  readonly steps: number;
  /** Learning rate of the next update. */
  readonly rate: number;
  /**
   * One update. Several batches count as one large batch: their gradients are averaged, and they may differ in shape.
   * One call at a time.
   */
  step(batch: Batch | readonly Batch[]): Promise<StepResult>;
  /**
   * One update after another, one for each batch, in one call; all batches have the same shapes. Compiled, this saves
   * the copies of the weights between updates.
   */
  stepEach(batches: readonly Batch[]): Promise<StepResult[]>;
  /** A copy of the network as it is now, with the running average of the weights if one is kept and asked for. */
  snapshot(options?: { readonly average?: boolean }): Model;
  /** Writes everything that a bit-exact continuation needs; the last two checkpoints in `dir` are kept. */
  save(dir: string): Promise<string>;
  dispose(): void;
}

/**
 * Starts training a network. Equal seeds and batches give equal weights, bit for bit, on one machine and engine.
 *
 * @param model copied, not changed
 * @throws RangeError if an option is out of range
 */
export function createTrainer<Batch, Model extends Trainable>(
  model: Model,
  options: TrainerOptions<Batch>,
): Trainer<Batch, Model> {
  const { made = 0 } = options;
  requireWhole("createTrainer", "made", made, 0);
  return start(model, options, { ...labOptimizer, ...options.optimizer }, made);
}

export interface ResumeOptions<Batch, Model extends Trainable> extends RunOptions {
  /**
   * The objective that the run began with, from the network and the settings in the checkpoint. Left out, it is
   * `videoObjective`.
   */
  readonly objective?: (model: Model, settings: object) => Objective<Batch>;
}

/**
 * Continues from the newest checkpoint in `dir`, as if there had been no interruption: optimiser, seed and count of
 * updates come from the file.
 *
 * @throws Error if there is no checkpoint in `dir`
 */
export async function resumeTrainer<Batch = VideoBatch, Model extends Trainable = VideoUnet>(
  dir: string,
  { objective, ...run }: ResumeOptions<Batch, Model> = {},
): Promise<Trainer<Batch, Model>> {
  const { weights, state, record } = await readCheckpoint(dir);
  const model = { ...record.model, weights } as unknown as Model;
  const make =
    objective ??
    (({ config }: Model, settings: object) =>
      videoObjective(config as VideoUnet["config"], settings) as unknown as Objective<Batch>);
  try {
    const options = { objective: make(model, record.objective), seed: record.seed, ...run };
    return start(model, options, record.optimizer, record.steps, state);
  } finally {
    dispose([weights, ...Object.values(state)]);
  }
}

function start<Batch, Model extends Trainable>(
  source: Model,
  { objective, seed, ...run }: TrainerOptions<Batch>,
  optimizer: OptimizerConfig,
  made: number,
  from?: Partial<Record<StatePart, Weights>>,
): Trainer<Batch, Model> {
  requireWhole("createTrainer", "seed", seed, 1);
  const update = createUpdate(source.weights, objective.loss, optimizer, run, from);
  let steps = made;
  let busy = false;

  /** Runs a step, unless another is under way. */
  async function alone<Result>(step: () => Promise<Result>): Promise<Result> {
    if (busy) throw new Error("trainer.step: the step before has not ended; await it first.");
    busy = true;
    try {
      return await step();
    } finally {
      busy = false;
    }
  }

  function counted(result: StepResult): StepResult {
    if (!Number.isFinite(result.loss))
      throw new Error(
        `trainer.step: the loss of update ${steps} is ${result.loss}. Resume from the last checkpoint with a lower ` +
          "rate, or check the batch for numbers that are not finite.",
      );
    steps++;
    return result;
  }

  return {
    get steps() {
      return steps;
    },
    get rate() {
      return learningRate(optimizer, steps);
    },
    step: (batch) =>
      alone(async () => {
        const batches = (Array.isArray(batch) ? batch : [batch]) as readonly Batch[];
        const parts = batches.map((one, i) => objective.inputs(one, deriveSeed(seed, steps, i)));
        const result = await update.apply(parts, steps).finally(() => dispose(parts as never));
        return counted(result);
      }),
    stepEach: (batches) =>
      alone(async () => {
        const inputs = batches.map((one, i) => objective.inputs(one, deriveSeed(seed, steps + i, 0)));
        const results = await update.applyEach(inputs, steps).finally(() => dispose(inputs as never));
        return results.map(counted);
      }),
    snapshot({ average = false } = {}) {
      if (average && optimizer.average === 0)
        throw new Error("trainer.snapshot: no average is kept; set optimizer.average, for example to 0.999.");
      const { weights, ...rest } = update.read();
      const wanted = average ? rest.average : weights;
      dispose(Object.values({ weights, ...rest }).filter((part) => part !== wanted));
      return { ...source, weights: wanted as Weights };
    },
    async save(dir) {
      const { weights: _, ...model } = source;
      const record = { model, objective: objective.settings, optimizer, seed, steps };
      const state = update.read();
      try {
        return await saveCheckpoint(dir, state, record);
      } finally {
        dispose(Object.values(state));
      }
    },
    dispose: () => update.dispose(),
  };
}
