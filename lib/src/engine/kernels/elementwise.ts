/** Kernels that work element by element: arithmetic, comparison, logic, choice, casts. */
import { binary, type Comparison, castTo, compare, number, unary, where } from "../arithmetic.js";
import type { Graph } from "../graph.js";
import { reshape } from "../layout.js";
import { filled, full, type KernelRule, type KernelRules, type Traced } from "../traced.js";

/** Arithmetic of two inputs; bool counts as 0 and 1. */
function pair(rule: (graph: Graph, a: Traced, b: Traced) => Traced): KernelRule {
  return (graph, { a, b }) => {
    if (a.value.type !== "bool") return rule(graph, a, b);
    return castTo(graph, rule(graph, castTo(graph, a, "int32"), castTo(graph, b, "int32")), "bool");
  };
}

function compared(op: Comparison): KernelRule {
  return (graph, { a, b }) => {
    if (a.value.type !== "bool") return compare(graph, op, a, b);
    return compare(graph, op, castTo(graph, a, "int32"), castTo(graph, b, "int32"));
  };
}

function logical(op: "And" | "Or"): KernelRule {
  return (graph, { a, b }) => compare(graph, op, castTo(graph, a, "bool"), castTo(graph, b, "bool"));
}

function not(graph: Graph, x: Traced): Traced {
  return unary(graph, "Not", castTo(graph, x, "bool"));
}

/** The largest whole number not above a / b, as int32. */
function floorDivide(graph: Graph, a: Traced, b: Traced): Traced {
  const quotient = binary(graph, "Div", castTo(graph, a, "float32"), castTo(graph, b, "float32"));
  return castTo(graph, unary(graph, "Floor", quotient), "int32");
}

/** Remainder with the sign of the divisor. */
function modulo(graph: Graph, a: Traced, b: Traced): Traced {
  const zero = number(graph, 0, a.value.type);
  const remainder: Traced = {
    value: graph.emit("Mod", [a.value, b.value], binary(graph, "Add", a, b).value, { fmod: 1 }),
    shape: binary(graph, "Add", a, b).shape,
  };
  const sameSign = compare(
    graph,
    "Equal",
    castTo(graph, compare(graph, "Less", a, zero), "int32"),
    castTo(graph, compare(graph, "Less", b, zero), "int32"),
  );
  const shifted: Traced = {
    value: graph.emit("Mod", [binary(graph, "Add", remainder, b).value, b.value], remainder.value, {
      fmod: 1,
    }),
    shape: remainder.shape,
  };
  return where(graph, sameSign, remainder, shifted);
}

/** Angle of the point (b, a), from −π to π. */
function angle(graph: Graph, a: Traced, b: Traced): Traced {
  const zero = number(graph, 0);
  const half = unary(graph, "Atan", binary(graph, "Div", a, b));
  const pi = number(graph, Math.PI);
  const turned = where(
    graph,
    compare(graph, "Less", a, zero),
    binary(graph, "Sub", half, pi),
    binary(graph, "Add", half, pi),
  );
  const anywhere = where(graph, compare(graph, "Less", b, zero), turned, half);
  const atOrigin = compare(graph, "And", compare(graph, "Equal", a, zero), compare(graph, "Equal", b, zero));
  return where(graph, atOrigin, zero, anywhere);
}

function power(graph: Graph, a: Traced, b: Traced): Traced {
  return binary(graph, "Pow", a, b);
}

function square(graph: Graph, x: Traced): Traced {
  return binary(graph, "Mul", x, x);
}

/** A condition of rank 1 chooses whole rows. */
function select(graph: Graph, condition: Traced, a: Traced, b: Traced): Traced {
  const missing = a.shape.length - condition.shape.length;
  if (condition.shape.length !== 1 || missing === 0) return where(graph, condition, a, b);
  const shape = [condition.shape[0], ...a.shape.slice(1).map(() => 1)];
  return where(graph, { value: reshape(graph, full(graph, condition), shape), shape }, a, b);
}

function sumOf(graph: Graph, terms: readonly Traced[]): Traced {
  return terms.reduce((sum, term) => binary(graph, "Add", sum, term));
}

function clip(graph: Graph, x: Traced, low: number, high: number): Traced {
  const type = x.value.type as "float32";
  const value = graph.emit("Clip", [x.value, graph.scalar(low, type), graph.scalar(high, type)], x.value);
  return { value, shape: x.shape };
}

const typeNames = ["float32", "int32", "bool"] as const;

export const elementwiseRules: KernelRules = {
  Add: pair((graph, a, b) => binary(graph, "Add", a, b)),
  AddN: (graph, terms) => sumOf(graph, Object.values(terms)),
  Atan2: pair(angle),
  BitwiseAnd: (graph, { a, b }) => ({
    value: graph.emit("BitwiseAnd", [full(graph, a), full(graph, b)], full(graph, a)),
    shape: a.shape,
  }),
  Cast: (graph, { x }, { dtype }) => {
    if (!typeNames.includes(dtype))
      throw new TypeError(`compile: a tensor of type ${dtype} cannot be traced.`);
    return castTo(graph, x, dtype);
  },
  ClipByValue: (graph, { x }, { clipValueMin, clipValueMax }) => clip(graph, x, clipValueMin, clipValueMax),
  Equal: compared("Equal"),
  FloorDiv: (graph, { a, b }) => floorDivide(graph, a, b),
  Greater: compared("Greater"),
  GreaterEqual: compared("GreaterOrEqual"),
  Identity: (_graph, { x }) => x,
  Less: compared("Less"),
  LessEqual: compared("LessOrEqual"),
  LogicalAnd: logical("And"),
  LogicalNot: (graph, { x }) => not(graph, x),
  LogicalOr: logical("Or"),
  Maximum: pair((graph, a, b) => binary(graph, "Max", a, b)),
  Minimum: pair((graph, a, b) => binary(graph, "Min", a, b)),
  Mod: pair(modulo),
  Multiply: pair((graph, a, b) => binary(graph, "Mul", a, b)),
  NotEqual: (graph, inputs, attributes) => not(graph, compared("Equal")(graph, inputs, attributes) as Traced),
  OnesLike: (graph, { x }) => filled(graph, x.shape, 1, x.value.type as "float32"),
  Pow: pair(power),
  RealDiv: pair((graph, a, b) => binary(graph, "Div", a, b)),
  Select: (graph, { condition, t, e }) => select(graph, condition, t, e),
  Square: (graph, { x }) => square(graph, x),
  SquaredDifference: pair((graph, a, b) => square(graph, binary(graph, "Sub", a, b))),
  Sub: pair((graph, a, b) => binary(graph, "Sub", a, b)),
  ZerosLike: (graph, { x }) => filled(graph, x.shape, 0, x.value.type as "float32"),
};
