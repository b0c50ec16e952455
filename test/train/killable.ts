/**
 * A training run to be killed: continues from its folder if there is a checkpoint, prints "ready" before its first
 * update, and writes the final weights when it is done. Arguments: folder, updates in all.
 */
import { existsSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createTrainer, resumeTrainer, train } from "vid2world";
import { bits, toyBatch, toyModel, toyObjective } from "./toy.js";

export const killedRun = {
  optimizer: { warmUp: 3, steps: 400, average: 0.99 },
  seed: 3,
  engine: "eager",
} as const;

const [dir, steps] = process.argv.slice(2);
if (dir) {
  const begun = existsSync(dir) && readdirSync(dir).some((name) => name.endsWith(".safetensors"));
  const trainer = begun
    ? await resumeTrainer(dir, {
        objective: (_, settings) => toyObjective(settings) as never,
        engine: killedRun.engine,
      })
    : createTrainer(toyModel(1), { ...killedRun, objective: toyObjective() });
  process.stdout.write(`ready ${trainer.steps}\n`);
  await train(trainer as never, {
    steps: Number(steps),
    batch: (step) => toyBatch(step),
    checkpoint: { dir, every: 2 },
    log: join(dir, "loss.jsonl"),
  });
  writeFileSync(join(dir, "end.json"), JSON.stringify(bits(trainer.snapshot().weights)));
}
