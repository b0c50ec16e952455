/**
 * DreamSim's weights from the files of its release: three vision transformers in DINO's naming, and low-rank additions
 * to their attentions in PEFT's.
 */
import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { dispose, type Tensor, type Tensor2D, tidy, zeros } from "@tensorflow/tfjs";
import type { MetricWeights } from "./convNet.js";
import { findWeightFile, howToGet, readWeightFile } from "./weightFiles.js";

/** The transformers in the order of the additions' numbers. */
const branches = [
  { file: "dino", name: "dino" },
  { file: "clip", name: "clip" },
  { file: "openClip", name: "open_clip" },
] as const;

const trunkNames =
  /^(cls_token|pos_embed|proj|(patch_embed\.proj|pos_drop|norm|blocks\.\d+\.(norm[12]|attn\.(qkv|proj)|mlp\.fc[12]))\.(weight|bias))$/;
const additionNames = /extractor_list\.(\d)\..*?(blocks\.\d+\.attn\.qkv)\.lora_([AB])(?:\.default)?\.weight$/;

/**
 * Weights of `dreamsim`, with the low-rank additions added: W + (alpha / rank) B A, the two numbers from
 * `adapter_config.json` beside the additions.
 *
 * The layout is that of the release's loading code. The files themselves were not at hand when this was written: the
 * names of the additions follow PEFT's convention, and a bias of CLIP's first layer that is not in the file is zero.
 *
 * @throws Error that says where to get a file, if one is missing; by name, for a file of another network
 */
export async function loadDreamsimWeights(): Promise<MetricWeights> {
  const path = await findWeightFile("dreamsim");
  if (!path) throw new Error(howToGet("dreamsim"));
  const factor = await additionFactor(join(dirname(path), "adapter_config.json"));
  const weights: Record<string, Tensor> = {};
  let additions: MetricWeights = {};
  try {
    for (const { file, name } of branches) {
      const trunk = await readWeightFile(file, (stored) => trunkNames.test(stored));
      for (const [stored, tensor] of Object.entries(trunk)) weights[`${name}.${stored}`] = tensor;
      weights[`${name}.patch_embed.proj.bias`] ??= zeros([weights[`${name}.cls_token`].shape[2] ?? 1]);
    }
    additions = await readWeightFile("dreamsim", (stored) => additionNames.test(stored));
    addAll(weights, pairs(path, additions), path, factor);
    return weights;
  } catch (error) {
    dispose(weights);
    throw error;
  } finally {
    dispose(additions as Record<string, Tensor>);
  }
}

async function additionFactor(path: string): Promise<number> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`loadDreamsimWeights: ${path} cannot be read; expected it beside the adapter's weights.`);
  });
  const { r, lora_alpha: alpha } = JSON.parse(text) as { r?: unknown; lora_alpha?: unknown };
  if (typeof r !== "number" || typeof alpha !== "number" || r < 1)
    throw new Error(`loadDreamsimWeights: ${path} should name the numbers r and lora_alpha.`);
  return alpha / r;
}

/** The two factors of each addition by the weight they are added to. */
function pairs(path: string, additions: MetricWeights): Map<string, { a: Tensor2D; b: Tensor2D }> {
  const found = new Map<string, { A?: Tensor2D; B?: Tensor2D }>();
  for (const [stored, tensor] of Object.entries(additions)) {
    const [, index, layer, side] = additionNames.exec(stored)!;
    const branch = branches[Number(index)];
    if (!branch)
      throw new Error(`loadDreamsimWeights: ${path} holds ${stored}; expected three transformers.`);
    const target = `${branch.name}.${layer}.weight`;
    found.set(target, { ...found.get(target), [side]: tensor });
  }
  const whole = new Map<string, { a: Tensor2D; b: Tensor2D }>();
  for (const [target, { A: a, B: b }] of found) {
    if (!a || !b)
      throw new Error(`loadDreamsimWeights: ${path} holds one half of the addition to ${target}.`);
    whole.set(target, { a, b });
  }
  return whole;
}

/** Adds B A × factor to every attention; each must have its addition. */
function addAll(
  weights: Record<string, Tensor>,
  additions: Map<string, { a: Tensor2D; b: Tensor2D }>,
  path: string,
  factor: number,
): void {
  const targets = Object.keys(weights).filter((name) => name.endsWith(".attn.qkv.weight"));
  for (const target of new Set([...targets, ...additions.keys()])) {
    const [weight, addition] = [weights[target], additions.get(target)];
    if (!weight || !addition)
      throw new Error(`loadDreamsimWeights: ${target} is ${weight ? "not in" : "only in"} ${path}.`);
    const { a, b } = addition;
    if (a.shape[0] !== b.shape[1] || String(weight.shape) !== String([b.shape[0], a.shape[1]]))
      throw new Error(
        `loadDreamsimWeights: ${target} is [${weight.shape}]; ${path} adds [${b.shape}] × [${a.shape}] to it.`,
      );
    weights[target] = tidy(() => weight.add(b.matMul(a).mul(factor)));
    weight.dispose();
  }
}
