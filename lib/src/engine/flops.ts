/** Counts the floating-point operations of matrix products and convolutions; a multiply-add counts as two. */
import { type Node, sizeOf } from "./graph.js";

export function countFlops(nodes: Iterable<Node>): number {
  let sum = 0;
  for (const node of nodes) sum += flopsOf(node);
  return sum;
}

function flopsOf({ op, inputs, outputs, attributes }: Node): number {
  const [a, b] = inputs;
  const output = sizeOf(outputs[0].shape);
  if (op === "Conv") return 2 * output * sizeOf(b!.shape.slice(1));
  if (op === "ConvTranspose") return 2 * sizeOf(a!.shape) * sizeOf(b!.shape.slice(1));
  if (op === "MatMul" || op === "Gemm" || op === "FusedMatMul") {
    const inner = a!.shape[a!.shape.length - (attributes.transA ? 2 : 1)];
    return 2 * output * inner;
  }
  return 0;
}
