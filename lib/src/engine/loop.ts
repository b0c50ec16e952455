/**
 * K calls in one: the traced call becomes the body of an ONNX Loop. Variables that are assigned are carried from step
 * to step and leave the graph once, at the end; arguments come stacked, one slice per step, and so do results.
 */
import { type Value, valueName } from "./graph.js";
import { type GraphParts, type NamedNode, type NamedValue, namedValue } from "./onnx.js";
import { type Feed, type Output, type Program, sourcesOf, takeInventory } from "./program.js";
import type { Trace } from "./trace.js";

export function planLoop(trace: Trace, steps: number): Program {
  const carried = [...trace.assigned.keys()];
  const outputs = [...carried.map((variable) => trace.assigned.get(variable)!), ...trace.results];
  const inventory = takeInventory(trace.graph, outputs);
  const used = new Set(inventory.used);
  for (const output of outputs) if (!output.producer && !output.constant) used.add(output);
  const constants = new Set(inventory.constants);
  for (const output of outputs) if (output.constant) constants.add(output);

  const state = carried.map((variable) => trace.variables.get(variable)!);
  const stackedName = (value: Value) => `stacked_${valueName(value)}`;
  const startName = (value: Value) => `start_${valueName(value)}`;
  const finalName = (i: number) => `final_${i}`;
  const scanName = (i: number) => `scan_${i}`;

  const taken = trace.arguments.filter((value) => used.has(value));
  const slices: NamedNode[] = taken.map((value) => ({
    name: `step/Gather_${value.id}`,
    op: "Gather",
    domain: "",
    inputs: [stackedName(value), "step"],
    outputs: [valueName(value)],
    attributes: { axis: 0 },
  }));
  const copies: NamedNode[] = outputs.map((value, i) => identity(valueName(value), `out_${i}`));
  const body: GraphParts = {
    nodes: [...slices, ...inventory.named, identity("go", "go_on"), ...copies],
    inputs: [
      { name: "step", shape: [], type: "int64" },
      { name: "go", shape: [], type: "bool" },
      ...state.map((value) => namedValue(value)),
    ],
    outputs: [
      { name: "go_on", shape: [], type: "bool" },
      ...outputs.map((value, i) => namedValue(value, `out_${i}`)),
    ],
    constants: [],
  };
  const count = trace.graph.constant(BigInt64Array.of(BigInt(steps)), [], "int64");
  const go = trace.graph.scalar(1, "bool");
  const loop: NamedNode = {
    name: "loop",
    op: "Loop",
    domain: "",
    inputs: [valueName(count), valueName(go), ...state.map(startName)],
    outputs: [...carried.map((_, i) => finalName(i)), ...trace.results.map((_, i) => scanName(i))],
    attributes: { body },
  };

  const sources = sourcesOf(trace);
  const fromOutside = [...used].filter((value) => !state.includes(value) && !taken.includes(value));
  const feeds: Feed[] = [
    ...taken.map((value) => ({
      ...namedValue({ ...value, shape: [steps, ...value.shape] }, stackedName(value)),
      source: sources.get(value)!,
    })),
    ...state.map((value) => ({ ...namedValue(value, startName(value)), source: sources.get(value)! })),
    ...fromOutside.map((value) => ({ ...namedValue(value), source: sources.get(value)! })),
  ];
  const finals = carried.map((variable, i) => namedValue(trace.assigned.get(variable)!, finalName(i)));
  const scans = trace.results.map((value, i) =>
    namedValue({ ...value, shape: [steps, ...value.shape] }, scanName(i)),
  );
  return {
    parts: {
      nodes: [loop],
      inputs: feeds,
      outputs: [...finals, ...scans],
      constants: [...constants, count, go],
    },
    feeds,
    fetches: [...finals, ...scans].map(({ name }) => name),
    results: scans.map(fetched),
    updates: carried.map((variable, i) => ({ variable, output: fetched(finals[i]) })),
    nodes: inventory.nodes,
  };
}

function identity(from: string, to: string): NamedNode {
  return { name: `copy_${to}`, op: "Identity", domain: "", inputs: [from], outputs: [to], attributes: {} };
}

function fetched({ name, shape, type }: NamedValue): Output {
  return { origin: { fetched: name }, shape, type };
}
