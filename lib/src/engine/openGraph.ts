/** A traced call, opened in ONNX Runtime: runs it, writes back the variables, tells its figures. */
import { getBackend, type Tensor, type TensorContainer, type TypedArray, Variable } from "@tensorflow/tfjs";
import { mapTensors, tensorsIn } from "./containers.js";
import { countFlops } from "./flops.js";
import type { Elements } from "./graph.js";
import { planLoop } from "./loop.js";
import { encodeModel } from "./onnx.js";
import { type Output, type Program, planCall, type Source } from "./program.js";
import { saveModel } from "./saveModel.js";
import { explainError, type OpenSession, openSession, ortTensor, type Provider } from "./session.js";
import { readElements, switchBackend, tensorAround } from "./tfjsInternals.js";
import { traceFunction } from "./trace.js";

export interface GraphStats {
  /** Nodes of the graph as recorded, before ONNX Runtime optimises it. */
  readonly nodes: number;
  /** Floating-point operations of one call: matrix products and convolutions. */
  readonly flops: number;
  readonly secondsToTrace: number;
  /** Time to write the graph and to open it in ONNX Runtime. */
  readonly secondsToOpen: number;
  readonly calls: number;
  /** Where the graph runs. */
  readonly provider: string;
  /** Why other providers were not taken, where `auto` tried them. */
  readonly refused: Readonly<Record<string, string>>;
}

export interface GraphOptions {
  readonly steps: number | undefined;
  readonly freeze: TensorContainer | undefined;
  readonly provider: Provider;
  readonly threads: number | undefined;
}

type Fetched = Readonly<Record<string, Elements>>;

export class OpenGraph {
  private calls = 0;

  private constructor(
    private readonly program: Program,
    private readonly container: unknown,
    private readonly open: OpenSession | undefined,
    private readonly figures: Pick<GraphStats, "flops" | "secondsToTrace" | "secondsToOpen">,
  ) {}

  static async open(
    fn: (...args: never[]) => unknown,
    args: unknown[],
    options: GraphOptions,
  ): Promise<OpenGraph> {
    const { steps, freeze } = options;
    const started = performance.now();
    const frozen = new Set<object>(tensorsIn(freeze).map(({ dataId }) => dataId));
    const trace = traceFunction(fn, args, frozen, (tensor) =>
      steps === undefined ? tensor.shape : shapeOfStep(tensor.shape, steps),
    );
    const program = steps === undefined ? planCall(trace) : planLoop(trace, steps);
    const traced = performance.now();
    const opened = program.fetches.length > 0 ? await openProgram(program, options) : undefined;
    return new OpenGraph(program, trace.container, opened, {
      flops: countFlops(program.nodes.values()) * (steps ?? 1),
      secondsToTrace: (traced - started) / 1000,
      secondsToOpen: (performance.now() - traced) / 1000,
    });
  }

  /** Runs the graph on the argument tensors, in the order in which the containers list them. */
  async run(args: readonly Tensor[]): Promise<unknown> {
    const tensors = args.filter((tensor) => !(tensor instanceof Variable));
    const fetched = await this.fetch(tensors);
    this.calls++;
    const handedOut = new Set<Elements>();
    const make = ({ origin, shape, type }: Output): Tensor => {
      let elements: Elements;
      if ("fetched" in origin) elements = fetched[origin.fetched];
      else elements = "constant" in origin ? origin.constant : elementsOfSource(origin.copied, tensors);
      const owned = "fetched" in origin && !handedOut.has(elements);
      handedOut.add(elements);
      const values = (owned ? elements : elements.slice()) as TypedArray;
      return tensorAround(values, shape, type as "float32");
    };
    const results = this.program.results.map(make);
    this.assign(this.program.updates.map(({ variable, output }) => ({ variable, value: make(output) })));
    let next = 0;
    return mapTensors(this.container, () => results[next++]);
  }

  stats(): GraphStats {
    return {
      nodes: this.program.nodes.size,
      ...this.figures,
      calls: this.calls,
      provider: this.open?.provider ?? "none, since nothing is computed",
      refused: this.open?.refused ?? {},
    };
  }

  save(path: string): Promise<void> {
    return saveModel(this.program.parts, path);
  }

  async close(): Promise<void> {
    await this.open?.session.release();
  }

  private async fetch(tensors: readonly Tensor[]): Promise<Fetched> {
    if (!this.open) return {};
    const { feeds, fetches, nodes } = this.program;
    const inputs = Object.fromEntries(
      feeds.map(({ name, source, shape, type }) => [
        name,
        ortTensor(elementsOfSource(source, tensors), shape, type),
      ]),
    );
    try {
      const outputs = await this.open.session.run(inputs, fetches);
      return Object.fromEntries(fetches.map((name) => [name, outputs[name].data as Elements]));
    } catch (error) {
      throw explainError(error, nodes);
    }
  }

  /** Variables take plain memory of the `cpu` backend, where the next call reads them without a copy. */
  private assign(updates: readonly { variable: Variable; value: Tensor }[]): void {
    if (updates.length === 0) return;
    const home = getBackend();
    if (home !== "cpu") switchBackend("cpu"); // `assign` counts references in the current backend
    for (const { variable, value } of updates) {
      variable.assign(value);
      value.dispose();
    }
    if (home !== "cpu") switchBackend(home);
  }
}

async function openProgram(
  program: Program,
  { provider, threads, freeze }: GraphOptions,
): Promise<OpenSession> {
  try {
    return await openSession(
      encodeModel(program.parts),
      provider,
      threads,
      freeze === undefined ? "fed" : "frozen",
    );
  } catch (error) {
    throw explainError(error, program.nodes);
  }
}

function elementsOfSource(source: Source, args: readonly Tensor[]): Elements {
  const tensor = "argument" in source ? args[source.argument] : source.tensor;
  if (tensor.isDisposed) {
    const which =
      "argument" in source ? "an argument" : "a tensor that the function read from outside when traced";
    throw new Error(
      `compile: ${which}, [${tensor.shape}], is disposed. Keep such tensors, hold state in tf.variable, or pass them as arguments.`,
    );
  }
  return readElements(tensor) as Elements;
}

function shapeOfStep(shape: readonly number[], steps: number): readonly number[] {
  if (shape[0] !== steps)
    throw new RangeError(
      `compile: a tensor argument is [${shape}]; expected ${steps} steps stacked along the first axis.`,
    );
  return shape.slice(1);
}
