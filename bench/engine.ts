/**
 * The lab U-Net on [4, 8, 16, 16, 4]: forward pass and whole training step (gradients and AdamW), compiled, against
 * PyTorch where there is one and TensorFlow.js on wasm. Contestants take turns, so that load from outside meets them all;
 * times are medians over the rounds, of wall clock and of processor time.
 *
 *   npm run bench -- engine [--rounds=5] [--threads=1,2] [--no-wasm] [--json]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import * as tf from "@tensorflow/tfjs";
import {
  compile,
  createTrainer,
  createVideoUnet,
  normalNoise,
  presets,
  saveWeights,
  uniformNoise,
  useBackend,
  videoUnet,
  type Weights,
} from "vid2world";
import { findPython, startPeer, unfairPeer } from "./peers/pytorch.js";
import { completeWasm } from "./peers/wasmGradients.js";

const config = { ...presets.lab, actionSize: 4 };
const shape = [4, 8, 16, 16, 4] as const;
const options = process.argv.slice(2);
const rounds = Number(options.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 5);

const threadCounts = (options.find((word) => word.startsWith("--threads="))?.slice(10) ?? "1,2")
  .split(",")
  .map(Number);

type Kind = "forward" | "step";
interface Time {
  readonly seconds: number;
  readonly processor: number;
}
interface Contestant {
  readonly name: string;
  readonly run: (kind: Kind) => Promise<Time>;
  /** Rounds it takes part in, where one takes very long. */
  readonly rounds: number;
  readonly times: Record<Kind, Time[]>;
  readonly close: () => unknown;
}

type Inputs = Record<"x" | "level" | "action" | "target", tf.Tensor>;

function answer(weights: Weights, { x, level, action }: Inputs): tf.Tensor {
  const asked = { x: x as tf.Tensor5D, level: level as tf.Tensor2D, action: action as tf.Tensor3D };
  return videoUnet({ config, weights }, asked);
}

function loss(weights: Weights, inputs: Inputs): tf.Scalar {
  return answer(weights, inputs).sub(inputs.target).square().mean() as tf.Scalar;
}

async function timed(task: () => Promise<unknown>): Promise<Time> {
  const [started, busy] = [performance.now(), process.cpuUsage()];
  await task();
  const { user, system } = process.cpuUsage(busy);
  return { seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6 };
}

/** Our own two: compiled at a number of threads, and eager on the current backend. */
function ours(weights: Weights, inputs: Inputs, threads?: number) {
  const engine = threads ? ("compiled" as const) : ("eager" as const);
  const forward = threads
    ? compile((given: Inputs) => answer(weights, given), { threads, freeze: weights })
    : async (given: Inputs) => tf.tidy(() => answer(weights, given));
  const objective = {
    settings: {},
    inputs: (batch: Inputs) =>
      Object.fromEntries(Object.entries(batch).map(([name, tensor]) => [name, tensor.clone()])) as never,
    loss: loss as never,
  };
  const trainer = createTrainer(
    { config, weights },
    { objective, seed: 1, engine, threads, optimizer: { clipNorm: 0 } },
  );
  const run = (kind: Kind) =>
    timed(async () => {
      if (kind === "step") return trainer.step(inputs);
      const result = await forward(inputs);
      result.dataSync();
      return result.dispose();
    });
  return { run, close: () => trainer.dispose() };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

/** GFLOP/s of a product of two 768×768 matrices in the same engine. */
async function matrixRate(threads: number): Promise<number> {
  const multiply = compile((a: tf.Tensor2D, b: tf.Tensor2D) => tf.matMul(a, b).sum(), { threads });
  const [a, b] = [normalNoise([768, 768], 1), normalNoise([768, 768], 2)] as [tf.Tensor2D, tf.Tensor2D];
  const rates: number[] = [];
  for (let i = 0; i < 8; i++) {
    const { seconds } = await timed(async () => (await multiply(a, b)).dispose());
    rates.push((2 * 768 ** 3) / seconds / 1e9);
  }
  await multiply.dispose();
  return Math.max(...rates);
}

async function main(): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "bench-engine-"));
  await useBackend("cpu");
  const fresh = createVideoUnet(config, 1).weights;
  const weights: Weights = Object.fromEntries(
    Object.entries(fresh).map(([name, weight], i) => [
      name,
      weight.add(normalNoise(weight.shape, 100 + i).mul(0.02)),
    ]),
  );
  const inputs: Inputs = {
    x: normalNoise([...shape], 1),
    level: uniformNoise([4, 8], 2).mul(999).floor(),
    action: normalNoise([4, 8, 4], 3),
    target: normalNoise([...shape], 4),
  };
  const expected = await compile((given: Inputs) => loss(weights, given))(inputs);
  const found = findPython();
  if (!found) console.log("No Python with torch here: compared with wasm alone.");
  const files = { weights: join(folder, "weights.safetensors"), inputs: join(folder, "inputs.safetensors") };
  await saveWeights(files.weights, weights);
  await saveWeights(files.inputs, inputs);

  const contestants: Contestant[] = [];
  const add = (name: string, contestant: Pick<Contestant, "run" | "close">, most = rounds) =>
    contestants.push({ name, ...contestant, rounds: most, times: { forward: [], step: [] } });
  for (const threads of threadCounts) {
    const compiled = ours(weights, inputs, threads);
    add(`compiled, ${threads} thread${threads > 1 ? "s" : ""}`, compiled);
    if (!found) continue;
    const settings = { ...files, threads, heads: config.headWidth, groups: config.normGroups };
    const peer = await startPeer(found.python, folder, settings);
    const { loss: theirs } = await peer.ask("check");
    const difference = Math.abs(theirs / expected.dataSync()[0] - 1);
    if (difference > 1e-5) throw new Error(`The networks differ: their losses by ${difference}.`);
    add(`PyTorch ${found.version}, ${threads} thread${threads > 1 ? "s" : ""}`, {
      run: (kind) => peer.ask(kind),
      close: peer.close,
    });
  }
  for (const contestant of contestants)
    for (const kind of ["forward", "step"] as const) await contestant.run(kind); // warm up
  if (!options.includes("--no-wasm")) {
    completeWasm();
    add("eager wasm, 1 thread", ours(weights, inputs), 1);
  }
  for (let round = 0; round < rounds; round++)
    for (const contestant of contestants) {
      if (round >= contestant.rounds) continue;
      const eager = contestant.name.startsWith("eager");
      if (eager) await useBackend("wasm");
      for (const kind of ["forward", "step"] as const)
        contestant.times[kind].push(await contestant.run(kind));
      if (eager) await useBackend("cpu");
    }
  await report(contestants, found?.matrixGflops);
  for (const { close } of contestants) close();
  await rm(folder, { recursive: true });
}

async function report(contestants: readonly Contestant[], peerRate?: number): Promise<void> {
  const { flops: forwardFlops } = await flopsOf((weights, given) => answer(weights, given));
  const stepFlops = 3 * forwardFlops; // as usually counted: the gradients cost twice the forward pass
  const rates = [await matrixRate(1), await matrixRate(2)];
  const rows = contestants.map(({ name, times }) => {
    const figures = (kind: Kind) => {
      const wall = median(times[kind].map(({ seconds }) => seconds));
      const processor = median(times[kind].map(({ processor }) => processor));
      return { wall, processor, gflops: (kind === "forward" ? forwardFlops : stepFlops) / wall / 1e9 };
    };
    return { name, forward: figures("forward"), step: figures("step") };
  });
  const row = (start: string) => rows.find(({ name }) => name.startsWith(start));
  const ratios: { what: string; wall: number; processor: number; bar: string }[] = [];
  const compareWith = (
    what: string,
    ours: string,
    theirs: string,
    bars: Record<Kind, string>,
    faster: boolean,
  ) => {
    const [a, b] = [row(ours), row(theirs)];
    if (!a || !b) return;
    for (const kind of ["forward", "step"] as const) {
      const ratio = (measure: "wall" | "processor") =>
        faster ? b[kind][measure] / a[kind][measure] : a[kind][measure] / b[kind][measure];
      ratios.push({
        what: `${kind}: ${what}`,
        wall: ratio("wall"),
        processor: ratio("processor"),
        bar: bars[kind],
      });
    }
  };
  for (const threads of ["1 thread", "2 threads"]) {
    const peer =
      rows.find(({ name }) => name.startsWith("PyTorch") && name.endsWith(threads))?.name ?? "none";
    const bars = { forward: "at most 0.7", step: threads === "1 thread" ? "at most 1.0" : "none" };
    compareWith(`compiled / PyTorch, ${threads}`, `compiled, ${threads}`, peer, bars, false);
  }
  const bars = { forward: "at least 5", step: "at least 15" };
  compareWith("eager wasm / compiled, 1 thread", "compiled, 1 thread", "eager wasm", bars, true);

  const two = (value: number) => value.toFixed(2);
  console.log(
    `lab U-Net, input [${shape}], ${(forwardFlops / 1e9).toFixed(1)} GFLOP forward, medians of ${rounds} rounds`,
  );
  console.log(
    `machine: ${cpus()[0].model}, load ${two(loadavg()[0])}; matrix product ${rates.map((rate) => rate.toFixed(0)).join(" / ")} GFLOP/s at 1 / 2 threads`,
  );
  const warning = peerRate && unfairPeer(peerRate, rates[0]);
  if (warning) console.log(warning);
  for (const { name, forward, step } of rows)
    console.log(
      `${name.padEnd(28)} forward ${two(forward.wall)} s (processor ${two(forward.processor)} s, ${forward.gflops.toFixed(0)} GFLOP/s)` +
        `   step ${two(step.wall)} s (processor ${two(step.processor)} s, ${step.gflops.toFixed(0)} GFLOP/s)`,
    );
  for (const { what, wall, processor, bar } of ratios)
    console.log(
      `${what.padEnd(48)} ${two(wall)} by the clock, ${two(processor)} by processor time; bar: ${bar}`,
    );
  if (options.includes("--json"))
    console.log(
      JSON.stringify({
        bench: "engine",
        shape,
        rounds,
        load: loadavg()[0],
        matrixGflops: rates,
        rows,
        ratios,
      }),
    );
}

/** Floating-point operations of one call of a function of fresh weights and inputs. */
async function flopsOf(fn: (weights: Weights, inputs: Inputs) => tf.Tensor): Promise<{ flops: number }> {
  const { weights } = createVideoUnet(config, 1);
  const inputs = {
    x: tf.zeros([...shape]),
    level: tf.zeros([4, 8]),
    action: tf.zeros([4, 8, 4]),
    target: tf.zeros([...shape]),
  };
  const call = compile((given: Inputs) => fn(weights, given));
  tf.dispose(await call(inputs));
  const { flops } = call.stats();
  await call.dispose();
  return { flops };
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
