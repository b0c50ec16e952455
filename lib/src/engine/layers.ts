/**
 * Layers that ONNX Runtime has a kernel for, found in the finished list of nodes: group norm, layer norm, GELU. A model
 * writes each as a dozen operations on small tensors, and where tensors are small most of the time goes from one node
 * to the next. A layer whose intermediate results are wanted, as gradients want them, stays as it was written.
 */
import { constantNumber } from "./arithmetic.js";
import { type Graph, type Node, sameShape, sizeOf, type Value } from "./graph.js";
import { reshape, transpose } from "./layout.js";
import { inOrder } from "./order.js";

/** Group norms of more elements stay as written: the kernel wants channels first, and large transposes cost more. */
const largestGroupNorm = 2 ** 18;

/** What a layer turned out to be: the nodes it was written as, its result's node last, and how to write it instead. */
interface Layer {
  readonly nodes: readonly Node[];
  readonly write: () => Value;
}

/** The same graph with layers as single nodes; `outputs` are values that must still be made. */
export function fuseLayers(graph: Graph, nodes: readonly Node[], outputs: readonly Value[]): Node[] {
  const wanted = new Set(outputs);
  const readers = new Map<Value, Node[]>();
  for (const node of nodes)
    for (const input of node.inputs) if (input) readers.set(input, [...(readers.get(input) ?? []), node]);
  const makers = new Map<Value, Node>();
  for (const node of nodes) for (const output of node.outputs) makers.set(output, node);

  for (const node of nodes) {
    const layer = gelu(graph, node) ?? layerNorm(graph, node) ?? groupNorm(graph, node);
    if (!layer) continue;
    const inside = new Set(layer.nodes);
    const enclosed = layer.nodes.every((each) =>
      each.outputs.every(
        (value) =>
          each === node || (!wanted.has(value) && readers.get(value)!.every((reader) => inside.has(reader))),
      ),
    );
    if (!enclosed) continue;
    for (const each of layer.nodes) for (const output of each.outputs) makers.delete(output);
    const known = graph.nodes.length;
    graph.origin = node.origin;
    const last = layer.write().producer!;
    for (const made of graph.nodes.slice(known)) makers.set(made.outputs[0], made);
    makers.delete(last.outputs[0]);
    makers.set(node.outputs[0], { ...last, outputs: node.outputs });
  }
  return inOrder([...new Set(makers.values())], makers);
}

/** The node that makes `value`, if it is an `op`. */
function made(value: Value | undefined, op: string): Node | undefined {
  return value?.producer?.op === op ? value.producer : undefined;
}

/** The two inputs of a sum or product, in the order in which the first is made by an `op`. */
function sorted(node: Node | undefined, op: string): [Node, Value] | undefined {
  if (!node) return undefined;
  const [a, b] = node.inputs as [Value, Value];
  const [first, second] = [made(a, op), made(b, op)];
  return first ? [first, b] : second && [second, a];
}

/** The other factor or term, if one is this constant. */
function besides(node: Node | undefined, number: number): Value | undefined {
  if (!node) return undefined;
  const [a, b] = node.inputs as [Value, Value];
  const is = (value: Value) => constantNumber(value) === Math.fround(number);
  return is(b) ? a : is(a) ? b : undefined;
}

/** (erf(x / √2) + 1) · x / 2. */
function gelu(graph: Graph, last: Node): Layer | undefined {
  if (last.op !== "Mul") return undefined;
  const product = made(besides(last, 0.5), "Mul");
  const [plusOne, x] = sorted(product, "Add") ?? [];
  const curve = made(besides(plusOne, 1), "Erf");
  const scaled = made(curve?.inputs[0], "Mul");
  if (!product || !plusOne || !curve || !scaled || !x || besides(scaled, Math.SQRT1_2) !== x)
    return undefined;
  return {
    nodes: [scaled, curve, plusOne, product, last],
    write: () => graph.emit("Gelu", [x], x, {}, "com.microsoft"),
  };
}

/** What both norms have in common: x − mean, and 1 / √(variance + ε). */
interface Centred {
  readonly node: Node;
  readonly x: Value;
  readonly mean: Value;
}

function centredBy(node: Node | undefined): Centred | undefined {
  return node?.op === "Sub" ? { node, x: node.inputs[0]!, mean: node.inputs[1]! } : undefined;
}

interface Rate {
  readonly nodes: readonly Node[];
  readonly variance: Value;
  readonly epsilon: number;
}

function rateOf(node: Node | undefined): Rate | undefined {
  const root = node?.op === "Reciprocal" ? made(node.inputs[0], "Sqrt") : undefined;
  const sum = made(root?.inputs[0], "Add");
  if (!node || !root || !sum) return undefined;
  const [a, b] = sum.inputs as [Value, Value];
  const epsilon = constantNumber(b);
  return epsilon === undefined ? undefined : { nodes: [node, root, sum], variance: a, epsilon };
}

/** The node that takes the mean of `value`'s producer along one axis. */
function meanAlong(value: Value | undefined, axis: number): Node | undefined {
  const node = made(value, "ReduceMean");
  const axes = node?.inputs[1]?.constant;
  return axes?.length === 1 && Number(axes[0]) === axis ? node : undefined;
}

function squareOf(value: Value | undefined, x: Value): Node | undefined {
  const node = made(value, "Mul");
  return node?.inputs.every((input) => input === x) ? node : undefined;
}

/** (x − mean) · rate · scale + shift over the last of two axes. */
function layerNorm(graph: Graph, last: Node): Layer | undefined {
  if (last.op !== "Add") return undefined;
  const [scaling, shift] = sorted(last, "Mul") ?? [];
  const [normal, scale] = sorted(scaling, "Mul") ?? [];
  const [centring, rating] = sorted(normal, "Sub") ?? [];
  const centred = centredBy(centring);
  const rate = rateOf(rating?.producer);
  if (!scaling || !normal || !centred || !rate || !scale || !shift) return undefined;
  const { x } = centred;
  const mean = meanAlong(centred.mean, 1);
  const variance = meanAlong(rate.variance, 1);
  const square = squareOf(variance?.inputs[0], centred.node.outputs[0]);
  const width = x.shape[x.shape.length - 1];
  const rows = [scale, shift].every((value) => sameShape(value.shape, [width]));
  if (x.shape.length !== 2 || mean?.inputs[0] !== x || !variance || !square || !rows) return undefined;
  const attributes = { axis: -1, epsilon: { float: rate.epsilon } };
  return {
    nodes: [mean, centred.node, square, variance, ...rate.nodes, normal, scaling, last],
    write: () => graph.emit("LayerNormalization", [x, scale, shift], x, attributes),
  };
}

interface GroupMean {
  readonly nodes: readonly Node[];
  readonly x: Value;
  readonly groups: number;
}

/** The mean over positions and each group's channels, put back at every channel. */
function groupMean(value: Value): GroupMean | undefined {
  const back = made(value, "Reshape");
  const tiled = made(back?.inputs[0], "Expand");
  const overChannels = meanAlong(tiled?.inputs[0], 2);
  const grouped = made(overChannels?.inputs[0], "Reshape");
  const overPositions = meanAlong(grouped?.inputs[0], 1);
  if (!back || !tiled || !overChannels || !grouped || !overPositions) return undefined;
  const nodes = [overPositions, grouped, overChannels, tiled, back];
  return { nodes, x: overPositions.inputs[0]!, groups: grouped.outputs[0].shape[1] };
}

/** (x − mean) · (rate · scale) + shift over [sample, position, channel]. */
function groupNorm(graph: Graph, last: Node): Layer | undefined {
  const { shape } = last.outputs[0];
  if (last.op !== "Add" || shape.length !== 3 || sizeOf(shape) > largestGroupNorm) return undefined;
  const [product, shift] = sorted(last, "Mul") ?? [];
  const [centring, slope] = sorted(product, "Sub") ?? [];
  const [rating, scale] = sorted(made(slope, "Mul"), "Reciprocal") ?? [];
  const centred = centredBy(centring);
  const rate = rateOf(rating);
  if (!product || !slope || !centred || !rate || !scale || !shift) return undefined;
  const { x } = centred;
  const mean = groupMean(centred.mean);
  const variance = groupMean(rate.variance);
  const square = squareOf(variance?.x, centred.node.outputs[0]);
  const [samples, positions, channels] = x.shape;
  const rows = [scale, shift].every((value) => sameShape(value.shape, [channels]));
  if (mean?.x !== x || !variance || mean.groups !== variance.groups || !square || !rows) return undefined;
  const { groups } = mean;
  const written = [...mean.nodes, centred.node, square, ...variance.nodes, ...rate.nodes];
  return {
    nodes: [...written, slope.producer!, product, last],
    write: () => {
      const first = transpose(graph, x, [0, 2, 1]);
      const apart = reshape(graph, first, [samples, groups, sizeOf(x.shape) / samples / groups]);
      const row = (value: number) =>
        graph.constant(new Float32Array(groups).fill(value), [groups], "float32");
      const attributes = { epsilon: { float: rate.epsilon } };
      const normal = graph.emit("InstanceNormalization", [apart, row(1), row(0)], apart, attributes);
      const output = { shape: [samples, channels, positions], type: "float32" } as const;
      const every = (value: number) =>
        graph.constant(new Float32Array(channels).fill(value), [channels], "float32");
      const moments = [every(0), every(1)]; // already so: what is left of this op is the scale and the shift, in one pass
      const inputs = [reshape(graph, normal, output.shape), scale, shift, ...moments];
      const shifted = graph.emit("BatchNormalization", inputs, output, { epsilon: { float: 0 } });
      return graph.emit("Transpose", [shifted], last.outputs[0], { perm: [0, 2, 1] });
    },
  };
}
