/** Kernels that apply one mathematical function to every element. */
import { binary, castTo, compare, number, unary, where } from "../arithmetic.js";
import type { Graph } from "../graph.js";
import type { KernelRule, KernelRules, Traced } from "../traced.js";

type FloatRule = (graph: Graph, x: Traced, attributes: Record<string, number>) => Traced;

/** Computes in float32 and returns to the type of the input, as TensorFlow.js does for int32 and bool. */
function inFloat(rule: FloatRule): KernelRule {
  return (graph, { x }, attributes) =>
    castTo(graph, rule(graph, castTo(graph, x, "float32"), attributes), x.value.type);
}

/** A function that ONNX has under the name `op`. */
function named(op: string): KernelRule {
  return inFloat((graph, x) => unary(graph, op, x));
}

/** A function that ONNX has under the name `op` for int32 too, where it is exact. */
function exact(op: string): KernelRule {
  return (graph, { x }) => {
    if (x.value.type !== "bool") return unary(graph, op, x);
    return castTo(graph, unary(graph, op, castTo(graph, x, "int32")), "bool");
  };
}

function above(graph: Graph, x: Traced, limit: number): Traced {
  return compare(graph, "Greater", x, number(graph, limit));
}

/** e^x − 1, by tanh where the subtraction would lose digits. */
function expm1(graph: Graph, x: Traced): Traced {
  const half = unary(graph, "Tanh", binary(graph, "Mul", x, number(graph, 0.5)));
  const small = binary(
    graph,
    "Div",
    binary(graph, "Add", half, half),
    binary(graph, "Sub", number(graph, 1), half),
  );
  const large = binary(graph, "Sub", unary(graph, "Exp", x), number(graph, 1));
  return where(graph, above(graph, unary(graph, "Abs", x), 0.5), large, small);
}

/** log(1 + x): what rounding took from 1 + x is given back as a factor. */
function log1p(graph: Graph, x: Traced): Traced {
  const one = number(graph, 1);
  const sum = binary(graph, "Add", x, one);
  const added = binary(graph, "Sub", sum, one);
  const log = unary(graph, "Log", sum);
  const corrected = binary(graph, "Mul", log, binary(graph, "Div", x, added));
  const lost = compare(graph, "Equal", added, number(graph, 0));
  const huge = above(graph, x, 1e7); // infinity included, where the factor would be NaN
  return where(graph, lost, x, where(graph, huge, log, corrected));
}

/** x above 0, else `slope` times x; both may be tensors. */
function leaky(graph: Graph, x: Traced, slope: Traced): Traced {
  return where(graph, compare(graph, "Less", x, number(graph, 0)), binary(graph, "Mul", slope, x), x);
}

function step(graph: Graph, x: Traced, alpha: number): Traced {
  const sign = where(graph, above(graph, x, 0), number(graph, 1), number(graph, alpha));
  return where(graph, unary(graph, "IsNaN", x, {}, "bool"), x, sign);
}

function bounded(graph: Graph, x: Traced): Traced {
  const unbounded = unary(graph, "IsInf", x, {}, "bool");
  return unary(graph, "Not", compare(graph, "Or", unbounded, unary(graph, "IsNaN", x, {}, "bool")));
}

function tested(rule: (graph: Graph, x: Traced) => Traced): KernelRule {
  return (graph, { x }) => rule(graph, castTo(graph, x, "float32"));
}

/** Scale and slope of SELU (Klambauer et al., "Self-normalizing neural networks", 2017). */
const seluScale = 1.0507009873554805;
const seluAlpha = 1.6732632423543772;

export const functionRules: KernelRules = {
  Abs: exact("Abs"),
  Acos: named("Acos"),
  Acosh: named("Acosh"),
  Asin: named("Asin"),
  Asinh: named("Asinh"),
  Atan: named("Atan"),
  Atanh: named("Atanh"),
  Ceil: named("Ceil"),
  Cos: named("Cos"),
  Cosh: named("Cosh"),
  Elu: inFloat((graph, x) => where(graph, compare(graph, "Less", x, number(graph, 0)), expm1(graph, x), x)),
  EluGrad: (graph, { dy, y }) => {
    const slope = binary(graph, "Add", y, number(graph, 1));
    const rising = compare(graph, "GreaterOrEqual", y, number(graph, 0));
    return where(graph, rising, dy, binary(graph, "Mul", dy, slope));
  },
  Erf: named("Erf"),
  Exp: named("Exp"),
  Expm1: inFloat(expm1),
  Floor: named("Floor"),
  IsFinite: tested(bounded),
  IsInf: tested((graph, x) => unary(graph, "IsInf", x, {}, "bool")),
  IsNan: tested((graph, x) => unary(graph, "IsNaN", x, {}, "bool")),
  LeakyRelu: (graph, { x }, { alpha }) => leaky(graph, castTo(graph, x, "float32"), number(graph, alpha)),
  Log: named("Log"),
  Log1p: inFloat(log1p),
  Neg: exact("Neg"),
  Prelu: (graph, { x, alpha }) => leaky(graph, x, alpha),
  Reciprocal: named("Reciprocal"),
  Relu: named("Relu"),
  Relu6: inFloat((graph, x) => ({
    value: graph.emit("Clip", [x.value, graph.scalar(0), graph.scalar(6)], x.value),
    shape: x.shape,
  })),
  Round: named("Round"),
  Rsqrt: inFloat((graph, x) => unary(graph, "Reciprocal", unary(graph, "Sqrt", x))),
  Selu: inFloat((graph, x) => {
    const curved = binary(graph, "Mul", expm1(graph, x), number(graph, seluScale * seluAlpha));
    const straight = binary(graph, "Mul", x, number(graph, seluScale));
    return where(graph, compare(graph, "GreaterOrEqual", x, number(graph, 0)), straight, curved);
  }),
  Sigmoid: named("Sigmoid"),
  Sign: exact("Sign"),
  Sin: named("Sin"),
  Sinh: named("Sinh"),
  Softplus: named("Softplus"),
  Sqrt: named("Sqrt"),
  Step: inFloat((graph, x, { alpha }) => step(graph, x, alpha)),
  Tan: named("Tan"),
  Tanh: named("Tanh"),
};
