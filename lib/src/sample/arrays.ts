/** Tensors as plain arrays, as they go from thread to thread. */
import type { DataType, Tensor, TypedArray } from "@tensorflow/tfjs";
import { readElements, tensorAround } from "../engine/tfjsInternals.js";

export type Arrays = Readonly<
  Record<string, { readonly values: TypedArray; readonly shape: readonly number[]; readonly type: DataType }>
>;

/** The elements are not copied, so they are the tensors' own as long as those live. */
export function arraysOf(tensors: Readonly<Record<string, Tensor>>): Arrays {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [
      name,
      { values: readElements(tensor), shape: tensor.shape, type: tensor.dtype },
    ]),
  );
}

/** Tensors around the arrays, which they take over. */
export function tensorsOf(arrays: Arrays): Record<string, Tensor> {
  return Object.fromEntries(
    Object.entries(arrays).map(([name, { values, shape, type }]) => [
      name,
      tensorAround(values, shape, type),
    ]),
  );
}
