/** Number arrays from numpy's .npz: a zip file of .npy members, stored or deflated. Objects and strings are left out. */
import { open } from "node:fs/promises";
import { inflateRawSync } from "node:zlib";
import { widenHalf } from "../weights/elementTypes.js";
import { readFully } from "../weights/tensorFile.js";
import { openZip } from "../weights/zipReader.js";

/** A table of numbers, row after row. */
export interface NumberTable {
  readonly shape: readonly number[];
  readonly values: Float64Array;
}

/** Most bytes that one array may take. */
const mostBytes = 2 ** 30;

/** By numpy's name for the element: its bytes (little-endian, alone in their buffer) as numbers. */
const readers: Record<string, (buffer: ArrayBuffer) => ArrayLike<number>> = {
  "<f2": (buffer) => {
    const wide = new Float32Array(buffer.byteLength / 2);
    widenHalf(new Uint16Array(buffer), wide);
    return wide;
  },
  "<f4": (buffer) => new Float32Array(buffer),
  "<f8": (buffer) => new Float64Array(buffer),
  "|i1": (buffer) => new Int8Array(buffer),
  "<i2": (buffer) => new Int16Array(buffer),
  "<i4": (buffer) => new Int32Array(buffer),
  "<i8": (buffer) => Float64Array.from(new BigInt64Array(buffer), Number),
  "|u1": (buffer) => new Uint8Array(buffer),
  "<u2": (buffer) => new Uint16Array(buffer),
  "<u4": (buffer) => new Uint32Array(buffer),
  "<u8": (buffer) => Float64Array.from(new BigUint64Array(buffer), Number),
  "|b1": (buffer) => new Uint8Array(buffer),
};

/** All number arrays of an .npz file, by name; throws where the file is damaged or an array too large. */
export async function readNpz(path: string): Promise<Map<string, NumberTable>> {
  const file = await open(path, "r");
  try {
    const zip = await openZip(file, path);
    const tables = new Map<string, NumberTable>();
    for await (const entry of zip.eachEntry()) {
      if (!entry.fileName.endsWith(".npy")) continue;
      const { compressedSize, compressionMethod, uncompressedSize } = entry;
      if (entry.isEncrypted() || (compressionMethod !== 0 && compressionMethod !== 8))
        throw new Error(`${entry.fileName} is neither stored nor deflated`);
      if (Math.max(compressedSize, uncompressedSize) > mostBytes)
        throw new Error(`${entry.fileName} takes more than 1 GiB`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      const stored = new Uint8Array(compressedSize);
      await readFully(file, stored, fileDataStart, path);
      const bytes =
        compressionMethod === 0 ? stored : inflateRawSync(stored, { maxOutputLength: uncompressedSize || 1 });
      const table = parseNpy(bytes);
      if (table) tables.set(entry.fileName.slice(0, -4), table);
    }
    return tables;
  } finally {
    await file.close();
  }
}

/** The table in a .npy member; undefined for elements that are no numbers. */
function parseNpy(bytes: Uint8Array): NumberTable | undefined {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (text.toString("latin1", 0, 6) !== "\x93NUMPY") throw new Error("a member is no .npy array");
  const [lengthBytes, length] = bytes[6] === 1 ? [2, text.readUInt16LE(8)] : [4, text.readUInt32LE(8)];
  const start = 8 + lengthBytes + length;
  const header = text.toString("latin1", 8 + lengthBytes, start);
  const type = /'descr':\s*'([^']+)'/.exec(header)?.[1] ?? "";
  const shape = (/'shape':\s*\(([^)]*)\)/.exec(header)?.[1] ?? "").split(",").filter((part) => part.trim());
  if (/'fortran_order':\s*True/.test(header)) throw new Error("an array is stored column by column");
  const read = readers[type];
  if (!read) return undefined;
  const values = Float64Array.from(read(new Uint8Array(bytes.subarray(start)).buffer));
  const lengths = shape.map(Number);
  if (lengths.reduce((product, size) => product * size, 1) !== values.length)
    throw new Error("an array is cut short");
  return { shape: lengths, values };
}
