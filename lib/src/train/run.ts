/** Whether functions of tensors run op by op, or traced and compiled. */
import { stack, type Tensor, type TensorContainer, tidy } from "@tensorflow/tfjs";
import { compile } from "../engine/compile.js";
import type { Provider } from "../engine/session.js";
import { requireChoice } from "../tensor/check.js";

/** `eager`: on the current TensorFlow.js backend. `compiled`: traced at the first call of a shape, then ONNX Runtime. */
export type Engine = "compiled" | "eager";

/** A function that runs elsewhere or later. */
export type Running<Arguments extends readonly unknown[], Result> = (...args: Arguments) => Promise<Result>;

export interface RunOptions {
  /** `compiled` unless given. */
  readonly engine?: Engine;
  /** Threads of a compiled call; all cores unless given. */
  readonly threads?: number;
  /** Where a compiled call runs; `cpu` unless given. */
  readonly provider?: Provider;
}

/**
 * Prepares a function to be run by an engine.
 *
 * @param freeze tensors whose elements become part of a compiled graph, which makes it faster
 */
export function runner<Arguments extends readonly unknown[], Result extends TensorContainer>(
  fn: (...args: Arguments) => Result,
  { engine = "compiled", threads, provider }: RunOptions,
  freeze?: TensorContainer,
): Running<Arguments, Result> {
  requireChoice("runner", "engine", engine, ["compiled", "eager"]);
  if (engine === "eager") return async (...args) => tidy(() => fn(...args));
  return compile(fn, { threads, provider, freeze });
}

/**
 * Prepares `times` calls of a function in one: arguments come stacked along a new first axis, and so does the result.
 * Compiled, the state between the calls stays inside one graph.
 */
export function loopRunner(
  fn: (numbers: Tensor, inputs: Readonly<Record<string, Tensor>>) => Tensor,
  times: number,
  { engine = "compiled", threads, provider }: RunOptions,
): Running<[Tensor, Readonly<Record<string, Tensor>>], Tensor> {
  if (engine === "compiled")
    return compile(fn, { threads, provider, steps: times }) as unknown as Running<
      [Tensor, Readonly<Record<string, Tensor>>],
      Tensor
    >;
  return async (numbers, inputs) =>
    tidy(() => {
      const at = (tensor: Tensor, i: number) => tensor.slice(i, 1).squeeze([0]);
      const results = Array.from({ length: times }, (_, i) => {
        const named = Object.entries(inputs).map(([name, tensor]) => [name, at(tensor, i)]);
        return fn(at(numbers, i), Object.fromEntries(named));
      });
      return stack(results);
    });
}
