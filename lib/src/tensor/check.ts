/**
 * Checks that public functions run on their arguments. Messages are built here, so that all read alike:
 * who complains, what came, what was expected, and how to mend it where that is not obvious.
 */
import type { Tensor } from "@tensorflow/tfjs";

type Shaped = Pick<Tensor, "shape">;

/** Throws a RangeError unless all named tensors have one shape. */
export function requireSameShape(caller: string, named: Record<string, Shaped>): void {
  const described = Object.entries(named).map(([name, { shape }]) => `${name} [${shape}]`);
  if (new Set(Object.values(named).map(({ shape }) => String(shape))).size > 1)
    throw new RangeError(`${caller}: ${described.join(" and ")} should have one shape.`);
}

/**
 * Throws a RangeError unless the tensor's shape fits `axes`: one entry per axis, either its size or, where any
 * size will do, its name.
 */
export function requireShape(
  caller: string,
  name: string,
  tensor: Shaped,
  axes: readonly (number | string)[],
): void {
  const { shape } = tensor;
  const fits =
    shape.length === axes.length && axes.every((axis, i) => typeof axis === "string" || axis === shape[i]);
  if (!fits) throw new RangeError(`${caller}: ${name} is [${shape}]; expected [${axes.join(", ")}].`);
}

/** Throws a RangeError unless `value` is a whole number from `low` to `high`, both included. */
export function requireWhole(
  caller: string,
  name: string,
  value: number,
  low: number,
  high = Infinity,
): void {
  if (Number.isInteger(value) && value >= low && value <= high) return;
  const range = high === Infinity ? `from ${low} up` : `from ${low} to ${high}`;
  throw new RangeError(`${caller}: ${name} is ${value}; expected a whole number ${range}.`);
}

/** Throws a RangeError unless `value` is finite and lies from `low` to `high`, both included. */
export function requireRange(
  caller: string,
  name: string,
  value: number,
  low: number,
  high = Infinity,
): void {
  if (Number.isFinite(value) && value >= low && value <= high) return;
  const range = high === Infinity ? `from ${low} up` : `from ${low} to ${high}`;
  throw new RangeError(`${caller}: ${name} is ${value}; expected a number ${range}.`);
}

/** Throws a RangeError unless `value` is one of `choices`. */
export function requireChoice<T extends string>(
  caller: string,
  name: string,
  value: T,
  choices: readonly T[],
): void {
  if (!choices.includes(value))
    throw new RangeError(
      `${caller}: ${name} is ${JSON.stringify(value)}; expected one of ${choices.join(", ")}.`,
    );
}
