/**
 * Compares LPIPS, Inception and I3D with recorded values, eager and compiled.
 *
 *     npm run check:networks -- <folder of recorded values> [lpips] [inception] [i3d]
 *
 * The folder holds `lpips.json`, `lpips-lin-v0.1.json`, `inception-fid.json`, `i3d.json` and the lists of weights
 * `weights-manifest-*.json`; weights and images are made by the recipe of `test/metric/recipe.ts`. Exit code 1 on any
 * disagreement.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Tensor, type Tensor5D, tensor, tensor5d, tidy } from "@tensorflow/tfjs";
import {
  compile,
  i3dFeatures,
  inceptionFeatures,
  type LpipsNetwork,
  lpips,
  type MetricWeights,
  useBackend,
} from "vid2world";
import { image, perturb, recipeWeights } from "../metric/recipe.js";

interface Listed {
  name: string;
  shape: number[];
}

const [folder, ...chosen] = process.argv.slice(2);
if (!folder) {
  console.error("usage: npm run check:networks -- <folder of recorded values> [lpips] [inception] [i3d]");
  process.exit(2);
}
const read = (file: string) => JSON.parse(readFileSync(join(folder, file), "utf8"));
const wanted = (name: string) => chosen.length === 0 || chosen.includes(name);
let failures = 0;

function report(name: string, gap: number, allowed: number, seconds: number): void {
  const agrees = gap <= allowed;
  if (!agrees) failures++;
  const verdict = agrees ? "agrees" : `DIFFERS, allowed ${allowed}`;
  console.log(
    `${name.padEnd(72)} ${gap.toExponential(1).padStart(8)}  ${seconds.toFixed(2).padStart(6)} s  ${verdict}`,
  );
}

const shapesOf = (list: Listed[]) => Object.fromEntries(list.map(({ name, shape }) => [name, shape]));

/** Frames of bytes as a video of one clip. */
function video(frames: Uint8Array[], height: number, width: number): Tensor5D {
  const values = Float32Array.from(
    frames.flatMap((frame) => [...frame]),
    (value) => value / 255,
  );
  return tensor5d(values, [1, frames.length, height, width, 3]);
}

function relativeGap(ours: ArrayLike<number>, theirs: number[]): number {
  let difference = 0;
  let length = 0;
  for (let i = 0; i < theirs.length; i++) {
    difference += (ours[i] - theirs[i]) ** 2;
    length += theirs[i] ** 2;
  }
  return Math.sqrt(difference / length);
}

/** Runs a function of tensors eagerly and compiled, and hands each result and its time to `look`. */
async function both(
  weights: MetricWeights,
  fn: (...inputs: Tensor5D[]) => Tensor,
  inputs: Tensor5D[],
  look: (way: string, values: ArrayLike<number>, seconds: number) => void,
): Promise<void> {
  let began = performance.now();
  look(
    "eager",
    tidy(() => fn(...inputs).dataSync()),
    (performance.now() - began) / 1000,
  );
  const compiled = compile(fn, { freeze: weights as Record<string, Tensor> });
  (await compiled(...inputs)).dispose(); // traces
  began = performance.now();
  const result = await compiled(...inputs);
  look("compiled", await result.data(), (performance.now() - began) / 1000);
  result.dispose();
  await compiled.dispose();
}

await useBackend("wasm");

if (wanted("lpips")) {
  const manifest = read("weights-manifest-lpips.json");
  const linear = read("lpips-lin-v0.1.json");
  const recorded = read("lpips.json");
  for (const network of ["alex", "vgg", "squeeze"] as LpipsNetwork[]) {
    const weights: Record<string, Tensor> = recipeWeights(shapesOf(manifest[network]));
    for (const [name, values] of Object.entries(linear[network]))
      if (name !== "_shapes")
        weights[name] = tensor(values as number[], [1, (values as number[]).length, 1, 1]);
    const cases = [
      { size: [64, 64], a: image(64, 64, 1001), b: perturb(image(64, 64, 1001), 1002), at: 0 },
      { size: [75, 96], a: image(75, 96, 1003), b: image(75, 96, 1004), at: 1 },
    ];
    for (const { size, a, b, at } of cases) {
      const golden = recorded[network][at];
      const pair = [video([a], size[0], size[1]), video([b], size[0], size[1])];
      await both(
        weights,
        (x, y) => lpips(weights, x, y, { network }),
        pair,
        (way, values, seconds) => {
          const gap = Math.abs(values[0] - golden.lpips) / (1e-6 + 1e-5 * golden.lpips);
          report(`LPIPS ${network} ${way}, ${golden.case} (gap in tolerances)`, gap, 1, seconds);
        },
      );
    }
  }
}

if (wanted("inception")) {
  const weights = recipeWeights(shapesOf(read("weights-manifest-inception.json").tensors));
  const [golden] = read("inception-fid.json").cases;
  const input = [video([image(128, 160, 1101)], 128, 160)];
  await both(
    weights,
    (x) => inceptionFeatures(weights, x),
    input,
    (way, values, seconds) =>
      report(`Inception ${way}, ${golden.case}`, relativeGap(values, golden.features_2048), 1e-5, seconds),
  );
}

if (wanted("i3d")) {
  const weights = recipeWeights(shapesOf(read("weights-manifest-i3d.json").tensors));
  for (const golden of read("i3d.json").cases.slice(0, 2)) {
    const [, height, width, offset] = /image\((\d+),(\d+),(\d+)\)/.exec(golden.case)!.map(Number);
    const base = image(height, width, offset);
    const rolled = Array.from({ length: golden.frames }, (_, t) =>
      base.map((_, k) => {
        const [c, x, y] = [k % 3, Math.floor(k / 3) % width, Math.floor(k / 3 / width)];
        return base[(y * width + ((((x - 3 * t) % width) + width) % width)) * 3 + c];
      }),
    );
    await both(
      weights,
      (x) => i3dFeatures(weights, x),
      [video(rolled, height, width)],
      (way, values, seconds) =>
        report(`I3D ${way}, ${golden.case}`, relativeGap(values, golden.logits_400), 1e-5, seconds),
    );
  }
}

console.log(failures ? `\n${failures} disagreements` : "\nall values agree");
process.exit(failures ? 1 : 0);
