/** Matrix products. */
import { binary } from "../arithmetic.js";
import { type Graph, sizeOf, type Value } from "../graph.js";
import { reshape } from "../layout.js";
import { exactly, filled, full, type KernelRules, type Traced } from "../traced.js";
import { activate } from "./activation.js";

/** [rows, inner] × [inner, columns], either given transposed, plus `added` [rows, columns]. */
export function matrixProduct(
  graph: Graph,
  a: Value,
  b: Value,
  transposeA = false,
  transposeB = false,
  added?: Value,
): Value {
  const left = untransposed(a);
  const right = untransposed(b);
  const transA = transposeA !== left.swapped;
  const transB = transposeB !== right.swapped;
  const rows = a.shape[transposeA ? 1 : 0];
  const columns = b.shape[transposeB ? 0 : 1];
  const output = { shape: [rows, columns], type: "float32" } as const;
  if (a.shape[transposeA ? 0 : 1] === 0)
    return added ?? full(graph, filled(graph, output.shape, 0, "float32"));
  const inputs = added ? [left.value, right.value, added] : [left.value, right.value];
  return graph.emit("Gemm", inputs, output, { transA: transA ? 1 : 0, transB: transB ? 1 : 0 });
}

/** The input of a transposition of the last two axes, where `x` is one. */
function untransposed(x: Value): { value: Value; swapped: boolean } {
  const order =
    x.producer?.op === "Transpose" ? (x.producer.attributes.perm as readonly number[]) : undefined;
  const last = x.shape.length - 1;
  const swapped =
    order?.every((from, to) => from === (to === last ? last - 1 : to === last - 1 ? last : to)) ?? false;
  return { value: swapped ? x.producer!.inputs[0]! : x, swapped };
}

/** TensorFlow.js's product: [batch, rows, inner] × [batch, inner, columns], a batch of 1 broadcasting. */
export function batchProduct(
  graph: Graph,
  a: Value,
  b: Value,
  transposeA: boolean,
  transposeB: boolean,
): Value {
  const leading = a.shape.slice(0, -2);
  const batchA = sizeOf(leading);
  const batchB = sizeOf(b.shape.slice(0, -2));
  const rows = a.shape[a.shape.length - (transposeA ? 1 : 2)];
  const columns = b.shape[b.shape.length - (transposeB ? 2 : 1)];
  const inner = a.shape[a.shape.length - (transposeA ? 2 : 1)];
  const shape = [...(batchA >= batchB ? leading : b.shape.slice(0, -2)), rows, columns];
  if (inner === 0 || sizeOf(shape) === 0) return full(graph, filled(graph, shape, 0, "float32"));
  const matrixB = () => reshape(graph, b, b.shape.slice(-2));
  if (batchA === 1 && batchB === 1) {
    const product = matrixProduct(
      graph,
      reshape(graph, a, a.shape.slice(-2)),
      matrixB(),
      transposeA,
      transposeB,
    );
    return reshape(graph, product, shape);
  }
  if (batchB === 1 && !transposeA) {
    const product = matrixProduct(
      graph,
      reshape(graph, a, [batchA * rows, inner]),
      matrixB(),
      false,
      transposeB,
    );
    return reshape(graph, product, shape);
  }
  const left = untransposed(a);
  const right = untransposed(b);
  const transA = transposeA !== left.swapped;
  const transB = transposeB !== right.swapped;
  const output = { shape, type: "float32" } as const;
  if (!transA && !transB) return graph.emit("MatMul", [left.value, right.value], output);
  const attributes = { transA: transA ? 1 : 0, transB: transB ? 1 : 0, alpha: { float: 1 } };
  return graph.emit("FusedMatMul", [left.value, right.value], output, attributes, "com.microsoft");
}

function product(graph: Graph, a: Traced, b: Traced, transposeA: boolean, transposeB: boolean): Traced {
  return exactly(batchProduct(graph, full(graph, a), full(graph, b), transposeA, transposeB));
}

/** Letters of one operand, as `[..., axis]` positions in the operand. */
function einsum(graph: Graph, operands: readonly Traced[], equation: string): Traced {
  const [left, right] = equation.replace(/\s/g, "").split("->");
  const sizes = new Map<string, number>();
  left.split(",").forEach((letters, i) => {
    [...letters].forEach((letter, axis) => {
      sizes.set(letter, operands[i].shape[axis]);
    });
  });
  const shape = [...right].map((letter) => sizes.get(letter)!);
  if ([...sizes.values()].includes(0)) return filled(graph, shape, 0, "float32");
  const inputs = operands.map((operand) => full(graph, operand));
  const attributes = { equation: `${left}->${right}` };
  return exactly(graph.emit("Einsum", inputs, { shape, type: inputs[0].type }, attributes));
}

export const matmulRules: KernelRules = {
  BatchMatMul: (graph, { a, b }, { transposeA, transposeB }) => product(graph, a, b, transposeA, transposeB),
  Einsum: (graph, operands, { equation }) => einsum(graph, Object.values(operands), equation),
  _FusedMatMul: (graph, inputs, { transposeA, transposeB, activation, leakyreluAlpha }) => {
    const { a, b, bias, preluActivationWeights } = inputs;
    const plain = product(graph, a, b, transposeA, transposeB);
    const sum = bias ? binary(graph, "Add", plain, bias) : plain;
    return activate(graph, sum, activation, preluActivationWeights, leakyreluAlpha);
  },
};
