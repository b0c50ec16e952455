/** Models of the models' folder, named for cards by the weights that they have now: another training is another model. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

export interface ShippedModel {
  /** Its folder's name. */
  readonly model: string;
  /** SHA-256 of its files of weights. */
  readonly weights: string;
}

/**
 * Names a model for a card.
 *
 * @param files its files of weights
 * @throws Error if one of them is not there
 */
export async function shippedModel(
  models: string,
  model: string,
  files: readonly string[],
): Promise<ShippedModel> {
  const digest = createHash("sha256");
  for (const file of files) {
    const path = join(models, model, file);
    digest.update(
      await readFile(path).catch(() => {
        throw new Error(
          `shippedModel: ${path} cannot be read; make the model with "npm run train -- ${model}", or take the budget "quick", which makes do without.`,
        );
      }),
    );
  }
  return { model, weights: digest.digest("hex") };
}

/** Throws an Error unless a model has the weights that a card asks for. */
export async function requireShipped(
  models: string,
  { model, weights }: ShippedModel,
  files: readonly string[],
): Promise<void> {
  const found = await shippedModel(models, model, files);
  if (found.weights !== weights)
    throw new Error(
      `shippedModel: ${model} has weights ${found.weights.slice(0, 12)}…, the card asks for ${weights.slice(0, 12)}…; the result was made from another training.`,
    );
}
