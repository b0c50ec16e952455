/**
 * What one trace has seen so far: which tensor stands for which value of the graph, which tensors and variables came
 * from outside, which variables were assigned.
 */
import { type Tensor, type TensorInfo, Variable } from "@tensorflow/tfjs";
import { type Elements, type ElementType, Graph, sameShape, type Value } from "./graph.js";
import { readElements, runningOps } from "./tfjsInternals.js";
import { exactly, filled, full, type Traced } from "./traced.js";

export class Recorder {
  readonly graph = new Graph();
  /** Inputs for the tensor arguments, in order. */
  readonly arguments: Value[] = [];
  /** Tensors from outside that were read, with their inputs. */
  readonly captured = new Map<Tensor, Value>();
  /** Variables that were read or assigned, with the inputs for the values they had before. */
  readonly variables = new Map<Variable, Value>();
  /** Variables that were assigned, with what they hold now. */
  readonly assigned = new Map<Variable, Traced>();
  /** By the data of tensors made while tracing. */
  private readonly made = new WeakMap<object, Traced>();
  /** By the data of tensors from outside. */
  private readonly outside = new WeakMap<object, Traced>();
  private failure: Error | undefined;

  /**
   * @param frozen data of the tensors whose elements go into the graph
   * @param home the backend that is current outside the trace
   */
  constructor(
    private readonly frozen: ReadonlySet<object>,
    readonly home: string,
  ) {}

  /** Remembers what a new tensor stands for; the returned object is what TensorFlow.js calls its data. */
  remember(traced: Traced): object {
    const dataId = {};
    this.made.set(dataId, traced);
    return dataId;
  }

  /** Whether data was made while tracing. */
  hasMade(dataId: object): boolean {
    return this.made.has(dataId);
  }

  /** What a tensor stands for; a tensor from outside becomes an input, or a constant where frozen. */
  lookup(tensor: TensorInfo): Traced {
    if (tensor instanceof Variable) return this.readVariable(tensor);
    const known = this.made.get(tensor.dataId) ?? this.outside.get(tensor.dataId);
    if (known) return known;
    const outside = tensor as Tensor;
    let value = this.frozenConstant(outside);
    if (!value) {
      value = this.graph.input(outside.shape, elementType(outside));
      this.captured.set(outside, value);
    }
    this.outside.set(outside.dataId, exactly(value));
    return exactly(value);
  }

  /** A new tensor argument's data. */
  addArgument(shape: readonly number[], type: ElementType): object {
    const value = this.graph.input(shape, type);
    this.arguments.push(value);
    return this.remember(exactly(value));
  }

  /** A constant made while tracing; one number everywhere is kept as that number. */
  addConstant(elements: Elements, shape: readonly number[], type: "float32" | "int32" | "bool"): object {
    const first = elements[0];
    const uniform =
      elements.length > 0 && (elements as Float32Array).every((element) => Object.is(element, first));
    if (uniform) return this.remember(filled(this.graph, shape, Number(first), type));
    return this.remember(exactly(this.graph.constant(elements.slice(), shape, type)));
  }

  /** What `Variable.assign` does while tracing. */
  assign(variable: Variable, tensor: Tensor): void {
    if (tensor.dtype !== variable.dtype || !sameShape(tensor.shape, variable.shape))
      throw new Error(
        `compile: variable ${variable.name} is ${variable.dtype} [${variable.shape}] and cannot be assigned ${tensor.dtype} [${tensor.shape}].`,
      );
    if (this.frozen.has(variable.dataId))
      throw new Error(
        `compile: variable ${variable.name} is frozen, yet assigned; leave it out of \`freeze\`.`,
      );
    this.inputOf(variable);
    this.assigned.set(variable, this.lookup(tensor));
  }

  /** Throws now, and again at the end of the trace in case the traced function swallows the error. */
  refuse(message: string): never {
    this.failure ??= new Error(message);
    throw this.failure;
  }

  throwIfRefused(): void {
    if (this.failure) throw this.failure;
  }

  /** Sets the origin of the nodes that follow. */
  enterKernel(kernel: string): void {
    const ops = runningOps();
    this.graph.origin = ops.length > 0 ? ops[ops.length - 1] : kernel;
  }

  /** The value of a tensor, written out. */
  written(tensor: Tensor): Value {
    return full(this.graph, this.lookup(tensor));
  }

  private readVariable(variable: Variable): Traced {
    const assigned = this.assigned.get(variable);
    return assigned ?? exactly(this.frozenConstant(variable) ?? this.inputOf(variable));
  }

  private frozenConstant(tensor: Tensor): Value | undefined {
    if (!this.frozen.has(tensor.dataId)) return undefined;
    return this.graph.constant(readElements(tensor) as Elements, tensor.shape, elementType(tensor));
  }

  private inputOf(variable: Variable): Value {
    let input = this.variables.get(variable);
    if (!input) {
      input = this.graph.input(variable.shape, elementType(variable));
      this.variables.set(variable, input);
    }
    return input;
  }
}

/** The element type of a tensor from outside. */
export function elementType(tensor: {
  dtype: string;
  shape: readonly number[];
}): "float32" | "int32" | "bool" {
  const { dtype, shape } = tensor;
  if (dtype === "float32" || dtype === "int32" || dtype === "bool") return dtype;
  throw new TypeError(
    `compile: a tensor [${shape}] has type ${dtype}; expected float32, int32 or bool. Keep other types outside the compiled function.`,
  );
}
