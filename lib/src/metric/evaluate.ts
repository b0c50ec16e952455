/** The row of a table: generated videos against true ones, by one of the paper's protocols. */
import { dispose, type Tensor, type Tensor2D, type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { readVideo } from "../data/readVideo.js";
import { compile } from "../engine/compile.js";
import { requireWhole } from "../tensor/check.js";
import type { MetricWeights } from "./convNet.js";
import {
  type ClipFeatures,
  type DistributionDistance,
  distributionDistance,
  type FeatureNetwork,
} from "./distributions.js";
import { dreamsimDistance, dreamsimEmbedding, dreamsimInput } from "./dreamsim.js";
import { loadDreamsimWeights } from "./dreamsimWeights.js";
import { type I3dRange, i3dFeatures } from "./i3d.js";
import { inceptionFeatures } from "./inception.js";
import { lpips } from "./lpips.js";
import { pairVideos } from "./pairVideos.js";
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
  readonly dreamsim?: number[];
}

/** Metrics that need files of weights. */
export type NetworkMetric = "lpips" | "dreamsim" | "fid" | "fvd";

export interface Evaluation {
  readonly protocol: EvaluationProtocol;
  /** Means over clips and frames. */
  readonly mean: {
    readonly mse: number;
    readonly psnr: number;
    readonly ssim: number;
    readonly lpips?: number;
    readonly dreamsim?: number;
  };
  readonly fid?: DistributionDistance<"inception">;
  /** Its network names the range in which frames reached it. */
  readonly fvd?: DistributionDistance<`i3d ${I3dRange}`>;
  readonly clips: readonly ClipScores[];
}

export interface EvaluateOptions {
  readonly protocol: EvaluationProtocol;
  /** Metrics that need files of weights, to be taken; a missing file is an error, before anything is computed. */
  readonly networks?: readonly NetworkMetric[];
  /** Range in which FVD's network gets its frames; "minusOneToOne" unless given, its own. */
  readonly fvdInput?: I3dRange;
  /** For the intervals of FID and FVD; 1 unless given. */
  readonly seed?: number;
  /**
   * Resamplings of the clips for the intervals of FID and FVD, 20 unless given; 0 for none. Each takes as long as the
   * distance itself: with the 2048 features of FID, from seconds to a minute.
   */
  readonly resamples?: number;
  /** Hears of clips that are done, then of the share of FID and of FVD. */
  readonly onProgress?: (stage: "clips" | "fid" | "fvd", done: number, total: number) => void;
}

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
  const {
    protocol,
    networks = [],
    fvdInput = "minusOneToOne",
    seed = 1,
    resamples = 20,
    onProgress,
  } = options;
  requireWhole("evaluateFolders", "seed", seed, 1);
  requireWhole("evaluateFolders", "resamples", resamples, 0);
  const pairs = await pairVideos(truthFolder, guessFolder);
  requireEnoughClips(networks, protocol, pairs.length);
  const weights = await loadNetworks(networks, protocol);
  const runs = compileMetrics(weights, protocol, fvdInput);
  const clips: ClipScores[] = [];
  const features = { fid: { truth: [], guess: [] }, fvd: { truth: [], guess: [] } } as Record<
    "fid" | "fvd",
    Record<"truth" | "guess", ClipFeatures[]>
  >;
  let open: Tensor[] = [];
  const opened = (video: Tensor5D) => {
    open.push(video);
    return video;
  };
  try {
    for (const [index, { name, truth, guess }] of pairs.entries()) {
      onProgress?.("clips", index, pairs.length);
      const videos = { truth: opened(await readClip(truth)), guess: opened(await readClip(guess)) };
      const scored = {
        truth: opened(applyProtocol(videos.truth, protocol)),
        guess: opened(applyProtocol(videos.guess, protocol)),
      };
      requireSameSize(name, videos, scored);
      const pixels = await runs.pixels(scored.truth, scored.guess);
      clips.push({
        name,
        mse: await numbers(name, "mse", pixels.mse),
        psnr: await numbers(name, "psnr", pixels.psnr),
        ssim: await numbers(name, "ssim", pixels.ssim),
        ...(runs.lpips && {
          lpips: await numbers(name, "lpips", await runs.lpips(scored.truth, scored.guess)),
        }),
        ...(runs.embed && { dreamsim: await numbers(name, "dreamsim", await dreamsims(runs.embed, scored)) }),
      });
      for (const side of ["truth", "guess"] as const) {
        if (runs.fid) features.fid[side].push(await rows(await runs.fid(scored[side])));
        if (!runs.fvd) continue;
        const clip = applyProtocol(videos[side], protocol, "fvd");
        features.fvd[side].push(await rows(await runs.fvd(clip)));
        clip.dispose();
      }
      dispose(open);
      open = [];
    }
    onProgress?.("clips", pairs.length, pairs.length);
  } finally {
    for (const run of Object.values(runs)) await run?.dispose();
    dispose([...open, ...Object.values(weights).filter(Boolean)] as never);
  }
  const mean = (pick: (clip: ClipScores) => number[]) => average(clips.map((clip) => average(pick(clip))));
  const distance = <Network extends FeatureNetwork>(kind: "fid" | "fvd", network: Network) =>
    distributionDistance(features[kind].truth, features[kind].guess, {
      network,
      resamples,
      seed,
      onProgress: (share) => onProgress?.(kind, share, 1),
    });
  return {
    protocol,
    mean: {
      mse: mean(({ mse }) => mse),
      psnr: mean(({ psnr }) => psnr),
      ssim: mean(({ ssim }) => ssim),
      ...(runs.lpips && { lpips: mean((clip) => clip.lpips!) }),
      ...(runs.embed && { dreamsim: mean((clip) => clip.dreamsim!) }),
    },
    ...(runs.fid && { fid: await distance("fid", "inception") }),
    ...(runs.fvd && { fvd: await distance("fvd", `i3d ${fvdInput}`) }),
    clips,
  };
}

interface Sides {
  readonly truth: Tensor5D;
  readonly guess: Tensor5D;
}

/** Asks for what a covariance needs before hours are spent. */
function requireEnoughClips(
  networks: readonly NetworkMetric[],
  protocol: EvaluationProtocol,
  clips: number,
): void {
  if (networks.includes("fvd") && protocol.fvdFrames === undefined)
    throw new RangeError(`evaluateFolders: the protocol ${protocol.name} has no FVD.`);
  const frames = "last" in protocol.frames ? protocol.frames.last : protocol.frames.numbers.length;
  for (const [metric, samples] of [
    ["fvd", clips],
    ["fid", clips * frames],
  ] as const)
    if (networks.includes(metric) && samples < 2)
      throw new RangeError(
        `evaluateFolders: there is ${samples} sample for ${metric}; expected at least 2, for a covariance.`,
      );
}

/** Frames belong together by their numbers, so both videos are as long; their sizes may differ until the protocol is applied. */
function requireSameSize(name: string, videos: Sides, scored: Sides): void {
  const size = (side: "truth" | "guess") => {
    const [, , height, width] = scored[side].shape;
    return `${videos[side].shape[1]} frames, scored at ${height}×${width}`;
  };
  if (size("truth") === size("guess")) return;
  throw new RangeError(
    `evaluateFolders: the true video of ${name} has ${size("truth")}; its prediction ${size("guess")}; expected one size.`,
  );
}

type NetworkWeights = { readonly [metric in NetworkMetric]?: MetricWeights };

async function loadNetworks(
  networks: readonly NetworkMetric[],
  protocol: EvaluationProtocol,
): Promise<NetworkWeights> {
  return {
    ...(networks.includes("lpips") && { lpips: await loadLpipsWeights(protocol.lpips) }),
    ...(networks.includes("dreamsim") && { dreamsim: await loadDreamsimWeights() }),
    ...(networks.includes("fid") && { fid: await loadInceptionWeights() }),
    ...(networks.includes("fvd") && { fvd: await loadI3dWeights() }),
  };
}

function compileMetrics(weights: NetworkWeights, protocol: EvaluationProtocol, range: I3dRange) {
  const freeze = (of: MetricWeights) => ({ freeze: of as Record<string, Tensor> });
  const { lpips: distance, dreamsim: transformers, fid, fvd } = weights;
  return {
    pixels: compile((truth: Tensor5D, guess: Tensor5D) => ({
      mse: frameMse(truth, guess).mul(4) as Tensor,
      psnr: framePsnr(truth, guess) as Tensor,
      ssim: frameSsim(truth, guess) as Tensor,
    })),
    lpips:
      distance &&
      compile(
        (truth: Tensor5D, guess: Tensor5D) =>
          lpips(distance, truth, guess, { network: protocol.lpips }) as Tensor,
        freeze(distance),
      ),
    embed:
      transformers &&
      compile((images: Tensor4D) => dreamsimEmbedding(transformers, images), freeze(transformers)),
    fid: fid && compile((video: Tensor5D) => inceptionFeatures(fid, video) as Tensor, freeze(fid)),
    fvd: fvd && compile((video: Tensor5D) => i3dFeatures(fvd, video, { range }) as Tensor, freeze(fvd)),
  };
}

async function dreamsims(embed: (images: Tensor4D) => Promise<Tensor2D>, videos: Sides): Promise<Tensor> {
  const vectors: Tensor2D[] = [];
  for (const video of [videos.truth, videos.guess]) {
    const images = await dreamsimInput(video);
    vectors.push(await embed(images));
    images.dispose();
  }
  const distance = dreamsimDistance(vectors[0], vectors[1]);
  dispose(vectors);
  return distance;
}

async function readClip(path: string): Promise<Tensor5D> {
  const video = await readVideo(path);
  return tidy(() => {
    const clip = video.expandDims<Tensor5D>(0);
    video.dispose();
    return clip;
  });
}

/** Scores by frame. A number that is not finite comes of weights that are not, for frames are bytes. */
async function numbers(clip: string, metric: string, tensor: Tensor): Promise<number[]> {
  const values = [...((await tensor.data()) as Float32Array)];
  tensor.dispose();
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new Error(
      `evaluateFolders: ${metric} of frame ${bad} of ${clip} is ${values[bad]}; are the weights damaged?`,
    );
  return values;
}

async function rows(tensor: Tensor): Promise<ClipFeatures> {
  const [count, size] = tensor.shape;
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return Array.from({ length: count }, (_, i) => values.slice(i * size, (i + 1) * size));
}

const average = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
