import { type Tensor, type Tensor3D, tensor1d } from "@tensorflow/tfjs";
import { compile, normalNoise } from "vid2world";
import { gelu } from "vid2world/dist/nn/linear.js";
import { groupNorm, layerNorm } from "vid2world/dist/nn/norm.js";
import { expect, test } from "vitest";
import { farthest } from "../fixtures/fixtures.js";

const weights = {
  "n.weight": tensor1d([1, 2, 3, 4, 5, 6, 7, 8]),
  "n.bias": tensor1d([8, 7, 6, 5, 4, 3, 2, 1]),
};
const x = normalNoise([2, 10, 8], 1).add(20) as Tensor3D;

const layers: Record<string, { readonly run: (x: Tensor3D) => Tensor; readonly nodes: number }> = {
  "group norm": { run: (x) => groupNorm(weights, "n", x, 4, 1e-5), nodes: 6 },
  "layer norm": { run: (x) => layerNorm(weights, "n", x), nodes: 3 },
  GELU: { run: (x) => gelu(x), nodes: 1 },
};

test.each(Object.entries(layers))("%s is one layer of the runtime, with eager numbers", async (_, layer) => {
  for (const freeze of [undefined, weights]) {
    const compiled = compile(layer.run, { threads: 1, freeze });
    expect(farthest(await compiled(x), layer.run(x))).toBeLessThan(2e-4); // of up to 25, seen from a mean of 20
    expect(compiled.stats().nodes).toBeLessThanOrEqual(layer.nodes);
    await compiled.dispose();
  }
});

test("a layer whose inside is asked for stays as it was written", async () => {
  const inside = (x: Tensor3D) => {
    const curve = x.mul(Math.SQRT1_2).erf();
    return { curve, whole: curve.add(1).mul(x).mul(0.5) };
  };
  const compiled = compile(inside, { threads: 1 });
  const { curve, whole } = await compiled(x);
  expect(farthest(curve, inside(x).curve)).toBeLessThan(1e-6);
  expect(farthest(whole, inside(x).whole)).toBeLessThan(1e-5);
  expect(compiled.stats().nodes).toBe(5);
  await compiled.dispose();
});
