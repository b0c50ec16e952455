/**
 * Checkpoints of a training run: one safetensors file each, named after its update, with the settings in its header.
 * A file gets its name only when it is complete, so whatever carries the name can be resumed from.
 */
import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Tensor } from "@tensorflow/tfjs";
import { openSafetensors, type Weights } from "../weights/safetensors.js";
import { saveWeights } from "../weights/saveWeights.js";
import type { OptimizerConfig } from "./optimizer.js";
import type { StatePart } from "./update.js";

/** The plain settings in a checkpoint. */
export interface CheckpointRecord {
  /** All of the network but its weights. */
  readonly model: object;
  /** Settings of the objective. */
  readonly objective: object;
  readonly optimizer: OptimizerConfig;
  readonly seed: number;
  /** Updates made. */
  readonly steps: number;
}

const pattern = /^step-(\d{9})\.safetensors$/;
const kept = 2;

/** Writes a checkpoint and removes all but the last two. Returns its path. */
export async function saveCheckpoint(
  dir: string,
  state: Partial<Record<StatePart, Weights>>,
  record: CheckpointRecord,
): Promise<string> {
  await mkdir(dir, { recursive: true });
  const tensors: Record<string, Tensor> = {};
  for (const [part, record] of Object.entries(state))
    for (const [name, tensor] of Object.entries(record)) tensors[`${part}/${name}`] = tensor;
  const path = join(dir, `step-${String(record.steps).padStart(9, "0")}.safetensors`);
  await saveWeights(path, tensors, { metadata: { trainer: JSON.stringify(record) } });
  const older = (await checkpoints(dir)).slice(0, -kept);
  const unfinished = (await readdir(dir)).filter(
    (name) => name.endsWith(".part") && name.startsWith("step-"),
  );
  for (const name of [...older, ...unfinished]) await rm(join(dir, name), { force: true });
  return path;
}

/** Whether `dir` holds a complete checkpoint; a run that was killed in its first leaves a folder without. */
export async function hasCheckpoint(dir: string): Promise<boolean> {
  return (await checkpoints(dir)).length > 0;
}

/** Reads the newest checkpoint in `dir`; the tensors belong to the caller. */
export async function readCheckpoint(dir: string): Promise<{
  weights: Weights;
  state: Partial<Record<StatePart, Weights>>;
  record: CheckpointRecord;
}> {
  const newest = (await checkpoints(dir)).at(-1);
  if (!newest) throw new Error(`resumeTrainer: ${dir} holds no checkpoint (step-….safetensors).`);
  const file = await openSafetensors(join(dir, newest));
  try {
    if (!file.metadata.trainer)
      throw new Error(`resumeTrainer: ${file.path} has no training settings in its header.`);
    const read: Record<string, Weights> = {};
    for (const name of file.entries.keys()) {
      const [part, ...rest] = name.split("/");
      read[part] ??= {};
      read[part][rest.join("/")] = await file.readTensor(name);
    }
    const { weights, ...state } = read;
    return { weights, state, record: JSON.parse(file.metadata.trainer) as CheckpointRecord };
  } finally {
    await file.close();
  }
}

/** Names of complete checkpoints, oldest first. */
async function checkpoints(dir: string): Promise<string[]> {
  const names = await readdir(dir).catch(() => []);
  return names.filter((name) => pattern.test(name)).sort();
}
