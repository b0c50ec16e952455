/**
 * Functions of tensors at native speed: one call is recorded as a graph, and from then on ONNX Runtime runs the graph.
 * The README beside this file says what can be traced.
 */
import { ready, type Tensor, type TensorContainer, Variable } from "@tensorflow/tfjs";
import { requireWhole } from "../tensor/check.js";
import { signature, tensorsIn } from "./containers.js";
import { type GraphStats, OpenGraph } from "./openGraph.js";
import { type Provider, requireProvider } from "./session.js";
import { livingVariables } from "./tfjsInternals.js";

export interface CompileOptions {
  /**
   * K calls in one: tensor arguments come stacked along a new first axis of size K, and so do results; variables are
   * updated K times. Saves the copies of the state between calls.
   */
  readonly steps?: number;
  /** Tensors (or variables) whose elements become part of the graph, where ONNX Runtime can choose faster layouts. */
  readonly freeze?: TensorContainer;
  /** Default `cpu`. */
  readonly provider?: Provider;
  /** Threads inside one operation; default all cores. */
  readonly threads?: number;
}

/** Figures of the graph that ran last. */
export interface CompileStats extends GraphStats {
  /** Graphs that are open now, one per shape of the arguments. */
  readonly graphs: number;
}

/** A container as it looks with one more axis in front of every tensor. */
export type Stacked<T> = T extends Tensor
  ? Tensor
  : T extends object
    ? { [Key in keyof T]: Stacked<T[Key]> }
    : T;

/** A compiled function. Calls wait for each other: one graph runs at a time. */
export interface Compiled<Arguments extends readonly unknown[], Result> {
  (...args: Arguments): Promise<Result>;
  stats(): CompileStats;
  /** Writes the graph that ran last as an ONNX file; large constants go to `<path>.data` beside it. */
  saveGraph(path: string): Promise<void>;
  /** Closes all graphs; the next call opens one anew. */
  dispose(): Promise<void>;
}

/** Graphs kept open per compiled function; the one that was used longest ago is closed for the next. */
const keptGraphs = 8;

/** The end of all calls so far: graphs run one after another, since each uses all threads and may share state. */
let lastCall: Promise<unknown> = Promise.resolve();

/**
 * Makes a function that runs `fn` in ONNX Runtime. The first call with arguments of new shapes records what `fn` does
 * with placeholders (see the README for what it may do) and opens the graph; later calls only run it.
 *
 * Arguments and results are tensors, or arrays and plain records of tensors. Numbers, strings and booleans among the
 * arguments are fixed in the graph; another value traces again. Variables and tensors that `fn` reads from outside are
 * read anew at every call; variables that it assigns are assigned after the run. Results belong to the caller.
 *
 * @throws Error from the first call if `fn` uses an op that cannot be traced, draws random numbers, reads elements or
 * creates variables; if the provider does not open, with its reason
 */
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options: CompileOptions & { steps: number },
): Compiled<{ [Key in keyof A]: Stacked<A[Key]> }, Stacked<R>>;
export function compile<A extends readonly unknown[], R>(
  fn: (...args: A) => R,
  options?: CompileOptions,
): Compiled<A, R>;
export function compile(
  fn: (...args: never[]) => unknown,
  options: CompileOptions = {},
): Compiled<unknown[], unknown> {
  const { steps, freeze, provider = "cpu", threads } = options;
  if (steps !== undefined) requireWhole("compile", "steps", steps, 1);
  if (threads !== undefined) requireWhole("compile", "threads", threads, 1);
  requireProvider("compile", provider);
  const graphs = new Map<string, OpenGraph>();
  let latest: OpenGraph | undefined;

  const run = async (args: unknown[]): Promise<unknown> => {
    await ready();
    const key = signature(args, tensorKey);
    const graph = graphs.get(key) ?? (await OpenGraph.open(fn, args, { steps, freeze, provider, threads }));
    graphs.delete(key);
    graphs.set(key, graph); // now the last in line to be closed
    latest = graph;
    if (graphs.size > keptGraphs) {
      const [oldest, unused] = graphs.entries().next().value!;
      graphs.delete(oldest);
      await unused.close();
    }
    return graph.run(tensorsIn(args));
  };

  const needLatest = (method: string): OpenGraph => {
    if (!latest) throw new Error(`compile: ${method} needs a graph; call the function once before.`);
    return latest;
  };

  return Object.assign((...args: unknown[]) => inTurn(() => run(args)), {
    stats: () => ({ ...needLatest("stats").stats(), graphs: graphs.size }),
    saveGraph: async (path: string) => needLatest("saveGraph").save(path),
    dispose: () =>
      inTurn(async () => {
        for (const graph of graphs.values()) await graph.close();
        graphs.clear();
        latest = undefined;
      }),
  });
}

function inTurn<T>(task: () => Promise<T>): Promise<T> {
  const turn = lastCall.then(task);
  lastCall = turn.catch(() => undefined);
  return turn;
}

/** Two argument tensors with one key can share a graph; a variable is part of the graph itself. */
function tensorKey(tensor: Tensor): string {
  if (tensor instanceof Variable && livingVariables()[tensor.name] === tensor)
    return `variable ${tensor.name} ${tensor.id}`;
  return `${tensor.dtype} [${tensor.shape}]`;
}
