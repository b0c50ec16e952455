/** Files of named tensors, whatever their format: what they hold is known at once, the numbers are read when asked for. */
import type { FileHandle } from "node:fs/promises";
import { type DataType, type Tensor, tensor } from "@tensorflow/tfjs";
import { decodeElements, type ElementType, type ElementValues } from "./elementTypes.js";

/** Weights by their names in the checkpoint. */
export type Weights = Record<string, Tensor>;

/** What is known of a stored tensor without reading it. */
export interface StoredTensor {
  readonly type: ElementType;
  readonly shape: readonly number[];
}

/** An open file of tensors. */
export interface TensorFile {
  readonly path: string;
  /** How the file is written, in words. */
  readonly format: string;
  /** Text entries of the file's header. */
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, StoredTensor>;
  /** The tensor's elements, little-endian, in row-major order. */
  readBytes(name: string): Promise<Uint8Array>;
  /** The stored numbers, in their own precision (F16 and BF16 widened to float32). */
  readValues(name: string): Promise<ElementValues>;
  /** The tensor: float32, int32 or bool. */
  readTensor(name: string): Promise<Tensor>;
  close(): Promise<void>;
}

/** Completes a file whose entries and bytes are known. */
export function tensorFile<Entry extends StoredTensor>(
  file: Pick<TensorFile, "path" | "format" | "metadata" | "close">,
  entries: ReadonlyMap<string, Entry>,
  read: (entry: Entry) => Promise<Uint8Array>,
): TensorFile {
  const find = (name: string) => {
    const entry = entries.get(name);
    if (!entry) throw new RangeError(`${file.path} has no tensor named ${name}.`);
    return entry;
  };
  const readValues = async (name: string) => {
    const entry = find(name);
    return decodeElements(entry.type, await read(entry));
  };
  return {
    ...file,
    entries,
    readBytes: async (name) => read(find(name)),
    readValues,
    readTensor: async (name) => {
      const { type, shape } = find(name);
      return valuesToTensor(name, await readValues(name), type, shape);
    },
  };
}

const mostAtOnce = 2 ** 30;

/** Fills `bytes` from the file, starting at `position`. */
export async function readFully(
  file: FileHandle,
  bytes: Uint8Array,
  position: number,
  path: string,
): Promise<void> {
  let done = 0;
  while (done < bytes.byteLength) {
    const length = Math.min(mostAtOnce, bytes.byteLength - done);
    const { bytesRead } = await file.read(bytes, done, length, position + done);
    if (bytesRead === 0)
      throw new Error(`${path} ends at byte ${position + done}, inside a tensor; the file is cut short.`);
    done += bytesRead;
  }
}

const int32Limit = 2 ** 31;

/** A float32, int32 or bool tensor of stored numbers; float64 is rounded, int64 must fit in 32 bits. */
function valuesToTensor(
  name: string,
  values: ElementValues,
  type: ElementType,
  shape: readonly number[],
): Tensor {
  const as = (data: Float32Array | Int32Array | Uint8Array, dtype: DataType) =>
    tensor(data, [...shape], dtype);
  if (values instanceof Float32Array) return as(values, "float32");
  if (values instanceof Float64Array) return as(Float32Array.from(values), "float32");
  if (values instanceof BigInt64Array) {
    if (values.some((value) => value < -int32Limit || value >= int32Limit))
      throw new RangeError(`loadWeights: tensor ${name} holds whole numbers beyond 32 bits.`);
    return as(Int32Array.from(values, Number), "int32");
  }
  if (type === "BOOL") return as(values as Uint8Array, "bool");
  return as(Int32Array.from(values), "int32");
}
