/** Records one call of a function of tensors. */
import { getBackend, Tensor, tidy, Variable } from "@tensorflow/tfjs";
import { mapTensors } from "./containers.js";
import type { Graph, Value } from "./graph.js";
import { elementType, Recorder } from "./recorder.js";
import {
  activeRecorder,
  placeholderKernel,
  recordInto,
  recordingBackendName,
  refuseReading,
  registerRecordingBackend,
} from "./recordingBackend.js";
import { livingVariables, runKernel, switchBackend } from "./tfjsInternals.js";

export interface Trace {
  readonly graph: Graph;
  /** Inputs for the tensors in the arguments, in order. */
  readonly arguments: readonly Value[];
  readonly captured: ReadonlyMap<Tensor, Value>;
  readonly variables: ReadonlyMap<Variable, Value>;
  readonly assigned: ReadonlyMap<Variable, Value>;
  /** Values of the tensors in the result, in order. */
  readonly results: readonly Value[];
  /** What the call returned; its tensors are gone, but show where each result belongs. */
  readonly container: unknown;
}

/**
 * Calls `fn` once with placeholders for the tensors in `args` and records what it does. Nothing is computed, variables
 * keep their values, and no tensor is left behind.
 *
 * @param frozen data of the tensors whose elements go into the graph
 * @param argumentShape shape of the placeholder for an argument tensor
 */
export function traceFunction(
  fn: (...args: never[]) => unknown,
  args: readonly unknown[],
  frozen: ReadonlySet<object>,
  argumentShape: (tensor: Tensor) => readonly number[],
): Trace {
  if (activeRecorder())
    throw new Error(
      "compile: a compiled function is called inside another one; call the plain function there.",
    );
  registerRecordingBackend();
  const home = getBackend();
  const recorder = new Recorder(frozen, home);
  const before = new Set(Object.keys(livingVariables()));
  const restoreMethods = takeOverMethods(recorder);
  recordInto(recorder);
  try {
    switchBackend(recordingBackendName);
    let trace: Trace | undefined;
    tidy(() => {
      const placeholders = mapTensors(args, (tensor) => {
        if (tensor instanceof Variable) return tensor;
        const dtype = elementType(tensor);
        return runKernel(placeholderKernel, { shape: [...argumentShape(tensor)], dtype });
      }) as never[];
      const result = fn(...placeholders);
      recorder.throwIfRefused();
      if (result instanceof Promise)
        throw new TypeError("compile: fn returned a Promise; a function to compile must not be async.");
      trace = finish(recorder, result);
    });
    return trace!;
  } finally {
    for (const [name, variable] of Object.entries(livingVariables()))
      if (!before.has(name)) variable.dispose();
    recordInto(undefined);
    restoreMethods();
    switchBackend(home);
  }
}

function finish(recorder: Recorder, result: unknown): Trace {
  const results: Value[] = [];
  mapTensors(result, (tensor) => results.push(recorder.written(tensor)));
  const assigned = new Map<Variable, Value>();
  for (const variable of recorder.assigned.keys()) assigned.set(variable, recorder.written(variable));
  const { graph, captured, variables } = recorder;
  return { graph, arguments: recorder.arguments, captured, variables, assigned, results, container: result };
}

/**
 * While tracing, assigning a variable is recorded instead of done, and reading elements is refused for every tensor:
 * those of the traced ones do not exist yet, and those of others would become constants unseen.
 */
function takeOverMethods(recorder: Recorder): () => void {
  const { assign } = Variable.prototype;
  const { data, dataSync } = Tensor.prototype;
  Variable.prototype.assign = function (this: Variable, value: Tensor) {
    recorder.assign(this, value);
  };
  Tensor.prototype.dataSync = () => refuseReading("dataSync");
  Tensor.prototype.data = () => refuseReading("data");
  return () => {
    Variable.prototype.assign = assign;
    Tensor.prototype.data = data;
    Tensor.prototype.dataSync = dataSync;
  };
}
