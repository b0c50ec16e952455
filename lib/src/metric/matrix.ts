/**
 * Matrices of 64-bit numbers. TensorFlow.js holds 32 bits, too few for sums of small singular values; ONNX Runtime
 * multiplies 64-bit matrices some twenty times faster than a loop here does.
 */
import type { InferenceSession } from "onnxruntime-node";
import { runtime } from "../engine/session.js";

/** A matrix of 64-bit numbers, row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/** A B, by ONNX Runtime. */
export async function product(a: Matrix, b: Matrix): Promise<Matrix> {
  const { Tensor } = runtime();
  const tensor = ({ values, rows, columns }: Matrix) => new Tensor("float64", values, [rows, columns]);
  session ??= open();
  const { c } = await (await session).run({ a: tensor(a), b: tensor(b) });
  return { rows: a.rows, columns: b.columns, values: c.data as Float64Array };
}

export function transposed({ rows, columns, values }: Matrix): Matrix {
  const turned = new Float64Array(values.length);
  const tile = 16; // both sides of a tile stay in the cache
  for (let top = 0; top < rows; top += tile)
    for (let left = 0; left < columns; left += tile)
      for (let i = top; i < Math.min(rows, top + tile); i++)
        for (let j = left; j < Math.min(columns, left + tile); j++)
          turned[j * rows + i] = values[i * columns + j];
  return { rows: columns, columns: rows, values: turned };
}

/** The part of a right of column `left` and below row `top`, less b, which has as many rows and columns; uses b for it. */
export function lowerRightLess(a: Matrix, top: number, left: number, b: Matrix): Matrix {
  for (let i = 0; i < b.rows; i++) {
    const from = (i + top) * a.columns + left;
    const row = i * b.columns;
    for (let j = 0; j < b.columns; j++) b.values[row + j] = a.values[from + j] - b.values[row + j];
  }
  return b;
}

/** Columns of a matrix from `from` up to `to`. */
export function columnRange({ rows, columns, values }: Matrix, from: number, to = columns): Matrix {
  const taken = new Float64Array(rows * (to - from));
  for (let i = 0; i < rows; i++)
    taken.set(values.subarray(i * columns + from, i * columns + to), i * (to - from));
  return { rows, columns: to - from, values: taken };
}

/** Rows of a matrix from `from` up to `to`, on the same numbers. */
export function rowRange({ rows, columns, values }: Matrix, from: number, to = rows): Matrix {
  return { rows: to - from, columns, values: values.subarray(from * columns, to * columns) };
}

/** Rows of one matrix above those of another. */
export function stacked(a: Matrix, b: Matrix): Matrix {
  const values = new Float64Array(a.values.length + b.values.length);
  values.set(a.values);
  values.set(b.values, a.values.length);
  return { rows: a.rows + b.rows, columns: a.columns, values };
}

let session: Promise<InferenceSession> | undefined;

function open(): Promise<InferenceSession> {
  return runtime().InferenceSession.create(productModel(), {
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    // Between products there is work here, during which its threads would wait busily.
    extra: { session: { intra_op: { allow_spinning: "0" } } },
  });
}

/**
 * An ONNX model of one MatMul of 64-bit matrices of any size. Numbers are the fields of onnx.proto; all parts are
 * shorter than 128 bytes, so that a length is one byte.
 */
function productModel(): Uint8Array {
  const part = (field: number, ...bytes: number[]) => [(field << 3) | 2, bytes.length, ...bytes];
  const text = (field: number, value: string) => part(field, ...Buffer.from(value));
  const number = (field: number, value: number) => [field << 3, value];
  const float64 = part(2, ...part(1, ...number(1, 11)));
  const matrix = (field: number, name: string) => part(field, ...text(1, name), ...float64);
  const node = part(1, ...text(1, "a"), ...text(1, "b"), ...text(2, "c"), ...text(4, "MatMul"));
  const graph = [...node, ...text(2, "product"), ...matrix(11, "a"), ...matrix(11, "b"), ...matrix(12, "c")];
  const irVersion = number(1, 9);
  const opset = part(8, ...text(1, ""), ...number(2, 18));
  return Uint8Array.from([...irVersion, ...part(7, ...graph), ...opset]);
}
