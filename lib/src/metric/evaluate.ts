/** The row of a table: generated videos against true ones, by one of the paper's protocols. */
import { readdir } from "node:fs/promises";
import { extname, join, relative } from "node:path";
import { dispose, type Tensor, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { readVideo } from "../data/readVideo.js";
import { compile } from "../engine/compile.js";
import type { MetricWeights } from "./convNet.js";
import { type ClipFeatures, type DistributionDistance, distributionDistance } from "./distributions.js";
import { i3dFeatures } from "./i3d.js";
import { inceptionFeatures } from "./inception.js";
import { lpips } from "./lpips.js";
import { applyProtocol, type EvaluationProtocol } from "./protocol.js";
import { frameMse, framePsnr } from "./psnr.js";
import { frameSsim } from "./ssim.js";
import { loadI3dWeights, loadInceptionWeights, loadLpipsWeights } from "./weightFiles.js";

/** Scores of one clip, by frame. */
export interface ClipScores {
  readonly name: string;
  /** On values in [−1, 1], as the paper prints it. */
  readonly mse: number[];
  /** Decibels; piqa's variant. */
  readonly psnr: number[];
  /** 11 × 11 Gaussian window. */
  readonly ssim: number[];
  readonly lpips?: number[];
}

export interface Evaluation {
  readonly protocol: EvaluationProtocol;
  /** Means over clips and frames. */
  readonly mean: {
    readonly mse: number;
    readonly psnr: number;
    readonly ssim: number;
    readonly lpips?: number;
  };
  readonly fid?: DistributionDistance;
  readonly fvd?: DistributionDistance;
  readonly clips: readonly ClipScores[];
}

export interface EvaluateOptions {
  readonly protocol: EvaluationProtocol;
  /** Metrics that need files of weights, to be taken; a missing file is an error, before anything is computed. */
  readonly networks?: readonly ("lpips" | "fid" | "fvd")[];
  /** For the intervals of FID and FVD; 1 unless given. */
  readonly seed?: number;
  readonly onProgress?: (clips: number, total: number) => void;
}

const extensions = new Set([".mp4", ".webm", ".gif", ".mkv", ".mov", ".avi"]);

/**
 * Compares the videos of two folders, matched by name. Where both folders are one, files named `gt_video` are true
 * and files named `pred_video` are generated, each pair in a folder of its own.
 *
 * @throws Error if a video has no partner, a file of weights is missing, or a video does not fit the protocol
 */
export async function evaluateFolders(
  truthFolder: string,
  guessFolder: string,
  options: EvaluateOptions,
): Promise<Evaluation> {
  const { protocol, networks = [], seed = 1, onProgress } = options;
  const pairs = await pairVideos(truthFolder, guessFolder);
  const weights = await loadNetworks(networks, protocol);
  const pixelScores = compile((truth: Tensor5D, guess: Tensor5D) => ({
    mse: frameMse(truth, guess).mul(4) as Tensor,
    psnr: framePsnr(truth, guess) as Tensor,
    ssim: frameSsim(truth, guess) as Tensor,
  }));
  const runs = compileNetworks(weights, protocol);
  const clips: ClipScores[] = [];
  const features = { fid: { truth: [], guess: [] }, fvd: { truth: [], guess: [] } } as Record<
    "fid" | "fvd",
    Record<"truth" | "guess", ClipFeatures[]>
  >;
  try {
    for (const [index, pair] of pairs.entries()) {
      onProgress?.(index, pairs.length);
      const videos = { truth: await readClip(pair.truth), guess: await readClip(pair.guess) };
      const scored = {
        truth: applyProtocol(videos.truth, protocol),
        guess: applyProtocol(videos.guess, protocol),
      };
      const scores = await pixelScores(scored.truth, scored.guess);
      clips.push({
        name: pair.name,
        mse: await numbers(scores.mse),
        psnr: await numbers(scores.psnr),
        ssim: await numbers(scores.ssim),
        ...(runs.lpips ? { lpips: await numbers(await runs.lpips(scored.truth, scored.guess)) } : {}),
      });
      for (const side of ["truth", "guess"] as const) {
        if (runs.fid) features.fid[side].push(await rows(await runs.fid(scored[side])));
        if (!runs.fvd) continue;
        const clip = applyProtocol(videos[side], protocol, "fvd");
        features.fvd[side].push(await rows(await runs.fvd(clip)));
        clip.dispose();
      }
      dispose([videos, scored] as never);
    }
    onProgress?.(pairs.length, pairs.length);
  } finally {
    for (const run of [pixelScores, runs.lpips, runs.fid, runs.fvd]) await run?.dispose();
    dispose(Object.values(weights).filter(Boolean) as never);
  }
  const mean = (pick: (clip: ClipScores) => number[]) => average(clips.map((clip) => average(pick(clip))));
  const distance = (kind: "fid" | "fvd") =>
    distributionDistance(features[kind].truth, features[kind].guess, {
      resamples: kind === "fvd" && clips.length <= 512 ? 100 : 0,
      seed,
    });
  return {
    protocol,
    mean: {
      mse: mean(({ mse }) => mse),
      psnr: mean(({ psnr }) => psnr),
      ssim: mean(({ ssim }) => ssim),
      ...(runs.lpips ? { lpips: mean((clip) => clip.lpips!) } : {}),
    },
    ...(runs.fid ? { fid: distance("fid") } : {}),
    ...(runs.fvd ? { fvd: distance("fvd") } : {}),
    clips,
  };
}

interface NetworkWeights {
  lpips?: MetricWeights;
  fid?: MetricWeights;
  fvd?: MetricWeights;
}

async function loadNetworks(
  networks: readonly ("lpips" | "fid" | "fvd")[],
  protocol: EvaluationProtocol,
): Promise<NetworkWeights> {
  if (networks.includes("fvd") && protocol.fvdFrames === undefined)
    throw new RangeError(`evaluateFolders: the protocol ${protocol.name} has no FVD.`);
  return {
    ...(networks.includes("lpips") ? { lpips: await loadLpipsWeights(protocol.lpips) } : {}),
    ...(networks.includes("fid") ? { fid: await loadInceptionWeights() } : {}),
    ...(networks.includes("fvd") ? { fvd: await loadI3dWeights() } : {}),
  };
}

function compileNetworks({ lpips: distance, fid, fvd }: NetworkWeights, protocol: EvaluationProtocol) {
  const freeze = (weights: MetricWeights) => ({ freeze: weights as Record<string, Tensor> });
  return {
    lpips:
      distance &&
      compile(
        (truth: Tensor5D, guess: Tensor5D) =>
          lpips(distance, truth, guess, { network: protocol.lpips }) as Tensor,
        freeze(distance),
      ),
    fid: fid && compile((video: Tensor5D) => inceptionFeatures(fid, video) as Tensor, freeze(fid)),
    fvd: fvd && compile((video: Tensor5D) => i3dFeatures(fvd, video) as Tensor, freeze(fvd)),
  };
}

async function readClip(path: string): Promise<Tensor5D> {
  const video = await readVideo(path);
  return tidy(() => {
    const clip = video.expandDims<Tensor5D>(0);
    video.dispose();
    return clip;
  });
}

async function numbers(tensor: Tensor): Promise<number[]> {
  const values = await tensor.data();
  tensor.dispose();
  return [...(values as Float32Array)];
}

async function rows(tensor: Tensor): Promise<ClipFeatures> {
  const [count, size] = tensor.shape;
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

interface Pair {
  readonly name: string;
  readonly truth: string;
  readonly guess: string;
}

async function pairVideos(truthFolder: string, guessFolder: string): Promise<Pair[]> {
  const one = relative(truthFolder, guessFolder) === "";
  const truths = await namedVideos(truthFolder, one ? "gt_video" : "");
  const guesses = await namedVideos(guessFolder, one ? "pred_video" : "");
  if (truths.size === 0)
    throw new Error(
      `evaluateFolders: ${truthFolder} holds no videos${one ? " named gt_video" : ""}; expected ${[...extensions].join(", ")}.`,
    );
  for (const [names, others, folder] of [
    [truths, guesses, guessFolder],
    [guesses, truths, truthFolder],
  ] as const)
    for (const [name, path] of names)
      if (!others.has(name)) throw new Error(`evaluateFolders: ${path} has no partner in ${folder}.`);
  return [...truths]
    .map(([name, truth]) => ({ name, truth, guess: guesses.get(name)! }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Video files below a folder by the name under which pairs are matched: the path without extension and `word`. */
async function namedVideos(folder: string, word: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = new Map<string, string>();
  for (const entry of entries) {
    const extension = extname(entry.name).toLowerCase();
    if (!entry.isFile() || !extensions.has(extension) || !entry.name.includes(word)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const stem = relative(folder, path).slice(0, -extension.length);
    found.set(word ? stem.replace(word, "video") : stem, path);
  }
  return found;
}
