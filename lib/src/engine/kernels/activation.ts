/** The activation that a fused kernel applies last. */
import { number } from "../arithmetic.js";
import type { Graph } from "../graph.js";
import type { Traced } from "../traced.js";
import { functionRules } from "./functions.js";

const kernelOf: Readonly<Record<string, string>> = {
  elu: "Elu",
  leakyrelu: "LeakyRelu",
  prelu: "Prelu",
  relu: "Relu",
  relu6: "Relu6",
  sigmoid: "Sigmoid",
};

export function activate(
  graph: Graph,
  x: Traced,
  activation: string | undefined,
  alpha?: Traced,
  slope?: number,
): Traced {
  if (!activation || activation === "linear") return x;
  const rule = functionRules[kernelOf[activation]];
  if (!rule)
    throw new Error(
      `compile: the fused activation ${activation} cannot be traced; apply it as an op of its own.`,
    );
  return rule(graph, { x, alpha: alpha ?? number(graph, 0) }, { alpha: slope ?? 0 }) as Traced;
}
