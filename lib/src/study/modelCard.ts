/** What is known of a trained model's making, beside its weights: `card.json` in its folder. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Recipe } from "./recipe.js";

export interface ModelCard {
  readonly name: string;
  /** What makes it again. */
  readonly command: string;
  readonly recipe: Recipe;
  /** SHA-256 of the clips it learned from. */
  readonly dataHash: string;
  /** Updates made, of the recipe's; fewer where training is to go on. */
  readonly steps: number;
  /** Processor time of all updates, on `machine`. */
  readonly coreHours: number;
  readonly machine: string;
  /** Mean training loss of the last updates, at most 200. */
  readonly loss: number;
  /** What a person who watched its videos calls wrong, a sentence each; training on takes them away. */
  readonly failures?: readonly string[];
}

/** The card in a model's folder, if there is one. */
export async function readCard(dir: string): Promise<ModelCard | undefined> {
  const text = await readFile(join(dir, "card.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as ModelCard);
}

export async function writeCard(dir: string, card: ModelCard): Promise<void> {
  const path = join(dir, "card.json");
  await writeFile(`${path}.part`, `${JSON.stringify(card, null, 2)}\n`);
  await rename(`${path}.part`, path);
}
