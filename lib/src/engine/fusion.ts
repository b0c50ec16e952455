/**
 * Sums after matrix products and convolutions move into them: Gemm and Conv add a last input while they write, which
 * saves a pass over memory. This is done on the finished list of nodes, when it is known who else reads a product.
 */
import { type Node, sameShape, type Value } from "./graph.js";
import { inOrder } from "./order.js";

/** The same graph with products and sums joined; `outputs` are values that must still be made. */
export function fuseSums(nodes: readonly Node[], outputs: readonly Value[]): Node[] {
  const makers = new Map<Value, Node>();
  for (const node of nodes) for (const output of node.outputs) makers.set(output, node);
  const readers = countReaders(nodes, outputs);
  const makerOf = (value: Value, op: string): Node | undefined => {
    const maker = makers.get(value);
    return maker?.op === op && readers.get(value) === 1 ? maker : undefined;
  };
  /** Puts `node` in the place of `old`; undefined takes `old` away. */
  const replace = (old: Node, node?: Node) => {
    for (const output of old.outputs) makers.delete(output);
    for (const output of node?.outputs ?? []) makers.set(output, node!);
  };

  /** Adds a row to what a product makes, at the start of a running sum of products. */
  const addRow = (product: Node, row: Value): boolean => {
    if (product.inputs.length === 2) {
      replace(product, { ...product, inputs: [...product.inputs, row] });
      return true;
    }
    const earlier = product.op === "Gemm" && makerOf(product.inputs[2]!, "Gemm");
    return earlier ? addRow(earlier, row) : false;
  };

  for (const sum of nodes) {
    if (sum.op !== "Add") continue;
    const [made] = sum.outputs;
    for (const [product, term] of swaps(sum.inputs as [Value, Value])) {
      if (!sameShape(product.shape, made.shape)) continue;
      const width = product.shape[product.shape.length - 1];
      const gemm = makerOf(product, "Gemm");
      if (gemm && gemm.inputs.length === 2 && (sameShape(term.shape, product.shape) || isRow(term, width))) {
        replace(gemm);
        replace(sum, { ...gemm, inputs: [...gemm.inputs, term], outputs: sum.outputs });
        break;
      }
      const reorder = gemm ? undefined : (makerOf(product, "Reshape") ?? makerOf(product, "Transpose"));
      const inner =
        gemm ?? (reorder && makerOf(reorder.inputs[0]!, reorder.op === "Reshape" ? "Gemm" : "Conv"));
      if (!inner || !isRow(term, width) || (reorder && !keepsRows(reorder, inner))) continue;
      if (!addRow(inner, term)) continue;
      const last = makers.get(reorder ? product : inner.outputs[0])!;
      replace(last);
      replace(sum, { ...last, outputs: sum.outputs });
      break;
    }
  }
  return inOrder([...new Set(makers.values())], makers);
}

function swaps([a, b]: [Value, Value]): [Value, Value][] {
  return [
    [b, a],
    [a, b],
  ];
}

function countReaders(nodes: readonly Node[], outputs: readonly Value[]): Map<Value, number> {
  const readers = new Map<Value, number>();
  const count = (value: Value) => readers.set(value, (readers.get(value) ?? 0) + 1);
  for (const { inputs } of nodes) for (const input of inputs) if (input) count(input);
  outputs.forEach(count);
  return readers;
}

/** Whether a value is one row of `width` numbers, as a bias is. */
function isRow(value: Value, width: number): boolean {
  return sameShape(value.shape, [width]);
}

/** Whether the last axis of a reordered product is the one that a row is added along in the product itself. */
function keepsRows(reorder: Node, product: Node): boolean {
  const before = product.outputs[0].shape;
  const after = reorder.outputs[0].shape;
  if (reorder.op === "Reshape") return before[before.length - 1] === after[after.length - 1];
  const order = reorder.attributes.perm as readonly number[];
  return order[order.length - 1] === 1; // channels, which ONNX's Conv has on axis 1
}
