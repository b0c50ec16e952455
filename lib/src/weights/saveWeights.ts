/** Writing safetensors: header first, then tensor by tensor, into a temporary file that takes the name when complete. */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import type { Tensor } from "@tensorflow/tfjs";
import { requireChoice } from "../tensor/check.js";
import { type ElementType, elementBytes, narrowHalf } from "./elementTypes.js";
import type { StoredTensor, Weights } from "./tensorFile.js";

/** A tensor to be written: what it is, and its elements, little-endian and row-major, when their turn comes. */
export interface TensorSource extends StoredTensor {
  bytes(): Promise<Uint8Array>;
}

interface WriteOptions {
  /** Text entries for the header, such as the config as JSON. */
  readonly metadata?: Readonly<Record<string, string>>;
  /** Called after each tensor with the number of bytes written so far, and of all. */
  readonly onProgress?: (written: number, total: number) => void;
}

/** How weights are stored. */
export interface SaveOptions extends WriteOptions {
  /** Precision of float tensors in the file. F16 halves the size and rounds each number. Default F32. */
  readonly precision?: "F32" | "F16";
}

async function elements(tensor: Tensor, type: ElementType): Promise<Uint8Array> {
  let values = (await tensor.data()) as Float32Array | Int32Array | Uint8Array | Uint16Array;
  if (type === "F16") {
    const halves = new Uint16Array(values.length);
    narrowHalf(values as Float32Array, halves);
    values = halves;
  }
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}

/**
 * Writes tensors to a safetensors file. Readers never see half a file: a temporary one takes the name at the end.
 *
 * @param weights float32, int32 or bool tensors; their names become the names in the file
 * @throws RangeError for other kinds of tensors
 */
export async function saveWeights(path: string, weights: Weights, options: SaveOptions = {}): Promise<void> {
  const { precision = "F32" } = options;
  requireChoice("saveWeights", "precision", precision, ["F32", "F16"]);
  const types: Record<string, ElementType> = { float32: precision, int32: "I32", bool: "BOOL" };
  const sources = new Map<string, TensorSource>();
  for (const [name, tensor] of Object.entries(weights)) {
    const type = types[tensor.dtype];
    if (!type)
      throw new RangeError(`saveWeights: ${name} is of ${tensor.dtype}; expected float32, int32 or bool.`);
    sources.set(name, { type, shape: tensor.shape, bytes: () => elements(tensor, type) });
  }
  await writeSafetensors(path, sources, options);
}

/** As `saveWeights`, for tensors that are produced one by one: each is asked for its elements once. */
export async function writeSafetensors(
  path: string,
  sources: ReadonlyMap<string, TensorSource>,
  { metadata = {}, onProgress }: WriteOptions = {},
): Promise<void> {
  // Wide types first, so that every tensor starts at a multiple of its element size.
  const ordered = [...sources].sort(([, a], [, b]) => elementBytes[b.type] - elementBytes[a.type]);
  const header: Record<string, unknown> = { __metadata__: metadata };
  let total = 0;
  for (const [name, { type, shape }] of ordered) {
    if (name === "__metadata__" || name === "__proto__")
      throw new RangeError(`saveWeights: a tensor cannot be named ${name}.`);
    const bytes = shape.reduce((product, size) => product * size, elementBytes[type]);
    header[name] = { dtype: type, shape, data_offsets: [total, total + bytes] };
    total += bytes;
  }
  const json = Buffer.from(JSON.stringify(header));
  const padded = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  padded.writeBigUInt64LE(BigInt(padded.length - 8), 0);
  json.copy(padded, 8);

  const temporary = `${path}.${randomUUID()}.part`;
  const file = await open(temporary, "wx");
  try {
    await file.writeFile(padded);
    let written = 0;
    for (const [, source] of ordered) {
      const bytes = await source.bytes();
      for (let done = 0; done < bytes.length; )
        done += (await file.write(bytes, done, Math.min(2 ** 30, bytes.length - done))).bytesWritten;
      written += bytes.length;
      onProgress?.(written, total);
    }
    await file.sync();
    await file.close();
    await rename(temporary, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(temporary, { force: true });
    throw error;
  }
}
