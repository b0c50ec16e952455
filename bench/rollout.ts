/**
 * What the exact cache saves, and how fast the world model can be played.
 *
 * One new frame after T = 16, lab preset at 16×16 latents, guidance on: without a cache it takes 2S(T+1)
 * frame-evaluations, with it 2S + 1 (S steps, two branches, one pass to remember the frame). Both are timed in turn in one
 * run, and their difference is printed. Then 64×64 pictures, decoded, one action at a time, with one worker and with two:
 * each action comes as soon as the picture before it is there, so it also waits until that frame is remembered.
 *
 * Usage: npm run bench -- rollout [--json] [--threads N] [--play]. --play measures play alone. --json prints one line of JSON last. Where python3 has torch, the
 * same network without a cache is timed there too (bench/peers/causalUnet.py).
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { type Tensor2D, type Tensor3D, type Tensor4D, type Tensor5D, tensor2d } from "@tensorflow/tfjs";
import {
  type CacheMode,
  causalize,
  createAutoencoder,
  createFrameCodec,
  createVideoUnet,
  createWorld,
  createWorldModel,
  labRollout,
  normalNoise,
  presets,
  recipes,
  saveWeights,
  uniformNoise,
} from "vid2world";
import { denoiseFrame } from "vid2world/dist/sample/denoiseFrame.js";
import { openHistory } from "vid2world/dist/sample/rollout.js";

const option = (name: string) => process.argv[process.argv.indexOf(name) + 1];
const json = process.argv.includes("--json");
const threads = process.argv.includes("--threads") ? Number(option("--threads")) : undefined;
const past = 16;
const actionSize = 4;

const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
const percentile = (values: readonly number[], share: number) =>
  [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];
const milliseconds = (value: number) => `${(1000 * value).toFixed(1)} ms`;

const fresh = createVideoUnet({ ...presets.lab, inChannels: 8, actionSize }, 1);
// Last layers start at zero, which would make every answer equal; a trained network's are not.
const loud = Object.entries(fresh.weights).map(([name, tensor], i) => {
  const noise = normalNoise(tensor.shape as never, 1000 + i).mul(0.05);
  return [name, tensor.add(noise)] as const;
});
const model = causalize(
  { config: fresh.config, weights: Object.fromEntries(loud) },
  { transfer: "extrapolative" },
);
const world = createWorld(model, { threads, lengths: [past + 1] });
const frameShape: Tensor5D["shape"] = [1, 1, 16, 16, 4];
const action = (t: number) => normalNoise([1, actionSize], 100 + t) as Tensor2D;

/** A history of T frames, and a function that times one more frame: denoised and remembered. */
async function filled(cache: CacheMode, steps: number) {
  const config = { ...labRollout, steps, strength: 2.5, rescale: 0.7, window: past + 2 }; // room for the new frame
  const history = openHistory("bench", world, config, [1], cache, frameShape);
  for (let t = 0; t < past; t++) {
    const frame = normalNoise(frameShape, 10 + t) as Tensor5D;
    await history.add(frame, t === 0 ? undefined : action(t));
    frame.dispose();
  }
  const start = history.snapshot();
  const before = history.frameEvaluations;
  let evaluations = 0;
  return {
    async frame(): Promise<{ seconds: number; processor: number; values: Float32Array }> {
      const from = performance.now();
      const used = process.cpuUsage();
      const made = await denoiseFrame(
        await history.next(action(past)),
        world.schedule,
        config,
        frameShape,
        [1],
        past,
      );
      await history.add(made, action(past));
      const seconds = (performance.now() - from) / 1000;
      const { user, system } = process.cpuUsage(used);
      evaluations ||= history.frameEvaluations - before;
      const values = made.dataSync() as Float32Array;
      made.dispose();
      history.restore(start);
      return { seconds, processor: (user + system) / 1e6, values };
    },
    evaluations: () => evaluations,
  };
}

interface CacheResult {
  readonly steps: number;
  readonly noneSeconds: number;
  readonly exactSeconds: number;
  readonly ratio: number;
  /** Ratio of the processor time used: the same thing where other programs are running, if there is one thread. */
  readonly processorRatio: number;
  readonly exactProcessorSeconds: number;
  readonly noneEvaluations: number;
  readonly exactEvaluations: number;
  readonly predictedRatio: number;
  readonly largestDifference: number;
}

type Frame = Awaited<ReturnType<Awaited<ReturnType<typeof filled>>["frame"]>>;

async function cacheResult(steps: number, rounds: number): Promise<CacheResult> {
  const [none, exact] = [await filled("none", steps), await filled("exact", steps)];
  const [a, b] = [await none.frame(), await exact.frame()]; // traces and opens the graphs
  const size = Math.max(...a.values.map(Math.abs));
  const largestDifference = Math.max(...a.values.map((value, i) => Math.abs(value - b.values[i]))) / size;
  const timed = { none: [] as Frame[], exact: [] as Frame[] };
  for (let round = 0; round < rounds; round++) {
    timed.none.push(await none.frame());
    for (let i = 0; i < 3; i++) timed.exact.push(await exact.frame());
  }
  const wall = (frames: Frame[]) => median(frames.map(({ seconds }) => seconds));
  const processor = (frames: Frame[]) => median(frames.map((frame) => frame.processor));
  const [noneSeconds, exactSeconds] = [wall(timed.none), wall(timed.exact)];
  return {
    steps,
    noneSeconds,
    exactSeconds,
    ratio: noneSeconds / exactSeconds,
    processorRatio: processor(timed.none) / processor(timed.exact),
    exactProcessorSeconds: processor(timed.exact),
    noneEvaluations: none.evaluations(),
    exactEvaluations: exact.evaluations(),
    predictedRatio: none.evaluations() / exact.evaluations(),
    largestDifference,
  };
}

async function playResult(steps: number, workers: 1 | 2, frames: number) {
  const run = workers === 2 ? { threads: Math.max(1, Math.floor(availableParallelism() / 2)) } : { threads };
  const codec = createFrameCodec(
    // fresh weights of the autoencoder that the lab's worlds use
    { kind: "autoencoder", autoencoder: createAutoencoder(recipes["autoencoder-lab"].network, 1) },
    run,
  );
  const shared = createWorld(model, { ...run, workers });
  const play = createWorldModel(shared, codec, {
    ...labRollout,
    steps,
    strength: 1.5,
    window: past,
    seed: 1,
  });
  const video = uniformNoise([2, 64, 64, 3], 1) as Tensor4D;
  await play.reset(video, tensor2d([Array(actionSize).fill(0)]));
  for (let i = 0; i < 3; i++) (await play.step(Array(actionSize).fill(0))).dispose();
  const latencies: number[] = [];
  const used = process.cpuUsage();
  const from = performance.now();
  for (let i = 0; i < frames; i++) {
    const pressed = performance.now();
    const picture: Tensor3D = await play.step([Math.sin(i), Math.cos(i), 0, 1]);
    latencies.push((performance.now() - pressed) / 1000);
    picture.dispose();
  }
  const seconds = (performance.now() - from) / 1000;
  const { user, system } = process.cpuUsage(used);
  await play.dispose();
  video.dispose();
  return {
    steps,
    workers,
    framesPerSecond: frames / seconds,
    p50: median(latencies),
    p95: percentile(latencies, 0.95),
    processorSecondsPerFrame: (user + system) / 1e6 / frames,
    load: loadavg()[0],
  };
}

interface Peer {
  readonly seconds: number;
  readonly processor: number;
  readonly difference: number;
  readonly torch: string;
}

/** Seconds of one whole-sequence call in PyTorch, and how far its answer is from ours; nothing where there is no torch. */
async function peerSeconds(): Promise<Peer | undefined> {
  const folder = mkdtempSync(join(tmpdir(), "peer-"));
  try {
    const inputs = {
      x: normalNoise([2, past + 1, 16, 16, 4], 1) as Tensor5D,
      level: uniformNoise([2, past + 1], 2)
        .mul(999)
        .floor() as Tensor2D,
      firstFrame: normalNoise([2, 1, 16, 16, 4], 3) as Tensor5D,
      action: normalNoise([2, past + 1, actionSize], 4) as Tensor3D,
      actionMask: uniformNoise([2, past + 1], 5).round() as Tensor2D,
    };
    const output = await world.predict(inputs);
    await saveWeights(join(folder, "weights.safetensors"), model.weights);
    await saveWeights(join(folder, "call.safetensors"), { ...inputs, output });
    writeFileSync(join(folder, "config.json"), JSON.stringify(model.config));
    const script = join(import.meta.dirname, "peers", "causalUnet.py");
    const { stdout, status } = spawnSync("/usr/bin/python3", [script, folder, String(threads ?? 0)], {
      encoding: "utf8",
    });
    return status === 0 ? JSON.parse(stdout.trim().split("\n").at(-1) as string) : undefined;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const cache: CacheResult[] = [];
let peer: Peer | undefined;
if (!process.argv.includes("--play")) {
  const threadsSaid = threads ? `${threads} thread${threads > 1 ? "s" : ""}` : "all cores";
  console.log(`one new frame after ${past}, lab preset, 16×16 latents, guidance, ${threadsSaid}`);
  for (const [steps, rounds] of [
    [10, 5],
    [50, 2],
  ] as const) {
    const result = await cacheResult(steps, rounds);
    cache.push(result);
    console.log(
      `S = ${steps}: none ${milliseconds(result.noneSeconds)} (${result.noneEvaluations} frame-evaluations), ` +
        `exact ${milliseconds(result.exactSeconds)} (${result.exactEvaluations}); ` +
        `ratio ${result.ratio.toFixed(1)} (bar 10; in processor time ${result.processorRatio.toFixed(1)}), predicted ${result.predictedRatio.toFixed(1)}; ` +
        `difference ${result.largestDifference.toExponential(1)}`,
    );
  }
  peer = await peerSeconds();
  if (peer)
    for (const { steps, exactSeconds, exactProcessorSeconds } of cache)
      console.log(
        `S = ${steps}: PyTorch ${peer.torch} without cache ${milliseconds(steps * peer.seconds)} ` +
          `(its answer differs by ${peer.difference.toExponential(1)}); ` +
          `ratio ${((steps * peer.seconds) / exactSeconds).toFixed(1)} (bar 12; in processor time ` +
          `${((steps * peer.processor) / exactProcessorSeconds).toFixed(1)})`,
      );
  else console.log("PyTorch: not measured, python3 has no torch");
}

console.log(`play: 64×64, decoded, guidance, rolling cache, ${availableParallelism()} cores`);
const play = [];
for (const steps of [4, 10])
  for (const workers of [1, 2] as const) {
    const result = await playResult(steps, workers, 60);
    play.push(result);
    const [rate, latency] = steps === 4 ? [" (bar 15)", " (bar 100)"] : ["", ""];
    console.log(
      `S = ${steps}, ${workers} worker${workers > 1 ? "s" : ""}: ${result.framesPerSecond.toFixed(1)} frames/s${rate}, ` +
        `key to frame p50 ${milliseconds(result.p50)}, p95 ${milliseconds(result.p95)}${latency}; ` +
        `processor time per frame ${milliseconds(result.processorSecondsPerFrame)}; load ${result.load.toFixed(1)}`,
    );
  }
if (json)
  console.log(JSON.stringify({ bench: "rollout", threads: threads ?? null, past, cache, peer, play }));
