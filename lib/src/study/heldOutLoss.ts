/** What a video network's training loss is on clips that it has not learned from. */
import { dispose, type Scalar, type Tensor } from "@tensorflow/tfjs";
import type { VideoUnet } from "../model/videoUnet.js";
import type { CodecModel } from "../sample/frameCodec.js";
import { deriveSeed } from "../tensor/noise.js";
import { videoObjective } from "../train/objective.js";
import { type RunOptions, runner } from "../train/run.js";
import type { ClipSet, Clips } from "./clipSet.js";
import { type ClipEstimate, clipEstimate } from "./estimate.js";
import type { PassiveRecipe, ScratchRecipe, WorldRecipe } from "./recipe.js";
import { clipWindows, encodeClips } from "./windows.js";

/**
 * The mean loss of as many windows as there are clips, drawn as in training: levels, dropped actions and all.
 *
 * @param folder where an autoencoder's latents of the clips are kept
 */
export async function heldOutLoss(
  { config, weights }: VideoUnet,
  codec: CodecModel,
  { kind, frames, diffusion }: PassiveRecipe | WorldRecipe | ScratchRecipe,
  set: ClipSet,
  clips: Clips,
  { folder, ...run }: RunOptions & { readonly folder: string },
): Promise<ClipEstimate> {
  const latents = await encodeClips(codec, set, clips, folder);
  const objective = videoObjective(config, diffusion);
  const lossOf = runner(
    (inputs: Readonly<Record<string, Tensor>>) => objective.loss(weights, inputs),
    run,
    weights,
  );
  const losses: number[] = [];
  for (let step = 1; step <= set.clips; step++) {
    const world = kind === "world";
    const drawn = { batch: 1, frames, seed: set.seed, step, actions: world, before: world };
    const window = clipWindows(set, clips, latents, drawn);
    const inputs = objective.inputs(window, deriveSeed(set.seed, 2, step));
    const loss = (await lossOf(inputs as Readonly<Record<string, Tensor>>)) as Scalar;
    losses.push((await loss.data())[0]);
    dispose([loss, window as never, inputs as never]);
  }
  return clipEstimate(losses, (some) => some.reduce((sum, loss) => sum + loss, 0) / some.length, set.seed);
}
