/**
 * The networks of LPIPS (VGG, 16 frames of 150×280), FID (64 frames) and FVD (16 frames of 224×224), compiled, against
 * PyTorch with the same weights and inputs, one thread each; and the Fréchet distance of 2048 samples of 2048 features.
 * Contestants take turns, so that load from outside meets both; times are medians over the rounds.
 *
 *   npm run bench -- metrics [--rounds=3]
 */
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { ones, type Tensor, type Tensor5D } from "@tensorflow/tfjs";
import {
  compile,
  frechetDistance,
  i3dFeatures,
  inceptionFeatures,
  lpips,
  saveWeights,
  uniformNoise,
  uniformValues,
  useBackend,
} from "vid2world";
import { recipeWeights } from "../test/metric/recipe.js";
import { findPython } from "./peers/pytorch.js";

const rounds = Number(process.argv.find((word) => word.startsWith("--rounds="))?.slice(9) ?? 3);
const names = ["vgg", "inception", "i3d"] as const;
type Name = (typeof names)[number];

interface Answer {
  readonly seconds: number;
  readonly processor: number;
  readonly mean: number;
}

const fixture = new URL("../test/fixtures/metric/networks.json", import.meta.url);
const recorded = JSON.parse(readFileSync(fixture, "utf8"));
const linear = [64, 128, 256, 512, 512].map((size, i) => [`lin${i}.model.1.weight`, ones([1, size, 1, 1])]);
const weights: Record<Name, Record<string, Tensor>> = {
  vgg: { ...recipeWeights(recorded.lpips.vgg.shapes), ...Object.fromEntries(linear) },
  inception: recipeWeights(recorded.inception.shapes),
  i3d: recipeWeights(recorded.i3d.shapes),
};
const noise = (shape: [number, number, number, number, number], seed: number) =>
  uniformNoise(shape, seed) as Tensor5D;
const inputs: Record<Name, Record<string, Tensor5D>> = {
  vgg: { x: noise([1, 16, 150, 280, 3], 1), y: noise([1, 16, 150, 280, 3], 2) },
  inception: { x: noise([1, 64, 150, 280, 3], 3) },
  i3d: { x: noise([1, 16, 224, 224, 3], 4) },
};
const networks: Record<Name, (given: Record<string, Tensor5D>) => Tensor> = {
  vgg: ({ x, y }) => lpips(weights.vgg, x, y, { network: "vgg" }),
  inception: ({ x }) => inceptionFeatures(weights.inception, x),
  i3d: ({ x }) => i3dFeatures(weights.i3d, x),
};

async function startPeer(python: string, folder: string) {
  for (const name of names)
    await saveWeights(join(folder, `${name}.safetensors`), { ...weights[name], ...inputs[name] });
  const script = fileURLToPath(new URL("peers/featureNetworks.py", import.meta.url));
  const child = spawn(python, [script, folder, "1"], {
    env: { ...process.env, OMP_NUM_THREADS: "1" },
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  await lines.next();
  return {
    async run(name: Name): Promise<Answer> {
      child.stdin.write(`${name}\n`);
      const { value, done } = await lines.next();
      if (done) throw new Error("The PyTorch peer ended.");
      return JSON.parse(value);
    },
    close: () => child.stdin.end(),
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

await useBackend("wasm");
const folder = await mkdtemp(join(tmpdir(), "bench-metrics-"));
const found = findPython();
const peer = found && (await startPeer(found.python, folder));
console.log(
  `machine: ${cpus()[0].model}, load ${loadavg()[0].toFixed(2)}; peer: ${found ? `PyTorch ${found.version}` : "none"}`,
);
for (const name of names) {
  const run = compile(networks[name], { threads: 1, freeze: weights[name] });
  const once = async (): Promise<Answer> => {
    const [started, busy] = [performance.now(), process.cpuUsage()];
    const values = (await run(inputs[name])).abs();
    const mean = values.mean().dataSync()[0];
    const { user, system } = process.cpuUsage(busy);
    return { seconds: (performance.now() - started) / 1000, processor: (user + system) / 1e6, mean };
  };
  const [first, theirFirst] = [await once(), await peer?.run(name)]; // traces and warms up
  if (theirFirst && Math.abs(first.mean / theirFirst.mean - 1) > 1e-4)
    throw new Error(`${name}: the networks differ, ${first.mean} against ${theirFirst.mean}.`);
  const ours: Answer[] = [];
  const theirs: Answer[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(await once());
    if (peer) theirs.push(await peer.run(name));
  }
  await run.dispose();
  const of = (answers: Answer[], key: "seconds" | "processor") =>
    median(answers.map((answer) => answer[key]));
  const peerText = peer
    ? `PyTorch ${of(theirs, "seconds").toFixed(2)} s; ratio ${(of(ours, "seconds") / of(theirs, "seconds")).toFixed(2)} ` +
      `(processor time ${(of(ours, "processor") / of(theirs, "processor")).toFixed(2)}), bar at most 1.0`
    : "no peer";
  console.log(`${name.padEnd(10)} ours ${of(ours, "seconds").toFixed(2)} s; ${peerText}`);
}
peer?.close();
await rm(folder, { recursive: true });

const rows = (seed: number) =>
  Array.from({ length: 2048 }, (_, i) => uniformValues(2048, seed * 10_000 + i + 1));
const [truth, guess] = [rows(1), rows(2)];
const [started, busy] = [performance.now(), process.cpuUsage()];
await frechetDistance(truth, guess);
const { user } = process.cpuUsage(busy);
console.log(
  `frechetDistance, 2048 samples of 2048: ${((performance.now() - started) / 1000).toFixed(1)} s ` +
    `(processor ${(user / 1e6).toFixed(1)} s), bar under 20 s`,
);
