/**
 * The published size on this machine: DynamiCrafter 512, made causal, with seeded weights. Writes them to a safetensors
 * file, loads it back, and asks for one frame after one remembered frame, at 40×64 latents, through compile(). Reports
 * seconds, arithmetic per second beside the machine's own matrix product (measured in the same run, interleaved), and
 * peak memory.
 *
 * Usage: npm run bench -- full-size. FULL_SIZE_FOLDER says where the file goes (default: the system's temporary folder;
 * 6 GB, removed at the end). FULL_SIZE_PRECISION=F16 halves the file.
 */
import { mkdtempSync, rmSync, statfsSync, statSync } from "node:fs";
import { freemem, tmpdir } from "node:os";
import { join } from "node:path";
import { scalar, type Tensor2D, type Tensor3D, type Tensor5D, tensor2d } from "@tensorflow/tfjs";
import {
  compile,
  countParameters,
  type ElementType,
  loadCheckpoint,
  normalNoise,
  openTensors,
  presets,
  rememberFrame,
  StreamMemory,
  type StreamPast,
  type TensorSource,
  uniformNoise,
  type VideoUnetConfig,
  videoUnetParameters,
  videoUnetStream,
  writeSafetensors,
} from "vid2world";
import { startValues } from "vid2world/dist/nn/parameters.js";
import { narrowHalf } from "vid2world/dist/weights/elementTypes.js";

const rounds = 5;
const matrixSize = 2048;
const productSeconds = 3;
const precision: ElementType = process.env.FULL_SIZE_PRECISION === "F16" ? "F16" : "F32";
const config: VideoUnetConfig = {
  ...presets.dynamicrafter512,
  convPadding: "causal",
  mask: "causal",
  norm: "frame",
  transfer: "extrapolative",
};

const seconds = (since: number) => (performance.now() - since) / 1000;
const gibibytes = (bytes: number) => `${(bytes / 2 ** 30).toFixed(2)} GiB`;

function bar(label: string, done: number, total: number): void {
  if (!process.stderr.isTTY) return;
  const filled = Math.round((40 * done) / total);
  process.stderr.write(`\r${label} [${"#".repeat(filled).padEnd(40, ".")}]${done === total ? "\n" : ""}`);
}

/** Seeded weights, made one by one while they are written. */
async function writeWeights(path: string): Promise<void> {
  const sources = new Map<string, TensorSource>();
  for (const [name, parameter] of Object.entries(videoUnetParameters(config)))
    sources.set(name, {
      type: precision,
      shape: parameter.shape,
      bytes: async () => {
        const values = startValues(name, parameter, 1);
        if (precision === "F32") return new Uint8Array(values.buffer);
        const halves = new Uint16Array(values.length);
        narrowHalf(values, halves);
        return new Uint8Array(halves.buffer);
      },
    });
  await writeSafetensors(path, sources, { onProgress: (done, total) => bar("write", done, total) });
}

const parent = process.env.FULL_SIZE_FOLDER ?? tmpdir();
const disk = statfsSync(parent);
const needed = { memory: 11 * 2 ** 30, disk: 6 * 2 ** 30 };
if (freemem() < needed.memory || disk.bavail * disk.bsize < needed.disk) {
  console.log(
    `skipped: needs ${gibibytes(needed.memory)} of free memory (there are ${gibibytes(freemem())}) and ${gibibytes(needed.disk)} on disk in ${parent} (there are ${gibibytes(disk.bavail * disk.bsize)}).`,
  );
  process.exit(0);
}

const folder = mkdtempSync(join(parent, "full-size-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(1));

const path = join(folder, "weights.safetensors");
let start = performance.now();
await writeWeights(path);
console.log(
  `${countParameters(videoUnetParameters(config)).toLocaleString("en-US")} parameters made and written as ${precision} in ${seconds(start).toFixed(0)} s: ${gibibytes(statSync(path).size)}`,
);

start = performance.now();
await (await openTensors(path)).close();
console.log(`opened in ${(1000 * seconds(start)).toFixed(0)} ms`);

start = performance.now();
const { unet } = await loadCheckpoint(
  path,
  { unet: config },
  { onProgress: (done, total) => bar("load", done, total) },
);
if (!unet) throw new Error("nothing was loaded");
console.log(
  `loaded as float32 in ${seconds(start).toFixed(1)} s; resident ${gibibytes(process.memoryUsage().rss)}`,
);

const context = normalNoise<never>([1, 77 + 16, 1024] as never, 2) as Tensor3D;
const remember = compile((x: Tensor5D, level: Tensor2D, past: StreamPast) =>
  rememberFrame(unet, { x, level, context }, past),
);
const step = compile((x: Tensor5D, level: Tensor2D, past: StreamPast) =>
  videoUnetStream(unet, { x, level, context }, past),
);
const frame = (seed: number) => normalNoise<never>([1, 1, 40, 64, 8] as never, seed) as Tensor5D;
const level = uniformNoise<never>([1, 1] as never, 3).mul(999) as Tensor2D;

start = performance.now();
const memory = new StreamMemory(unet, { batch: 1, height: 40, width: 64 }, 1);
const before = { tensors: memory.tensors, visible: tensor2d([[0]]), share: scalar(0) };
memory.place(await remember(frame(4), level, before), 0);
await remember.dispose();
console.log(`first frame, traced, opened and remembered: ${seconds(start).toFixed(1)} s`);
const past = { tensors: memory.tensors, visible: tensor2d([[1]]), share: scalar(0.5) };

const matrix = (seed: number) => normalNoise<never>([matrixSize, matrixSize] as never, seed) as Tensor2D;
const [left, right] = [matrix(5), matrix(6)];
const product = compile((a: Tensor2D, b: Tensor2D) => a.matMul(b));
const productFlops = 2 * matrixSize ** 3;

/** One frame; its results are freed. */
async function oneStep(): Promise<void> {
  (await step(frame(7), level, past)).dispose();
}

/** Matrix products for a while, so that they meet the same load of the machine as the step beside them. */
async function products(): Promise<number> {
  const from = performance.now();
  let count = 0;
  for (; count === 0 || seconds(from) < productSeconds; count++) (await product(left, right)).dispose();
  return count * productFlops;
}

interface Rates {
  readonly wall: number;
  readonly processor: number;
  readonly taken: number;
}

/** Arithmetic per second of wall time and of processor time, in GFLOP/s. */
async function rates(
  run: () => Promise<number>,
): Promise<{ wall: number; processor: number; taken: number }> {
  const [from, used] = [performance.now(), process.cpuUsage()];
  const done = (await run()) / 1e9;
  const taken = seconds(from);
  const { user, system } = process.cpuUsage(used);
  return { wall: done / taken, processor: done / ((user + system) / 1e6), taken };
}

start = performance.now();
await oneStep();
console.log(`second frame, traced and opened: ${seconds(start).toFixed(1)} s`);
await products();
const flops = step.stats().flops;
const results: { own: Rates; beside: Omit<Rates, "taken"> }[] = [];
for (let round = 0; round < rounds; round++) {
  const before = await rates(products);
  const own = await rates(async () => {
    await oneStep();
    return flops;
  });
  const after = await rates(products);
  const beside = {
    wall: (before.wall + after.wall) / 2,
    processor: (before.processor + after.processor) / 2,
  };
  results.push({ own, beside });
  bar("evaluate", round + 1, rounds);
}
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const over = (pick: (result: (typeof results)[number]) => number) => median(results.map(pick));
const figure = (value: number) => value.toFixed(0);
console.log(
  `one frame: ${(flops / 2e9).toFixed(0)} GMAC in ${over(({ own }) => own.taken).toFixed(2)} s (${results.map(({ own }) => own.taken.toFixed(2)).join(", ")})`,
);
for (const clock of ["wall", "processor"] as const)
  console.log(
    `per second of ${clock} time: network ${figure(over(({ own }) => own[clock]))} GFLOP/s, matrix product of ${matrixSize} ${figure(over(({ beside }) => beside[clock]))} GFLOP/s, median ratio ${over(({ own, beside }) => own[clock] / beside[clock]).toFixed(2)} (bar 0.60)`,
  );
console.log(`peak memory: ${gibibytes(process.resourceUsage().maxRSS * 1024)} (bar 16 GiB)`);
