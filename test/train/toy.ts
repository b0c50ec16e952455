/** A network of two matrices, small enough to train in milliseconds on any backend, and clips for it. */
import { concat, dispose, type Tensor, type Tensor3D, type Tensor5D, tidy } from "@tensorflow/tfjs";
import {
  type DenoiseInputs,
  type DiffusionConfig,
  diffusionObjective,
  labDiffusion,
  normalNoise,
  type Trainer,
  type VideoBatch,
} from "vid2world";

export const channels = 2;

export function toyModel(seed: number) {
  return {
    config: { name: "toy", channels },
    weights: {
      mix: normalNoise([2 * channels, channels], seed),
      steer: normalNoise([3, channels], seed + 1),
      unused: normalNoise([4], seed + 2),
    } as Record<string, Tensor>,
  };
}

/** Linear in the noisy frames, the first frame and the action; blind to the level. */
export function toyDenoise(weights: Record<string, Tensor>) {
  return ({ x, firstFrame, action, actionMask }: DenoiseInputs): Tensor5D =>
    tidy(() => {
      const [batch, frames] = x.shape;
      const seen = firstFrame ?? (x.zerosLike().slice([0, 0], [-1, 1]) as Tensor5D);
      const joined = concat([x, seen.tile([1, frames, 1, 1, 1])], 4);
      let out = joined
        .reshape([-1, 2 * channels])
        .matMul(weights.mix)
        .reshape(x.shape);
      if (action) {
        const push = (action as Tensor3D).reshape([batch * frames, 3]).matMul(weights.steer);
        const masked = push.mul(actionMask!.reshape([batch * frames, 1]));
        out = out.add(masked.reshape([batch, frames, 1, 1, channels]));
      }
      return out as Tensor5D;
    });
}

export const toyObjective = (config: Partial<DiffusionConfig> = {}) =>
  diffusionObjective(toyDenoise, { ...labDiffusion, ...config });

/** A clip and its actions; the same for a number. */
export function toyBatch(number: number, withAction = true): VideoBatch {
  return {
    x0: normalNoise([2, 4, 2, 2, channels], 1000 + number) as Tensor5D,
    ...(withAction && { action: normalNoise([2, 4, 3], 2000 + number) as Tensor3D }),
  };
}

export function bits(weights: Record<string, Tensor>): Record<string, number[]> {
  return Object.fromEntries(Object.entries(weights).map(([name, tensor]) => [name, [...tensor.dataSync()]]));
}

/** The same of a network in training. */
export function trained(
  trainer: Pick<Trainer<never>, "snapshot">,
  average = false,
): Record<string, number[]> {
  const { weights } = trainer.snapshot({ average });
  const values = bits(weights);
  dispose(weights);
  return values;
}
