/**
 * Numbers from integer hashes, the same in every language: the inputs and weights for which values of the reference
 * implementations were recorded.
 */

import { tensor } from "@tensorflow/tfjs";

function mix(x: number): number {
  let bits = x >>> 0;
  bits ^= bits >>> 16;
  bits = Math.imul(bits, 0x7feb352d);
  bits ^= bits >>> 15;
  bits = Math.imul(bits, 0x846ca68b);
  bits ^= bits >>> 16;
  return bits >>> 0;
}

const hash = (index: number, offset: number) => mix((index + mix(offset + 1)) >>> 0);

/** `count` numbers uniform in [−0.5, 0.5). */
export function uniform(count: number, offset: number): Float64Array {
  return Float64Array.from({ length: count }, (_, i) => hash(i, offset) / 2 ** 32 - 0.5);
}

/** Bytes of an image, [height, width, 3]. */
export function image(height: number, width: number, offset: number): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, k) => {
    const [c, x, y] = [k % 3, Math.floor(k / 3) % width, Math.floor(k / 3 / width)];
    return (3 * x + 5 * y + 40 * c + (hash(k, offset) & 63)) & 255;
  });
}

/** An image with noise of up to 20 levels. */
export function perturb(bytes: Uint8Array, offset: number): Uint8Array {
  return bytes.map((value, k) => Math.min(255, Math.max(0, value + (hash(k, offset) % 41) - 20)));
}

export type FeatureKind = "iso" | "mix" | "decay" | "relu" | "const";

/** Rows of features with a common mean and covariance; `frechet.json` says how each kind is made. */
export function features(count: number, size: number, offset: number, kind: FeatureKind): Float64Array[] {
  const parts = [0, 1, 2, 3].map((k) => uniform(count * size, offset + k));
  const mixing = uniform(size * size, offset + 4).map((value) => value * Math.sqrt(12 / size));
  const mean = uniform(size, offset + 5).map((value) => 2 * value);
  return Array.from({ length: count }, (_, i) => {
    const z = Float64Array.from({ length: size }, (_, j) => {
      const sum = parts.reduce((total, part) => total + part[i * size + j], 0);
      return Math.sqrt(3) * sum * (kind === "decay" ? 10 ** ((-3 * j) / (size - 1)) : 1);
    });
    if (kind === "iso") return z.map((value, j) => value + mean[j]);
    const row = new Float64Array(size);
    for (let k = 0; k < size; k++) for (let j = 0; j < size; j++) row[j] += z[k] * mixing[k * size + j];
    return row.map((value, j) => {
      const mixed = value + mean[j];
      if (kind === "relu") return Math.max(mixed, 0);
      return kind === "const" && j < 3 ? 0.25 : mixed;
    });
  });
}

/** Weights of one network: shapes by name, values by the position of a name in the sorted list of names. */
export function recipeWeights(shapes: Readonly<Record<string, readonly number[]>>, gain = 2) {
  const names = Object.keys(shapes).sort((a, b) => (a < b ? -1 : 1));
  return Object.fromEntries(
    names.map((name, offset) => {
      const shape = [...shapes[name]];
      const { scale, add } = spread(name, shape, gain);
      const count = shape.reduce((product, size) => product * size, 1);
      const values = Float32Array.from(uniform(count, offset), (value) => value * scale + add);
      return [name, tensor(values, shape)];
    }),
  );
}

function spread(name: string, shape: readonly number[], gain: number): { scale: number; add: number } {
  if (name.endsWith("running_mean")) return { scale: 0.4, add: 0 };
  if (name.endsWith("running_var")) return { scale: 0.8, add: 1 };
  if (name.endsWith(".bias")) return { scale: 0.2, add: 0 };
  if (shape.length === 1) return { scale: 0.4, add: 1 };
  if (name.endsWith("cls_token") || name.endsWith("pos_embed")) return { scale: 0.4, add: 0 };
  if (name.endsWith(".lora_A") || name.endsWith(".lora_B"))
    return { scale: Math.sqrt(12 / shape[1]), add: 0 };
  if (name.endsWith(".proj")) return { scale: Math.sqrt((12 * gain) / shape[0]), add: 0 };
  const inputs = shape.slice(1).reduce((product, size) => product * size, 1);
  return { scale: Math.sqrt((12 * gain) / inputs), add: 0 };
}
