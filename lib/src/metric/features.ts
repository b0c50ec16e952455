/** Feature vectors of many images or clips: one row each. */
import type { Tensor2D } from "@tensorflow/tfjs";

/** A tensor [sample, feature], or the rows as lists of numbers (64-bit, where a tensor holds 32). */
export type Features = Tensor2D | readonly ArrayLike<number>[];

/** A matrix of 64-bit numbers, row after row. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float64Array;
}

/**
 * Copies features into 64-bit numbers.
 * @throws RangeError for fewer than two rows, rows of unequal length, or values that are not finite
 */
export function featureMatrix(caller: string, name: string, features: Features): Matrix {
  const [rows, columns] = Array.isArray(features)
    ? [features.length, features[0]?.length ?? 0]
    : (features as Tensor2D).shape;
  if (rows < 2)
    throw new RangeError(`${caller}: ${name} has ${rows} samples; expected at least 2, for a covariance.`);
  const values = new Float64Array(rows * columns);
  if (Array.isArray(features))
    for (const [i, row] of (features as ArrayLike<number>[]).entries()) {
      if (row.length !== columns)
        throw new RangeError(`${caller}: ${name} has rows of ${columns} and of ${row.length} features.`);
      values.set(row, i * columns);
    }
  else values.set((features as Tensor2D).dataSync());
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RangeError(
      `${caller}: ${name} holds ${values[bad]} in sample ${Math.floor(bad / columns)}; expected finite numbers.`,
    );
  return { rows, columns, values };
}

/** Mean of each column. */
export function columnMeans({ rows, columns, values }: Matrix): Float64Array {
  const means = new Float64Array(columns);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) means[j] += values[i * columns + j] / rows;
  return means;
}
