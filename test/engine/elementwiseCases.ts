import * as tf from "@tensorflow/tfjs";
import type { Case, Cases, Draw } from "./draw";

/** A function of one float tensor, with values from `low` to `high`. */
function unary(run: (x: tf.Tensor) => tf.Tensor, low = -2, high = 2, gradient = true) {
  return (draw: Draw): Case => ({ inputs: [draw.numbers(draw.shape(), low, high)], run, gradient });
}

/** The same, one time in three on int32. */
function unaryOrInteger(run: (x: tf.Tensor) => tf.Tensor, low = -2, high = 2, gradient = true) {
  return (draw: Draw): Case =>
    draw.whole(1, 3) === 1
      ? { inputs: [draw.wholes(draw.shape(), Math.ceil(low), Math.floor(high))], run }
      : unary(run, low, high, gradient)(draw);
}

/** Arithmetic on two broadcasting tensors, float or int32. */
function binary(
  run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  gradient: "always" | "unbroadcast" | "never" = "always",
) {
  return (draw: Draw): Case => {
    const [a, b] = draw.pair();
    if (draw.whole(1, 3) === 1) return { inputs: [draw.wholes(a), draw.wholes(b, 1, 6)], run };
    return {
      inputs: [draw.numbers(a), draw.numbers(b, 0.5, 2)],
      run,
      gradient: gradient === "always" || (gradient === "unbroadcast" && `${a}` === `${b}`),
    };
  };
}

function comparison(run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) {
  return (draw: Draw): Case => {
    const [a, b] = draw.pair();
    return draw.one<Case>(
      { inputs: [draw.numbers(a), draw.numbers(b)], run },
      { inputs: [draw.wholes(a, 0, 2), draw.wholes(b, 0, 2)], run },
      { inputs: [draw.bools(a), draw.bools(b)], run },
    );
  };
}

function logical(run: (a: tf.Tensor, b: tf.Tensor) => tf.Tensor) {
  return (draw: Draw): Case => {
    const [a, b] = draw.pair();
    return { inputs: [draw.bools(a), draw.bools(b)], run };
  };
}

const special = [Number.NaN, Infinity, -Infinity, 0, -1.5, 3];

export const elementwiseCases: Cases = {
  Abs: unaryOrInteger((x) => x.abs()),
  Acos: unary((x) => x.acos(), -0.9, 0.9),
  Acosh: unary((x) => x.acosh(), 1.1, 4),
  Add: binary((a, b) => a.add(b)),
  AddN: (draw) => {
    const shape = draw.shape();
    return {
      inputs: [1, 2, 3].map(() => draw.numbers(shape)),
      run: (...terms) => tf.addN(terms),
      gradient: true,
    };
  },
  Asin: unary((x) => x.asin(), -0.9, 0.9),
  Asinh: unary((x) => x.asinh()),
  Atan: unary((x) => x.atan()),
  Atan2: (draw) => {
    const [a, b] = draw.pair();
    return { inputs: [draw.numbers(a), draw.numbers(b)], run: (y, x) => tf.atan2(y, x), gradient: true };
  },
  Atanh: unary((x) => x.atanh(), -0.9, 0.9),
  BitwiseAnd: (draw) => {
    const shape = draw.shape();
    return {
      inputs: [draw.wholes(shape, 0, 99), draw.wholes(shape, 0, 99)],
      run: (a, b) => tf.bitwiseAnd(a, b),
    };
  },
  Cast: (draw) => {
    const to = draw.one<"float32" | "int32" | "bool">("float32", "int32", "bool");
    const x = draw.any(draw.shape());
    return { inputs: [x], run: (t) => t.cast(to), gradient: x.dtype === "float32" && to === "float32" };
  },
  Ceil: unary((x) => x.ceil()),
  ClipByValue: unaryOrInteger((x) => x.clipByValue(-1, 1)),
  Cos: unary((x) => x.cos()),
  Cosh: unary((x) => x.cosh()),
  Elu: unary((x) => x.elu()),
  EluGrad: unary((x) => x.elu()),
  Equal: comparison((a, b) => a.equal(b)),
  Erf: unary((x) => x.erf()),
  Exp: unary((x) => x.exp()),
  Expm1: (draw) =>
    unary((x) => x.expm1().mul(100), ...draw.one<[number, number]>([-3, 3], [-1e-4, 1e-4]))(draw),
  Floor: unary((x) => x.floor()),
  FloorDiv: binary((a, b) => a.floorDiv(b), "never"),
  Greater: comparison((a, b) => a.greater(b)),
  GreaterEqual: comparison((a, b) => a.greaterEqual(b)),
  Identity: (draw) => ({ inputs: [draw.numbers(draw.shape())], run: (x) => x.clone(), gradient: true }),
  IsFinite: () => ({ inputs: [tf.tensor(special)], run: (x) => x.isFinite() }),
  IsInf: () => ({ inputs: [tf.tensor(special)], run: (x) => x.isInf() }),
  IsNan: () => ({ inputs: [tf.tensor(special)], run: (x) => x.isNaN() }),
  LeakyRelu: unary((x) => x.leakyRelu(0.3)),
  Less: comparison((a, b) => a.less(b)),
  LessEqual: comparison((a, b) => a.lessEqual(b)),
  Log: unary((x) => x.log(), 0.1, 4),
  Log1p: (draw) =>
    unary((x) => x.log1p().mul(100), ...draw.one<[number, number]>([-0.9, 4], [-1e-4, 1e-4]))(draw),
  LogicalAnd: logical((a, b) => a.logicalAnd(b)),
  LogicalNot: (draw) => ({ inputs: [draw.bools(draw.shape())], run: (x) => x.logicalNot() }),
  LogicalOr: logical((a, b) => a.logicalOr(b)),
  Maximum: binary((a, b) => a.maximum(b), "unbroadcast"),
  Minimum: binary((a, b) => a.minimum(b), "unbroadcast"),
  Mod: (draw) => {
    const [a, b] = draw.pair();
    const run = (x: tf.Tensor, y: tf.Tensor) => x.mod(y);
    if (draw.whole(1, 2) === 1)
      return { inputs: [draw.wholes(a), draw.wholes(b, 1, 6).mul(draw.one(1, -1)).cast("int32")], run };
    return { inputs: [draw.numbers(a), draw.numbers(b, 0.5, 2)], run, gradient: true };
  },
  Multiply: binary((a, b) => a.mul(b)),
  Neg: unaryOrInteger((x) => x.neg()),
  NotEqual: comparison((a, b) => a.notEqual(b)),
  OnesLike: (draw) => ({ inputs: [draw.any(draw.shape())], run: (x) => x.onesLike() }),
  Pow: (draw) => {
    const [a, b] = draw.pair();
    const run = (x: tf.Tensor, y: tf.Tensor) => x.pow(y);
    if (draw.whole(1, 3) === 1) return { inputs: [draw.wholes(a), draw.wholes(b, 0, 3)], run };
    return { inputs: [draw.numbers(a, 0.2, 2), draw.numbers(b)], run, gradient: true };
  },
  Prelu: (draw) => {
    const shape = draw.filled(1, 4);
    return {
      inputs: [draw.numbers(shape), draw.numbers(shape.slice(-1))],
      run: (x, alpha) => tf.prelu(x, alpha),
      gradient: true,
    };
  },
  RealDiv: (draw) => {
    const [a, b] = draw.pair();
    return { inputs: [draw.numbers(a), draw.numbers(b, 0.5, 2)], run: (x, y) => x.div(y), gradient: true };
  },
  Reciprocal: unary((x) => x.reciprocal(), 0.5, 3),
  Relu: unaryOrInteger((x) => x.relu()),
  Relu6: unary((x) => x.relu6(), -3, 9),
  Round: unary((x) => x.round(), -4, 4),
  Rsqrt: unary((x) => x.rsqrt(), 0.2, 4),
  Select: (draw) => {
    const shape = draw.shape(1, 5);
    const rows = draw.whole(0, 1) === 1;
    const condition = draw.bools(rows ? shape.slice(0, 1) : shape);
    const other = rows ? shape : draw.one(shape, [1], []);
    return {
      inputs: [draw.numbers(shape), draw.numbers(other)],
      run: (a, b) =>
        tf.where(rows ? condition.reshape([-1, ...shape.slice(1).map(() => 1)]) : condition, a, b),
      gradient: true,
    };
  },
  Selu: unary((x) => x.selu()),
  Sigmoid: unary((x) => x.sigmoid(), -8, 8),
  Sign: unaryOrInteger((x) => x.sign()),
  Sin: unary((x) => x.sin()),
  Sinh: unary((x) => x.sinh()),
  Softplus: unary((x) => x.softplus(), -9, 9),
  Sqrt: unary((x) => x.sqrt(), 0.2, 4),
  Square: unaryOrInteger((x) => x.square()),
  SquaredDifference: binary((a, b) => a.squaredDifference(b), "unbroadcast"),
  Step: unary((x) => x.step(0.2)),
  Sub: binary((a, b) => a.sub(b)),
  Tan: unary((x) => x.tan(), -1, 1),
  Tanh: unary((x) => x.tanh()),
  ZerosLike: (draw) => ({ inputs: [draw.any(draw.shape())], run: (x) => x.zerosLike() }),
};
