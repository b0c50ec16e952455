/**
 * The Fréchet distance without what the number of samples adds to it (FID∞): distances of smaller and smaller parts lie
 * close to a straight line in 1/n, which is followed to 1/n = 0.
 *
 * @see Chong and Forsyth, "Effectively unbiased FID and Inception Score and where to find them", CVPR 2020
 */
import { requireWhole } from "../tensor/check.js";
import { deriveSeed, uniformValues } from "../tensor/noise.js";
import type { ClipFeatures } from "./distributions.js";
import { frechetDistance } from "./frechet.js";

export interface FrechetLimit {
  /** Where the line meets 1/n = 0. */
  readonly value: number;
  /** 95 % interval of that, from how far the points lie off the line. Parts share clips, so it is rather too narrow. */
  readonly interval: readonly [number, number];
  /** Samples in the smaller set, and their distance. */
  readonly points: readonly { readonly samples: number; readonly value: number }[];
  readonly dimension: number;
}

export interface FrechetLimitOptions {
  readonly seed: number;
  /** Hears the share that is done, from 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Sizes of parts, and the 97.5 % point of Student's distribution for a line through so many points. */
const sizes = 8;
const student = 2.447;

/**
 * Distances of eight parts of the clips, from half of them to all, and their straight line in 1/n. Clips are drawn
 * without replacement, the same for both sets where they have as many.
 *
 * @throws RangeError if half of the clips hold no more samples than there are features: the line begins above that
 */
export async function frechetLimit(
  truth: readonly ClipFeatures[],
  guess: readonly ClipFeatures[],
  { seed, onProgress }: FrechetLimitOptions,
): Promise<FrechetLimit> {
  requireWhole("frechetLimit", "seed", seed, 1);
  const dimension = truth[0]?.[0]?.length ?? 0;
  const half = (clips: readonly ClipFeatures[]) => clips.slice(0, Math.ceil(clips.length / 2)).flat().length;
  const fewest = Math.min(half(truth), half(guess));
  if (fewest <= dimension)
    throw new RangeError(
      `frechetLimit: half of the clips hold ${fewest} samples of ${dimension} features; expected more samples than features.`,
    );
  const points: { samples: number; value: number }[] = [];
  for (let i = 0; i < sizes; i++) {
    const share = 1 / (2 - i / (sizes - 1)); // evenly spaced in 1/n
    const x = part(truth, share, deriveSeed(seed, i, 0));
    const y = part(guess, share, deriveSeed(seed, i, truth.length === guess.length ? 0 : 1));
    const value = await frechetDistance(x, y, { onProgress: (done) => onProgress?.((i + done) / sizes) });
    points.push({ samples: Math.min(x.length, y.length), value });
  }
  return { ...intercept(points), points, dimension };
}

/** Rows of a share of the clips, drawn without replacement. */
function part(clips: readonly ClipFeatures[], share: number, seed: number): ArrayLike<number>[] {
  const keys = uniformValues(clips.length, seed);
  const order = clips.map((_, i) => i).sort((a, b) => keys[a] - keys[b]);
  return order.slice(0, Math.ceil(share * clips.length)).flatMap((clip) => clips[clip]);
}

/** Least squares: value = a + b / samples. */
function intercept(
  points: readonly { samples: number; value: number }[],
): Pick<FrechetLimit, "value" | "interval"> {
  const line = points.map(({ samples, value }) => ({ x: 1 / samples, y: value }));
  const mean = (of: (point: { x: number; y: number }) => number) =>
    line.reduce((sum, point) => sum + of(point), 0) / line.length;
  const [x, y] = [mean((point) => point.x), mean((point) => point.y)];
  const spread = mean((point) => (point.x - x) ** 2);
  const slope = mean((point) => (point.x - x) * (point.y - y)) / spread;
  const value = y - slope * x;
  const off = mean((point) => (point.y - value - slope * point.x) ** 2) * line.length;
  const error = Math.sqrt((off / (line.length - 2) / line.length) * (1 + x ** 2 / spread));
  return { value, interval: [value - student * error, value + student * error] };
}
