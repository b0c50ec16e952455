import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dispose, memory, type Scalar, type Tensor, tensor, tensor2d } from "@tensorflow/tfjs";
import {
  createTrainer,
  type Engine,
  labOptimizer,
  learningRate,
  type Objective,
  resumeTrainer,
  type Trainable,
  type TrainingProgress,
  train,
  type VideoBatch,
} from "vid2world";
import { afterAll, expect, test } from "vitest";
import { largestGap } from "../schedule/readFixture.js";
import { bits, toyBatch, toyModel, toyObjective, trained } from "./toy.js";

const folder = mkdtempSync(join(tmpdir(), "train-"));
afterAll(() => rmSync(folder, { recursive: true }));

const resume = { objective: (_: Trainable, settings: object) => toyObjective(settings) } as const;
const optimizer = { warmUp: 3, steps: 20, average: 0.99 };

test("six steps agree with torch.optim.AdamW and its clipping: losses, norms, weights", async () => {
  const recorded = JSON.parse(
    readFileSync(join(import.meta.dirname, "../fixtures/train/adamw.json"), "utf8"),
  );
  const line: Objective<number> = {
    settings: {},
    inputs: (step) => ({ x: tensor2d(recorded.x[step]), y: tensor2d(recorded.y[step]) }),
    loss: (weights, { x, y }) => x.matMul(weights.w).add(weights.b).squaredDifference(y).mean() as Scalar,
  };
  const trainer = createTrainer(
    { config: {}, weights: { w: tensor(recorded.w), b: tensor(recorded.b) } as Record<string, Tensor> },
    {
      objective: line,
      optimizer: { rate: 0.05, decay: "constant", warmUp: 0, beta2: 0.999, weightDecay: 0.1, clipNorm: 0.5 },
      seed: 1,
    },
  );
  for (let step = 0; step < 6; step++) {
    const { loss, gradientNorm } = await trainer.step(step);
    expect(loss).toBeCloseTo(recorded.losses[step], 5);
    expect(gradientNorm).toBeCloseTo(recorded.norms[step], 4);
  }
  expect(largestGap(trained(trainer).w, recorded.w6.flat())).toBeLessThan(2e-6);
  expect(largestGap(trained(trainer).b, recorded.b6)).toBeLessThan(2e-6);
  trainer.dispose();
});

test("the rate climbs evenly, then falls along a cosine to its last share", () => {
  const config = { ...labOptimizer, rate: 1, warmUp: 4, steps: 104, finalShare: 0.1 };
  expect([0, 1, 3, 4, 54, 104, 500].map((step) => learningRate(config, step))).toEqual([
    0.25,
    0.5,
    1,
    1,
    expect.closeTo(0.55, 12),
    expect.closeTo(0.1, 12),
    expect.closeTo(0.1, 12),
  ]);
});

test("training lowers the loss, leaves alone what the loss does not reach, and makes no tensors", async () => {
  const model = toyModel(1);
  const trainer = createTrainer(model, {
    objective: toyObjective(),
    optimizer: { ...optimizer, rate: 0.05, steps: 200 },
    seed: 1,
  });
  const batch = toyBatch(1);
  const early = await trainer.step(batch);
  const before = memory().numTensors;
  let late = 0;
  for (let step = 0; step < 150; step++) late += (await trainer.step(batch)).loss / 150;
  expect(late).toBeLessThan(early.loss);
  expect(memory().numTensors).toBe(before);
  expect(trained(trainer).unused).toEqual(bits(model.weights).unused);
  expect(trained(trainer).mix).not.toEqual(bits(model.weights).mix);
  trainer.dispose();
});

test("equal seeds give equal bits, other seeds others; the model given is not touched", async () => {
  const model = toyModel(1);
  const before = bits(model.weights);
  const run = async (seed: number, engine: Engine = "eager") => {
    const trainer = createTrainer(model, { objective: toyObjective(), optimizer, seed, engine });
    for (let step = 0; step < 5; step++) await trainer.step(toyBatch(step));
    const result = trained(trainer);
    trainer.dispose();
    return result;
  };
  expect(await run(7)).toEqual(await run(7));
  expect(await run(7)).not.toEqual(await run(8));
  expect(await run(7, "compiled")).toEqual(await run(7, "compiled"));
  expect(largestGap((await run(7, "compiled")).mix, (await run(7)).mix)).toBeLessThan(1e-5);
  expect(bits(model.weights)).toEqual(before);
});

test.each(["eager", "compiled"] as const)(
  "two parts count as one batch of both, and may differ in shape and in having actions, %s",
  async (engine) => {
    const mean: Objective<Tensor> = {
      settings: {},
      inputs: (x) => ({ x: x.clone() }),
      loss: (weights, { x }) => x.sub(weights.centre).square().mean() as Scalar,
    };
    const run = async (batch: Tensor | Tensor[]) => {
      const model = { config: {}, weights: { centre: tensor([0.5, -1]) } as Record<string, Tensor> };
      const trainer = createTrainer(model, {
        objective: mean,
        optimizer: { warmUp: 0, rate: 0.1 },
        seed: 1,
        engine,
      });
      for (let step = 0; step < 3; step++) await trainer.step(batch);
      const result = trained(trainer).centre;
      trainer.dispose();
      return result;
    };
    const a = tensor2d([[1, 2]]);
    const b = tensor2d([[3, -4]]);
    expect(largestGap(await run([a, b]), await run(a.concat(b)))).toBeLessThan(1e-6);

    const mixed = createTrainer(toyModel(1), { objective: toyObjective(), optimizer, seed: 1, engine });
    const { loss } = await mixed.step([toyBatch(1), toyBatch(2, false)]);
    expect(loss).toBeGreaterThan(0);
    mixed.dispose();
  },
);

test("a resumed run has the bits of an uninterrupted one, and two checkpoints stay", async () => {
  const options = {
    objective: toyObjective({ levels: "cleanHistory", weighting: "minSnr" }),
    optimizer,
    seed: 3,
  };
  const whole = createTrainer(toyModel(1), options);
  await train(whole, { steps: 12, batch: toyBatch });

  const dir = join(folder, "resume");
  const first = createTrainer(toyModel(1), options);
  await train(first, { steps: 7, batch: toyBatch, checkpoint: { dir, every: 2 } });
  expect(readdirSync(dir)).toEqual(["step-000000006.safetensors", "step-000000007.safetensors"]);
  const before = memory().numTensors;
  const second = await resumeTrainer(dir, resume);
  expect(second.steps).toBe(7);
  const copy = second.snapshot();
  expect(copy.config).toEqual({ name: "toy", channels: 2 });
  dispose(copy.weights);
  await train(second, { steps: 12, batch: toyBatch });
  expect(trained(second)).toEqual(trained(whole));
  expect(trained(second, true)).toEqual(trained(whole, true));
  expect(trained(second, true)).not.toEqual(trained(whole));
  second.dispose();
  expect(memory().numTensors).toBe(before);
});

test.each(["eager", "compiled"] as const)(
  "several updates in one call are those updates, %s",
  async (engine) => {
    const options = { objective: toyObjective(), optimizer, seed: 3, engine };
    const one = createTrainer(toyModel(1), options);
    const single = await train(one, { steps: 10, batch: (step) => toyBatch(step) });
    const four = createTrainer(toyModel(1), options);
    const before = memory().numTensors;
    const seen: number[] = [];
    const together = await train(four, {
      steps: 10, // four, four, and two alone
      together: 4,
      batch: (step) => toyBatch(step),
      onProgress: ({ step }) => seen.push(step),
    });
    expect(memory().numTensors).toBe(before);
    expect(seen).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(largestGap(together.losses, single.losses)).toBeLessThan(1e-5);
    const [a, b] = [one, four].map((trainer) => bits(trainer.snapshot().weights));
    expect(largestGap(a.mix, b.mix)).toBeLessThan(1e-5);
    const checkpoint = { dir: join(folder, "odd"), every: 3 };
    await expect(
      train(four, { steps: 20, together: 4, batch: (step) => toyBatch(step), checkpoint }),
    ).rejects.toThrow("checkpoint.every is 3; expected a multiple of together, 4");
  },
);

test("updates taken together pass checkpoints that they do not hit", async () => {
  const dir = join(folder, "passed");
  const trainer = createTrainer(toyModel(1), { objective: toyObjective(), optimizer, seed: 3 });
  await train(trainer, { steps: 1, batch: toyBatch });
  await train(trainer, { steps: 10, together: 4, batch: toyBatch, checkpoint: { dir, every: 4 } });
  expect(readdirSync(dir)).toEqual(["step-000000009.safetensors", "step-000000010.safetensors"]); // 1, 5, 9, 10
});

test("a stop by signal leaves a state to continue from, and the log has each update once", async () => {
  const dir = join(folder, "stop");
  const log = join(dir, "loss.jsonl");
  const options = { objective: toyObjective(), optimizer, seed: 3 };
  const stop = new AbortController();
  const seen: TrainingProgress[] = [];
  const first = createTrainer(toyModel(1), options);
  const ended = await train(first, {
    steps: 10,
    batch: toyBatch,
    checkpoint: { dir, every: 100 },
    log,
    signal: stop.signal,
    onProgress: (progress) => {
      seen.push(progress);
      if (progress.step === 4) stop.abort();
    },
  });
  expect(ended.complete).toBe(false);
  expect(seen.map(({ step, steps }) => [step, steps])).toEqual([
    [1, 10],
    [2, 10],
    [3, 10],
    [4, 10],
  ]);
  expect(seen[3].secondsLeft).toBeGreaterThan(0);
  writeFileSync(log, `${readFileSync(log, "utf8")}{"step":5,"loss":9}\n{"st`); // as a killed process leaves it
  const second = await resumeTrainer(dir, resume);
  const rest = await train(second, { steps: 10, batch: toyBatch, log });
  expect(rest.complete).toBe(true);
  const lines = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line));
  expect(lines.map(({ step }) => step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  expect(lines.slice(4).map(({ loss }) => loss)).toEqual(rest.losses);
});

test("a loss that is not finite stops the run by name; an empty folder cannot be resumed", async () => {
  const trainer = createTrainer(toyModel(1), { objective: toyObjective(), optimizer, seed: 1 });
  const x0 = toyBatch(1).x0.mul(Infinity) as VideoBatch["x0"];
  await expect(trainer.step({ x0 })).rejects.toThrow("trainer.step: the loss of update 0 is");
  await expect(resumeTrainer(join(folder, "none"))).rejects.toThrow("holds no checkpoint");
});
