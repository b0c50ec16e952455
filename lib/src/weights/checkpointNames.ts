/**
 * Names in the checkpoints that are about, and the names here. A checkpoint holds several networks; each name says which
 * one it belongs to, and, without that prefix, which weight it is. Names here are DynamiCrafter's 512 model's.
 */

/** The networks that a checkpoint may hold. */
export type CheckpointPart = "unet" | "autoencoder" | "resampler" | "imageTower" | "textTower";

const prefixes: readonly (readonly [string, CheckpointPart])[] = [
  ["model.diffusion_model.", "unet"],
  ["first_stage_model.", "autoencoder"],
  ["image_proj_model.", "resampler"],
  ["embedder.model.", "imageTower"],
  ["cond_stage_model.model.", "textTower"],
  ["weights/", "unet"], // files of the trainer
];

/** Entries that are no weights: noise schedules without a dot in their names, and a trainer's own state. */
const ignored = /^[a-z_]+$|^(mean|square|average)\//;

/** Where a stored name belongs. */
export interface PlacedName {
  readonly part: CheckpointPart;
  readonly name: string;
}

/** The part and the name here of a stored name; undefined for entries that are no weights. */
export function placeName(stored: string): PlacedName | undefined {
  for (const [prefix, part] of prefixes)
    if (stored.startsWith(prefix)) {
      const name = stored.slice(prefix.length);
      return { part, name: part === "unet" ? unetName(name) : name };
    }
  return ignored.test(stored) ? undefined : { part: "unet", name: unetName(stored) };
}

function unetName(name: string): string {
  return name
    .replace(/^framestride_embed\./, "fps_embedding.") // the 256 model
    .replace(/(\.temopral_conv\.conv\d\.\d)\.conv3d\./, "$1.") // released Vid2World wraps its causal convolutions
    .replace(/^out\.2\.conv2d\./, "out.2.");
}

/** Whether names show a released Vid2World model, whose kernels are causal already, and its row-causal last layer. */
export function releasedVid2World(names: Iterable<string>): {
  readonly causal: boolean;
  readonly rowCausal: boolean;
} {
  const all = [...names];
  return {
    causal: all.some((name) => /\.temopral_conv\.conv\d\.\d\.conv3d\.weight$/.test(name)),
    rowCausal: all.some((name) => /(^|\.)out\.2\.conv2d\.weight$/.test(name)),
  };
}
