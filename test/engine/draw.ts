import { type Tensor, tensor, util } from "@tensorflow/tfjs";
import { deriveSeed, uniformValues } from "vid2world";

/** One drawn use of a kernel. With `gradient`, gradients with respect to all inputs are compared too. */
export interface Case {
  readonly inputs: Tensor[];
  readonly run: (...inputs: Tensor[]) => Tensor | Tensor[];
  readonly gradient?: boolean;
}
export type Cases = Record<string, (draw: Draw) => Case>;

/** Seeded choices for property tests: numbers, shapes, tensors. */
export class Draw {
  private count = 0;

  constructor(private readonly seed: number) {}

  private next(count = 1): Float32Array {
    return uniformValues(count, deriveSeed(this.seed, this.count++));
  }

  /** A whole number from `low` to `high`, both included. */
  whole(low: number, high: number): number {
    return low + Math.floor(this.next()[0] * (high - low + 1));
  }

  one<T>(...choices: readonly T[]): T {
    return choices[this.whole(0, choices.length - 1)];
  }

  /** A shape of `low` to `high` axes; one in twelve has an axis of size 0. */
  shape(low = 0, high = 6): number[] {
    const rank = this.whole(low, high);
    const longest = rank > 4 ? 3 : 5;
    const shape = Array.from({ length: rank }, () => this.whole(1, longest));
    if (rank > 0 && this.whole(1, 12) === 1) shape[this.whole(0, rank - 1)] = 0;
    return shape;
  }

  /** A shape without empty axes. */
  filled(low = 0, high = 6): number[] {
    return this.shape(low, high).map((size) => Math.max(1, size));
  }

  /** Two shapes that broadcast to one. */
  pair(): [number[], number[]] {
    const shape = this.shape();
    const thin = (from: number[]) => from.map((size) => (this.whole(1, 4) === 1 ? 1 : size));
    const short = thin(shape).slice(this.whole(0, shape.length));
    return this.one<[number[], number[]]>(
      [shape, shape],
      [shape, short],
      [short, shape],
      [thin(shape), thin(shape)],
    );
  }

  numbers(shape: readonly number[], low = -2, high = 2): Tensor {
    const values = this.next(util.sizeFromShape([...shape])).map((value) => low + value * (high - low));
    return tensor(values, [...shape], "float32");
  }

  wholes(shape: readonly number[], low = -5, high = 5): Tensor {
    const values = Int32Array.from(
      this.next(util.sizeFromShape([...shape])),
      (value) => low + Math.floor(value * (high - low + 1)),
    );
    return tensor(values, [...shape], "int32");
  }

  bools(shape: readonly number[]): Tensor {
    const values = Uint8Array.from(this.next(util.sizeFromShape([...shape])), (value) =>
      value < 0.5 ? 0 : 1,
    );
    return tensor(values, [...shape], "bool");
  }

  /** Any of the three types. */
  any(shape: readonly number[]): Tensor {
    return this.one(this.numbers(shape), this.wholes(shape), this.bools(shape));
  }

  /** Some of the axes, possibly negative; undefined for all. */
  axes(rank: number): number[] | undefined {
    if (rank === 0 || this.whole(1, 4) === 1) return undefined;
    const axes = Array.from({ length: rank }, (_, axis) => axis).filter(() => this.whole(0, 1) === 1);
    const some = axes.length > 0 ? axes : [this.whole(0, rank - 1)];
    return some.map((axis) => (this.whole(1, 4) === 1 ? axis - rank : axis));
  }

  /** The numbers 0 … count − 1 in some order. */
  order(count: number): number[] {
    const keys = this.next(count);
    return Array.from({ length: count }, (_, i) => i).sort((a, b) => keys[a] - keys[b]);
  }
}
