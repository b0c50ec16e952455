/**
 * All that this library uses of TensorFlow.js beyond its documented functions, in one place. These members are public
 * in its type declarations but meant for backends, so they may change with a version; the library pins the version,
 * and a test of this file fails when one of them is gone.
 */
import {
  type DataType,
  engine,
  findBackend,
  type Tensor,
  type TypedArray,
  type Variable,
} from "@tensorflow/tfjs";

/** The version whose internals these are. */
export const pinnedTensorFlowVersion = "4.22.0";

/** Names of the ops that are running now, outermost first: `["meanSquaredError", "sub"]`. */
export function runningOps(): string[] {
  const suffix = "__op";
  return engine()
    .state.scopeStack.map(({ name }) => name)
    .filter((name) => name?.endsWith(suffix))
    .map((name) => name.slice(0, -suffix.length));
}

/** All variables that are alive, by name. */
export function livingVariables(): Readonly<Record<string, Variable>> {
  return engine().registeredVariables;
}

/** A tensor around `values`, without a copy, on the `cpu` backend; TensorFlow.js moves it when an eager op needs it. */
export function tensorAround(values: TypedArray, shape: readonly number[], type: DataType): Tensor {
  return engine().makeTensor(values, shape as number[], type, findBackend("cpu"));
}

/** The elements of a tensor, without a copy where its backend keeps them so; also while `dataSync` is refused. */
export function readElements(tensor: Tensor): TypedArray {
  const elements = engine().readSync(tensor.dataId) as TypedArray;
  // The cpu backend keeps the old elements when it casts to a wider type.
  if (tensor.dtype === "float32" && !(elements instanceof Float32Array)) return Float32Array.from(elements);
  if (tensor.dtype === "int32" && !(elements instanceof Int32Array)) return Int32Array.from(elements);
  return elements;
}

/** Runs one kernel of the current backend by name. */
export function runKernel(name: string, attributes: Record<string, number | number[] | string>): Tensor {
  return engine().runKernel(name, {}, attributes);
}

/** Makes `name` the current backend now; only for a backend that is made, or can be, without waiting. */
export function switchBackend(name: string): void {
  void engine().setBackend(name);
  if (engine().backendName !== name)
    throw new Error(`compile: TensorFlow.js did not switch to backend ${name}.`);
}
