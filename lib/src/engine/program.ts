/**
 * From a trace to something that runs: the parts of the ONNX graph, what to feed it, and where each result comes from.
 * A result that is itself an input or a constant takes no node; its elements are copied.
 */
import type { Tensor, Variable } from "@tensorflow/tfjs";
import { fuseSums } from "./fusion.js";
import {
  type Elements,
  type ElementType,
  type Graph,
  liveNodes,
  type Node,
  type Value,
  valueName,
} from "./graph.js";
import { fuseLayers } from "./layers.js";
import { type GraphParts, type NamedNode, type NamedValue, namedNode, namedValue } from "./onnx.js";
import type { Trace } from "./trace.js";

/** Where the elements of a graph input come from at each call: an argument, or a tensor from outside. */
export type Source = { readonly argument: number } | { readonly tensor: Tensor };

export interface Feed extends NamedValue {
  readonly source: Source;
}

/** Where the elements of a result come from after a call. */
export type Origin =
  | { readonly fetched: string }
  | { readonly copied: Source }
  | { readonly constant: Elements };

export interface Output {
  readonly origin: Origin;
  readonly shape: readonly number[];
  readonly type: ElementType;
}

export interface Program {
  readonly parts: GraphParts;
  readonly feeds: readonly Feed[];
  readonly fetches: readonly string[];
  readonly results: readonly Output[];
  readonly updates: readonly { readonly variable: Variable; readonly output: Output }[];
  /** The recorded nodes that run, for statistics and errors: name in the graph to node. */
  readonly nodes: ReadonlyMap<string, Node>;
}

/** What is common to both kinds of program. */
export interface Inventory {
  readonly nodes: ReadonlyMap<string, Node>;
  readonly named: readonly NamedNode[];
  readonly constants: readonly Value[];
  /** Inputs that some node reads. */
  readonly used: ReadonlySet<Value>;
}

/** The live nodes under their names, and what they read. */
export function takeInventory(graph: Graph, outputs: readonly Value[]): Inventory {
  const nodes = new Map<string, Node>();
  const constants = new Set<Value>();
  const used = new Set<Value>();
  const fused = fuseLayers(graph, liveNodes(graph, outputs), outputs);
  for (const node of fuseSums(fused, outputs)) {
    nodes.set(`${node.origin}/${node.op}_${node.outputs[0].id}`, node);
    for (const input of node.inputs) {
      if (input?.constant) constants.add(input);
      else if (input && !input.producer) used.add(input);
    }
  }
  const named = [...nodes].map(([name, node]) => namedNode(node, name));
  return { nodes, named, constants: [...constants], used };
}

/** Every input of the trace with its source. */
export function sourcesOf(trace: Trace): Map<Value, Source> {
  const sources = new Map<Value, Source>();
  trace.arguments.forEach((value, argument) => {
    sources.set(value, { argument });
  });
  for (const [tensor, value] of [...trace.captured, ...trace.variables]) sources.set(value, { tensor });
  return sources;
}

/** One run of the graph per call. */
export function planCall(trace: Trace): Program {
  const outputs = [...trace.results, ...trace.assigned.values()];
  const computed = [...new Set(outputs)].filter((value) => value.producer);
  const { nodes, named, constants, used } = takeInventory(trace.graph, computed);
  const sources = sourcesOf(trace);
  const feeds = [...used].map((value) => ({ ...namedValue(value), source: sources.get(value)! }));
  const outputOf = (value: Value): Output => ({
    origin: originOf(value, sources),
    shape: value.shape,
    type: value.type,
  });
  return {
    parts: { nodes: named, inputs: feeds, outputs: computed.map((value) => namedValue(value)), constants },
    feeds,
    fetches: computed.map((value) => valueName(value)),
    results: trace.results.map(outputOf),
    updates: [...trace.assigned].map(([variable, value]) => ({ variable, output: outputOf(value) })),
    nodes,
  };
}

function originOf(value: Value, sources: ReadonlyMap<Value, Source>): Origin {
  if (value.producer) return { fetched: valueName(value) };
  return value.constant ? { constant: value.constant } : { copied: sources.get(value)! };
}
