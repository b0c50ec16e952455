/** Reads recorded tensors from test/fixtures (safetensors: length, JSON header, data). */
import { readFileSync } from "node:fs";
import { join } from "node:path";

export interface Recorded {
  readonly shape: number[];
  readonly values: Float32Array | Float64Array | Int32Array;
}

export function readFixture(path: string): Record<string, Recorded> {
  const file = readFileSync(join(import.meta.dirname, "..", "fixtures", path));
  const headerBytes = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.toString("utf8", 8, 8 + headerBytes)) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const recorded: Record<string, Recorded> = {};
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") continue;
    const [from, to] = entry.data_offsets.map((offset) => 8 + headerBytes + offset);
    const data = file.buffer.slice(file.byteOffset + from, file.byteOffset + to);
    const values =
      entry.dtype === "F64"
        ? new Float64Array(data)
        : entry.dtype === "I64"
          ? Int32Array.from(new BigInt64Array(data), Number)
          : new Float32Array(data);
    recorded[name] = { shape: entry.shape, values };
  }
  return recorded;
}

/** Largest absolute difference of two lists of numbers of one length. */
export function largestGap(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new Error(`lengths ${a.length} and ${b.length} differ`);
  let gap = 0;
  for (let i = 0; i < a.length; i++) gap = Math.max(gap, Math.abs(a[i] - b[i]));
  return Number.isNaN(gap) ? Infinity : gap;
}
