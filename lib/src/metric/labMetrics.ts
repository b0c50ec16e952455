/** Distances by the lab's own encoder. They are named "lab" and by its weights, and compare with nothing else. */
import { type Tensor, type Tensor2D, type Tensor4D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import { compile } from "../engine/compile.js";
import {
  type DistributionDistance,
  type DistributionOptions,
  distributionDistance,
} from "./distributions.js";
import { requireVideos } from "./frames.js";
import { type LabNetworkName, labNetworkName, trunkMaps } from "./labNetwork.js";
import { clipFeatures, requireEncoderVideo, type VideoEncoder } from "./videoEncoder.js";

/**
 * Fréchet distance of the encoder's clip features: what FVD is with I3D.
 *
 * @param truth [clip, frame, size, size, 3], values in [0, 1]
 * @param guess as many frames; the number of clips may differ
 * @throws RangeError for fewer than 2 clips, frames of another size, or values outside [0, 1]
 */
export async function labFrechet(
  encoder: VideoEncoder,
  truth: Tensor5D,
  guess: Tensor5D,
  options: DistributionOptions,
): Promise<DistributionDistance<LabNetworkName>> {
  const frames = [truth.shape[1], guess.shape[1]];
  if (frames[0] !== frames[1])
    throw new RangeError(`labFrechet: clips have ${frames[0]} and ${frames[1]} frames; expected as many.`);
  const run = compile((video: Tensor5D) => clipFeatures(encoder, video), { freeze: encoder.weights });
  try {
    const rows = async (name: string, videos: Tensor5D) => {
      requireEncoderVideo(`labFrechet (${name})`, encoder.config, videos);
      const features: ArrayLike<number>[][] = [];
      for (let clip = 0; clip < videos.shape[0]; clip++) {
        const video = videos.slice([clip], [1]) as Tensor5D;
        const result = await run(video);
        features.push([await result.data()]);
        video.dispose();
        result.dispose();
      }
      return features;
    };
    const [x, y] = [await rows("truth", truth), await rows("guess", guess)];
    return await distributionDistance(x, y, { ...options, network: await labNetworkName(encoder) });
  } finally {
    await run.dispose();
  }
}

export interface LabPerceptual {
  readonly network: LabNetworkName;
  /** By clip and frame; 0 for equal frames, higher is more different. */
  readonly distance: readonly (readonly number[])[];
}

/**
 * Distance of the encoder's pictures of each frame: what LPIPS is with AlexNet. Channels are brought to length 1 at every
 * pixel after every halving; squared differences are averaged over pixels, then over halvings.
 *
 * @param truth [clip, frame, size, size, 3], values in [0, 1]
 * @param guess same shape
 * @throws RangeError if the shapes differ, frames are of another size, or values lie outside [0, 1]
 */
export async function labPerceptual(
  encoder: VideoEncoder,
  truth: Tensor5D,
  guess: Tensor5D,
): Promise<LabPerceptual> {
  requireVideos("labPerceptual", truth, guess);
  requireEncoderVideo("labPerceptual", encoder.config, truth);
  const distances = tidy(() => frameDistances(encoder, truth, guess));
  const distance = (await distances.array()) as number[][];
  distances.dispose();
  return { network: await labNetworkName(encoder), distance };
}

function frameDistances({ config, weights }: VideoEncoder, truth: Tensor5D, guess: Tensor5D): Tensor2D {
  const [clips, frames, height, width] = truth.shape;
  const [x, y] = [truth, guess].map((video) =>
    trunkMaps(weights, config, video.reshape<Tensor4D>([clips * frames, height, width, 3])).map((map) =>
      map.div(map.square().sum(3, true).sqrt().add(1e-10)),
    ),
  );
  const levels = x.map((map, i): Tensor => map.squaredDifference(y[i]).sum(3).mean([1, 2]));
  const sum = levels.reduce((total, level) => total.add(level));
  return sum.div(levels.length).reshape([clips, frames]);
}
