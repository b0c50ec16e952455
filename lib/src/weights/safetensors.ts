/**
 * The safetensors format: eight bytes with the header's length, a JSON header that names every tensor's element type,
 * shape and place, then the numbers. A file opens by its header alone; tensors are read one by one, so a file of many
 * gigabytes opens at once and no more than one tensor is held beyond those already asked for.
 *
 * @see https://github.com/huggingface/safetensors, section "Format"
 */
import { open } from "node:fs/promises";
import { elementBytes, isElementType } from "./elementTypes.js";
import { readFully, type StoredTensor, type TensorFile, tensorFile, type Weights } from "./tensorFile.js";

export type { Weights };

/** Where one tensor lies in the file, in bytes from the file's start. */
interface PlacedTensor extends StoredTensor {
  readonly start: number;
  readonly end: number;
}

const maxHeaderBytes = 100_000_000;
function parseHeader(path: string, text: string, dataStart: number, fileBytes: number) {
  const refuse = (why: string): never => {
    throw new Error(`openSafetensors: ${path} is not a sound safetensors file: ${why}`);
  };
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    refuse("its header is not JSON.");
  }
  if (typeof header !== "object" || header === null || Array.isArray(header))
    refuse("its header is not a JSON object.");
  const entries = new Map<string, PlacedTensor>();
  const metadata: Record<string, string> = {};
  for (const [name, value] of Object.entries(header as object)) {
    if (name === "__proto__") refuse("a tensor is named __proto__.");
    if (name === "__metadata__") {
      for (const [key, entry] of Object.entries((value ?? {}) as object))
        if (key !== "__proto__") metadata[key] = String(entry);
      continue;
    }
    const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
    if (!isElementType(dtype)) return refuse(`tensor ${name} has element type ${JSON.stringify(dtype)}.`);
    if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0))
      return refuse(`tensor ${name} has shape ${JSON.stringify(shape)}.`);
    if (
      !Array.isArray(offsets) ||
      offsets.length !== 2 ||
      !offsets.every((offset) => Number.isSafeInteger(offset) && offset >= 0)
    )
      return refuse(`tensor ${name} has offsets ${JSON.stringify(offsets)}.`);
    const bytes = shape.reduce((product, size) => product * size, elementBytes[dtype]);
    const [start, end] = [dataStart + offsets[0], dataStart + offsets[1]];
    if (end - start !== bytes)
      refuse(`tensor ${name} [${shape}] of ${dtype} needs ${bytes} bytes but has ${end - start}.`);
    if (end > fileBytes)
      refuse(`tensor ${name} ends at byte ${end}, but the file has ${fileBytes}; it may be cut short.`);
    entries.set(name, { type: dtype, shape, start, end });
  }
  let position = dataStart;
  const inOrder = [...entries].sort(([, a], [, b]) => a.start - b.start || a.end - b.end);
  for (const [name, { start, end }] of inOrder) {
    if (start < position) refuse(`tensor ${name} overlaps the one before it.`);
    if (start > position) refuse(`${start - position} bytes before tensor ${name} belong to no tensor.`);
    position = end;
  }
  if (position !== fileBytes) refuse(`${fileBytes - position} bytes at its end belong to no tensor.`);
  return { entries, metadata };
}

/**
 * Opens a safetensors file by its header. Close it after use.
 *
 * @throws Error if the header is damaged or does not describe the file's bytes one to one
 */
export async function openSafetensors(path: string): Promise<TensorFile> {
  const file = await open(path, "r");
  try {
    const { size } = await file.stat();
    if (size < 8) throw new Error(`openSafetensors: ${path} has ${size} bytes; a safetensors file has more.`);
    const lengthBytes = new Uint8Array(8);
    await readFully(file, lengthBytes, 0, path);
    const length = new DataView(lengthBytes.buffer).getBigUint64(0, true);
    if (length > BigInt(size - 8))
      throw new Error(
        `openSafetensors: ${path} announces a header of ${length} bytes, but only ${size - 8} follow; it is another format, or cut short.`,
      );
    if (length > BigInt(maxHeaderBytes))
      throw new Error(
        `openSafetensors: ${path} has a header of ${length} bytes; at most ${maxHeaderBytes} are read.`,
      );
    const headerBytes = new Uint8Array(Number(length));
    await readFully(file, headerBytes, 8, path);
    const text = new TextDecoder("utf-8").decode(headerBytes);
    const { entries, metadata } = parseHeader(path, text, 8 + headerBytes.length, size);
    const opened = { path, format: "safetensors", metadata, close: () => file.close() };
    return tensorFile(opened, entries, async ({ start, end }) => {
      const bytes = new Uint8Array(end - start);
      await readFully(file, bytes, start, path);
      return bytes;
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * All tensors of a safetensors file. F16, BF16 and F64 become float32; whole numbers become int32.
 *
 * @throws Error if the file is damaged; RangeError if an I64 value does not fit in 32 bits
 */
export async function loadWeights(path: string): Promise<Weights> {
  const file = await openSafetensors(path);
  try {
    const weights: Weights = {};
    for (const name of file.entries.keys()) weights[name] = await file.readTensor(name);
    return weights;
  } finally {
    await file.close();
  }
}
