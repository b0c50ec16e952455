/** An autoencoder as a folder: `autoencoder.json` with its config, `autoencoder.safetensors` with its weights. */
import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Autoencoder, AutoencoderConfig } from "../model/autoencoder.js";
import { loadWeights } from "../weights/safetensors.js";
import { saveWeights } from "../weights/saveWeights.js";

/** Writes an autoencoder to a folder; the config comes last, so a folder that has it is whole. */
export async function saveAutoencoder(dir: string, { config, weights }: Autoencoder): Promise<void> {
  await mkdir(dir, { recursive: true });
  await saveWeights(join(dir, "autoencoder.safetensors"), weights, { precision: "F16" });
  const path = join(dir, "autoencoder.json");
  await writeFile(`${path}.part`, `${JSON.stringify(config, null, 2)}\n`);
  await rename(`${path}.part`, path);
}

/**
 * The autoencoder in a folder; its tensors belong to the caller.
 *
 * @throws Error if the folder holds none
 */
export async function loadAutoencoder(dir: string): Promise<Autoencoder> {
  const path = join(dir, "autoencoder.json");
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(
      `loadAutoencoder: ${path} cannot be read; expected a folder that saveAutoencoder wrote. ` +
        "Train one with: npm run train -- autoencoder-lab",
    );
  });
  const config = JSON.parse(text) as AutoencoderConfig;
  return { config, weights: await loadWeights(join(dir, "autoencoder.safetensors")) };
}
