/**
 * Element types of stored tensors under their safetensors names, and how their bytes become numbers. Half-precision
 * kinds widen to float32 exactly; float32 narrows to them by rounding to nearest, ties to even.
 */

/** Element types that are read; F16 and BF16 take two bytes, F32 four. */
export type ElementType = "F64" | "F32" | "F16" | "BF16" | "I64" | "I32" | "I16" | "I8" | "U8" | "BOOL";

/** What the stored numbers become in memory. */
export type ElementValues =
  | Float64Array
  | Float32Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

export const elementBytes: Readonly<Record<ElementType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

export function isElementType(name: unknown): name is ElementType {
  return typeof name === "string" && Object.hasOwn(elementBytes, name);
}

const word = new Uint32Array(1);
const single = new Float32Array(word.buffer);

function widenHalfBits(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

let halfTable: Float32Array | undefined;

/** float16 bit patterns to float32, exactly; writes to `out`, which has the same length. */
export function widenHalf(bits: Uint16Array, out: Float32Array): void {
  halfTable ??= Float32Array.from({ length: 65536 }, (_, pattern) => widenHalfBits(pattern));
  for (let i = 0; i < bits.length; i++) out[i] = halfTable[bits[i]];
}

/** bfloat16 bit patterns to float32, exactly; writes to `out`, which has the same length. */
export function widenBfloat(bits: Uint16Array, out: Float32Array): void {
  const words = new Uint32Array(out.buffer, out.byteOffset, out.length);
  for (let i = 0; i < bits.length; i++) words[i] = bits[i] << 16;
}

/** The nearest float16 bit pattern, ties to even; beyond ±65504 becomes infinity. */
export function narrowHalf(values: Float32Array, out: Uint16Array): void {
  for (let i = 0; i < values.length; i++) {
    single[0] = values[i];
    const bits = word[0];
    const sign = (bits >>> 16) & 0x8000;
    const magnitude = bits & 0x7fffffff;
    if (magnitude > 0x7f800000) out[i] = sign | 0x7e00;
    else if (magnitude >= 0x477ff000) out[i] = sign | 0x7c00;
    else if (magnitude < 0x38800000) {
      const scaled = Math.abs(values[i]) * 2 ** 24; // subnormal halves are whole multiples of 2^-24
      const floor = Math.floor(scaled);
      const rest = scaled - floor;
      out[i] = sign | (rest > 0.5 || (rest === 0.5 && floor & 1) ? floor + 1 : floor);
    } else {
      const shifted = magnitude - 0x38000000;
      const odd = (shifted >>> 13) & 1;
      out[i] = sign | ((shifted + 0xfff + odd) >>> 13);
    }
  }
}

/** The numbers that little-endian `bytes` of one type hold; F16 and BF16 come back as float32. */
export function decodeElements(type: ElementType, bytes: Uint8Array): ElementValues {
  const aligned = bytes.byteOffset % elementBytes[type] === 0 ? bytes : bytes.slice();
  const { buffer, byteOffset } = aligned;
  const length = aligned.byteLength / elementBytes[type];
  switch (type) {
    case "F64":
      return new Float64Array(buffer, byteOffset, length);
    case "F32":
      return new Float32Array(buffer, byteOffset, length);
    case "F16":
    case "BF16": {
      const widened = new Float32Array(length);
      const widen = type === "F16" ? widenHalf : widenBfloat;
      widen(new Uint16Array(buffer, byteOffset, length), widened);
      return widened;
    }
    case "I64":
      return new BigInt64Array(buffer, byteOffset, length);
    case "I32":
      return new Int32Array(buffer, byteOffset, length);
    case "I16":
      return new Int16Array(buffer, byteOffset, length);
    case "I8":
      return new Int8Array(buffer, byteOffset, length);
    case "U8":
    case "BOOL":
      return aligned;
  }
}
