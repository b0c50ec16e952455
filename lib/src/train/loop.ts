/** Many updates in a row: progress, a log of losses, checkpoints, and an end on request that can be continued. */
import { appendFile, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { dispose } from "@tensorflow/tfjs";
import { requireWhole } from "../tensor/check.js";
import type { Trainer } from "./trainer.js";
import type { StepResult } from "./update.js";

export interface TrainingProgress {
  /** Updates made, and how many there will be. */
  readonly step: number;
  readonly steps: number;
  readonly loss: number;
  readonly gradientNorm: number;
  /** Learning rate of this update. */
  readonly rate: number;
  /** Seconds since this call began, and the seconds left at the pace of the last updates. */
  readonly seconds: number;
  readonly secondsLeft: number;
}

export interface TrainOptions<Batch> {
  /** Updates in all, those already made included. */
  readonly steps: number;
  /** The batch or batches of an update; a function of its number, so that a resumed run sees what it would have seen. */
  readonly batch: (step: number) => Batch | readonly Batch[] | Promise<Batch | readonly Batch[]>;
  /**
   * Updates in one call, 1 unless given; more saves the copies of the weights between them. Batches then have one shape,
   * and `checkpoint.every` is a multiple of it.
   */
  readonly together?: number;
  /** Where to save, and after how many updates; the end is always saved. */
  readonly checkpoint?: { readonly dir: string; readonly every: number };
  /** A file of JSON lines, one per update: step, loss, gradientNorm, rate. */
  readonly log?: string;
  readonly onProgress?: (progress: TrainingProgress) => void;
  /** Ends the run after the update at hand. */
  readonly signal?: AbortSignal;
}

/**
 * Trains until `steps` updates are made or the signal asks for an end. Batches made by `options.batch` are disposed.
 *
 * @returns losses of the updates made in this call, and whether the run is complete
 */
export async function train<Batch>(
  trainer: Trainer<Batch>,
  options: TrainOptions<Batch>,
): Promise<{ readonly losses: number[]; readonly complete: boolean }> {
  const { steps, batch, together = 1, checkpoint, log, onProgress, signal } = options;
  requireWhole("train", "steps", steps, 0);
  requireWhole("train", "together", together, 1);
  if (checkpoint) {
    requireWhole("train", "checkpoint.every", checkpoint.every, 1);
    if (checkpoint.every % together !== 0)
      throw new RangeError(
        `train: checkpoint.every is ${checkpoint.every}; expected a multiple of together, ${together}.`,
      );
  }
  if (log) await beginLog(log, trainer.steps);
  const losses: number[] = [];
  const began = performance.now();
  let pace: number | undefined; // seconds per update, averaged over about the last ten calls
  let calls = 0;
  let saved = -1;
  while (trainer.steps < steps && !signal?.aborted) {
    const from = performance.now();
    const first = trainer.steps;
    const results = await updates(trainer, batch, steps - first < together ? 1 : together);
    calls++;
    const seconds = (performance.now() - from) / 1000 / results.length;
    pace = pace === undefined || calls === 2 ? seconds : 0.9 * pace + 0.1 * seconds; // the first one traces
    for (const [i, { loss, gradientNorm, rate }] of results.entries()) {
      losses.push(loss);
      const step = first + i + 1;
      onProgress?.({
        step,
        steps,
        loss,
        gradientNorm,
        rate,
        seconds: (performance.now() - began) / 1000,
        secondsLeft: pace * (steps - step),
      });
      if (log) await appendFile(log, `${JSON.stringify({ step, loss, gradientNorm, rate })}\n`);
    }
    if (checkpoint && Math.floor(trainer.steps / checkpoint.every) > Math.floor(first / checkpoint.every)) {
      await trainer.save(checkpoint.dir);
      saved = trainer.steps;
    }
    await new Promise((resolve) => setImmediate(resolve)); // lets a signal, or a page's next frame, come in between
  }
  if (checkpoint && saved !== trainer.steps) await trainer.save(checkpoint.dir);
  return { losses, complete: trainer.steps >= steps };
}

/** Makes and uses the batches of the next updates, one call for all of them. */
async function updates<Batch>(
  trainer: Trainer<Batch>,
  batch: TrainOptions<Batch>["batch"],
  count: number,
): Promise<StepResult[]> {
  if (count === 1) {
    const data = await batch(trainer.steps);
    const result = await trainer.step(data);
    dispose(data as never);
    return [result];
  }
  const batches: Batch[] = [];
  for (let i = 0; i < count; i++) {
    const data = await batch(trainer.steps + i);
    if (Array.isArray(data))
      throw new RangeError("train: batch gave several parts; expected one, since together is above 1.");
    batches.push(data as Batch);
  }
  const results = await trainer.stepEach(batches);
  dispose(batches as never);
  return results;
}

/** Drops lines of updates that the resumed state has not made: they will be made again. */
async function beginLog(path: string, steps: number): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const text = await readFile(path, "utf8").catch(() => "");
  const whole = text.split("\n").filter((line) => {
    try {
      return (JSON.parse(line) as { step: number }).step <= steps;
    } catch {
      return false; // an empty or half-written line
    }
  });
  await writeFile(`${path}.part`, whole.map((line) => `${line}\n`).join(""));
  await rename(`${path}.part`, path);
}
