/** Feature vectors of many images or clips: one row each. */
import type { Tensor2D } from "@tensorflow/tfjs";
import type { Matrix } from "./matrix.js";

/** A tensor [sample, feature], or the rows as lists of numbers (64-bit, where a tensor holds 32). */
export type Features = Tensor2D | readonly ArrayLike<number>[];

/**
 * Copies features into 64-bit numbers.
 * @throws RangeError for fewer than two rows, rows of unequal length, or values that are not finite
 */
export async function featureMatrix(caller: string, name: string, features: Features): Promise<Matrix> {
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
  else values.set(await (features as Tensor2D).data());
  const bad = values.findIndex((value) => !Number.isFinite(value));
  if (bad >= 0)
    throw new RangeError(
      `${caller}: ${name} holds ${values[bad]} in sample ${Math.floor(bad / columns)}; expected finite numbers.`,
    );
  return { rows, columns, values };
}

/** Features of both sets, which have as many columns. */
export async function featurePair(
  caller: string,
  truth: Features,
  guess: Features,
): Promise<[truth: Matrix, guess: Matrix]> {
  const pair: [Matrix, Matrix] = [
    await featureMatrix(caller, "truth", truth),
    await featureMatrix(caller, "guess", guess),
  ];
  const [x, y] = pair.map(({ columns }) => columns);
  if (x !== y) throw new RangeError(`${caller}: truth has ${x} features and guess ${y}; expected as many.`);
  return pair;
}
