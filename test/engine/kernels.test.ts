import * as tf from "@tensorflow/tfjs";
import { compile } from "vid2world";
import { kernelRules } from "vid2world/dist/engine/kernels/table.js";
import { describe, expect, test } from "vitest";
import { relativeError } from "./compare";
import { type Case, Draw } from "./draw";
import { elementwiseCases } from "./elementwiseCases";
import { convolutionCases, imageCases } from "./imageCases";
import { indexCases, matmulCases } from "./indexCases";
import { reduceCases } from "./reduceCases";
import { shapeCases } from "./shapeCases";

const drawsPerKernel = 12;
const cases = {
  ...elementwiseCases,
  ...reduceCases,
  ...shapeCases,
  ...indexCases,
  ...matmulCases,
  ...convolutionCases,
  ...imageCases,
};

test("every kernel that can be traced has a case here, and no other has", () => {
  expect(Object.keys(cases).sort()).toEqual(Object.keys(kernelRules).sort());
});

/** Results, then gradients of the sum of the weighted first result. */
function answers({ run, gradient }: Case): (...inputs: tf.Tensor[]) => tf.Tensor[] {
  return (...inputs) => {
    const results = [run(...inputs)].flat();
    if (!gradient || results[0].size === 0) return results;
    const shape = results[0].shape;
    const dy = tf.linspace(-1, 2, results[0].size).reshape(shape);
    return [...results, ...tf.grads((...xs) => run(...xs) as tf.Tensor)(inputs, dy)];
  };
}

describe("compiled and eager cpu agree to 1e-5 in results and gradients", () => {
  test.each(Object.keys(cases))("%s", async (kernel) => {
    const used = new Set<string>();
    for (let seed = 1; seed <= drawsPerKernel; seed++) {
      const drawn = cases[kernel](new Draw(seed));
      const both = answers(drawn);
      const profile = await tf.profile(() => both(...drawn.inputs));
      for (const name of profile.kernelNames) used.add(name);
      const eager = profile.result as tf.Tensor[];
      const compiled = compile(both, { threads: 1 });
      const actual = await compiled(...drawn.inputs);
      await compiled.dispose();
      const shapes = drawn.inputs.map((input) => `${input.dtype} [${input.shape}]`).join(", ");
      eager.forEach((expected, i) => {
        const what = `seed ${seed}, ${i === 0 ? "result" : `answer ${i}`} on ${shapes}`;
        expect(actual[i].shape, what).toEqual(expected.shape);
        expect(actual[i].dtype, what).toBe(expected.dtype);
        expect(relativeError(actual[i], expected), what).toBeLessThanOrEqual(1e-5);
      });
    }
    expect([...used]).toContain(kernel);
  });
});
