/**
 * The recorded graph: values with static shapes, and the ONNX nodes that make them. Nodes are kept in the order they
 * were recorded, which is a valid order to run them in. Equal nodes are recorded once.
 */

/** Element types a graph can hold: those of TensorFlow.js, plus int64 for the shape and index inputs of ONNX ops. */
export type ElementType = "float32" | "int32" | "bool" | "int64";
export type Elements = Float32Array | Int32Array | Uint8Array | BigInt64Array;
/** An ONNX attribute. Plain numbers are integers; a float says so, because ONNX tells the two apart. */
export type Attribute = number | readonly number[] | string | { readonly float: number };
export type Attributes = Readonly<Record<string, Attribute>>;

export interface Value {
  readonly id: number;
  readonly shape: readonly number[];
  readonly type: ElementType;
  /** The node that makes this value; undefined for inputs and constants. */
  readonly producer?: Node;
  /** The elements of a constant. */
  readonly constant?: Elements;
}

export interface Node {
  readonly op: string;
  /** "" for standard ONNX, "com.microsoft" for ONNX Runtime's own ops. */
  readonly domain: string;
  /** A missing optional input is undefined. */
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes: Attributes;
  readonly outputs: readonly Value[];
  /** The TensorFlow.js op during which this node was recorded. */
  readonly origin: string;
}

export interface Described {
  readonly shape: readonly number[];
  readonly type: ElementType;
}

/** Number of elements of a shape. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((size, axis) => size === b[axis]);
}

/** Name of a value in the ONNX file. */
export function valueName(value: Value): string {
  return `v${value.id}`;
}

/** Constants up to this many elements are merged when equal. */
const mergedConstantSize = 64;

/**
 * Ops whose results are cheaper to make again than to keep: a gradient that looks at parts of an input would hold all
 * the parts that the forward pass looked at in memory until then.
 */
const remadeOps: ReadonlySet<string> = new Set(["Pad", "Slice"]);

export class Graph {
  readonly nodes: Node[] = [];
  /** Set before the nodes of a TensorFlow.js op are recorded. */
  origin = "";
  private nextId = 0;
  private readonly recorded = new Map<string, Node>();
  private readonly constants = new Map<string, Value>();

  input(shape: readonly number[], type: ElementType): Value {
    return { id: this.nextId++, shape, type };
  }

  constant(elements: Elements, shape: readonly number[], type: ElementType): Value {
    if (elements.length > mergedConstantSize) return { id: this.nextId++, shape, type, constant: elements };
    const key = `${type}[${shape}]${Array.from(elements as ArrayLike<unknown>, keyOfElement)}`;
    const known = this.constants.get(key);
    if (known) return known;
    const value = { id: this.nextId++, shape, type, constant: elements };
    this.constants.set(key, value);
    return value;
  }

  /** A list of int64, as the shape, axes and index inputs of ONNX ops want it. */
  integers(list: readonly number[]): Value {
    return this.constant(BigInt64Array.from(list, BigInt), [list.length], "int64");
  }

  /** A rank-0 constant. */
  scalar(value: number, type: "float32" | "int32" | "bool" = "float32"): Value {
    return this.constant(elementsOf(type, [value]), [], type);
  }

  /** Records one node with one output. */
  emit(
    op: string,
    inputs: readonly (Value | undefined)[],
    output: Described,
    attributes: Attributes = {},
    domain = "",
  ): Value {
    return this.emitMany(op, inputs, [output], attributes, domain)[0];
  }

  /** Records one node; an equal node recorded before is used again. */
  emitMany(
    op: string,
    inputs: readonly (Value | undefined)[],
    outputs: readonly Described[],
    attributes: Attributes = {},
    domain = "",
  ): readonly Value[] {
    const described = outputs.map(({ shape, type }) => `${type}[${shape}]`);
    const scope = remadeOps.has(op) ? this.origin : "";
    const key = `${scope} ${domain}:${op}(${inputs.map((input) => input?.id)})${JSON.stringify(attributes)}${described}`;
    const known = this.recorded.get(key);
    if (known) return known.outputs;
    const made: Value[] = [];
    const node: Node = { op, domain, inputs, attributes, outputs: made, origin: this.origin };
    for (const { shape, type } of outputs) made.push({ id: this.nextId++, shape, type, producer: node });
    this.recorded.set(key, node);
    this.nodes.push(node);
    return made;
  }
}

/** The nodes that `outputs` depend on, in running order. */
export function liveNodes(graph: Graph, outputs: readonly Value[]): Node[] {
  const live = new Set<Node>();
  const pending = [...outputs];
  for (let value = pending.pop(); value; value = pending.pop()) {
    const node = value.producer;
    if (!node || live.has(node)) continue;
    live.add(node);
    for (const input of node.inputs) if (input) pending.push(input);
  }
  return graph.nodes.filter((node) => live.has(node));
}

/** A typed array of `type` from plain numbers. */
export function elementsOf(type: Exclude<ElementType, "int64">, values: ArrayLike<number>): Elements {
  if (type === "float32") return Float32Array.from(values);
  return type === "int32" ? Int32Array.from(values) : Uint8Array.from(values);
}

/** Text that differs for different elements; −0 and 0 differ, and so do the infinities. */
function keyOfElement(element: unknown): string {
  return Object.is(element, -0) ? "-0" : String(element);
}
