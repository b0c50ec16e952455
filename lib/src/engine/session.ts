/** Opens graphs in ONNX Runtime and runs them. */
import type { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { requireChoice } from "../tensor/check.js";
import { type Elements, type ElementType, type Node, sizeOf } from "./graph.js";
import type { OnnxModel } from "./onnx.js";

type Runtime = typeof import("onnxruntime-node");

/** Where a graph runs; `auto` is the first of cuda, webgpu and cpu that opens it. */
export type Provider = "cpu" | "webgpu" | "cuda" | "auto";
const providers: readonly Provider[] = ["cpu", "webgpu", "cuda", "auto"];

export interface OpenSession {
  readonly session: InferenceSession;
  readonly provider: string;
  /** Why providers that were tried before this one did not open, by name. */
  readonly refused: Readonly<Record<string, string>>;
}

let loaded: Runtime | undefined;

/** ONNX Runtime; its native library is loaded on first use, not on import. */
export function runtime(): Runtime {
  if (loaded) return loaded; // to ask `require` again takes longer than to make a tensor
  loaded = require("onnxruntime-node") as Runtime;
  loaded.env.logLevel = "fatal"; // its errors reach the caller as exceptions; they need not be printed too
  return loaded;
}

export function requireProvider(caller: string, provider: Provider): void {
  requireChoice(caller, "provider", provider, providers);
}

/**
 * For graphs whose weights are inputs, ONNX Runtime's other optimisations find nothing to improve, yet each walks through
 * all nodes, several times: opening a training step takes four times as long, and running it the same time.
 */
const brief: InferenceSession.SessionOptions = {
  graphOptimizationLevel: "basic",
  extra: {
    optimization: {
      disable_specified_optimizers: [
        "CommonSubexpressionElimination",
        "ConstantFolding",
        "ConstantSharing",
        "DoubleQDQPairsRemover",
        "EnsureUniqueDQForNodeUnit",
        "FreeDimensionOverrideTransformer",
        "GeluFusionL1",
        "LayerNormFusionL1",
        "Level1_RuleBasedTransformer",
        "MatMulAddFusion",
        "QDQPropagationTransformer",
        "ReshapeFusion",
        "SliceConcatToSpaceToDepthFusion",
        "WeightBiasQuantization",
        "WhereDummyDq",
      ].join(";"),
    },
  },
};

/**
 * Opens a model; `threads` is the number of threads inside one operation, all cores where undefined. With frozen weights,
 * ONNX Runtime takes its time to choose layouts for them.
 */
export async function openSession(
  model: OnnxModel,
  provider: Provider,
  threads?: number,
  weights: "frozen" | "fed" = "fed",
): Promise<OpenSession> {
  const order = provider === "auto" ? ["cuda", "webgpu", "cpu"] : [provider];
  const refused: Record<string, string> = {};
  for (const name of order) {
    try {
      return { session: await create(model, name, threads, weights), provider: name, refused };
    } catch (error) {
      refused[name] = (error as Error).message;
      if (name === order[order.length - 1]) throw error;
    }
  }
  throw new Error("openSession: no provider was tried.");
}

function create(
  model: OnnxModel,
  provider: string,
  threads: number | undefined,
  weights: "frozen" | "fed",
): Promise<InferenceSession> {
  const options: InferenceSession.SessionOptions = {
    executionProviders: [provider],
    ...(threads === undefined ? {} : { intraOpNumThreads: threads }),
    interOpNumThreads: 1,
    logSeverityLevel: 3,
    ...(weights === "frozen" ? {} : brief),
    externalData: model.external.map(({ path, data }) => ({ path, data })),
  };
  return runtime().InferenceSession.create(model.bytes, options);
}

/** Elements as ONNX Runtime takes them, without a copy. */
export function ortTensor(elements: Elements, shape: readonly number[], type: ElementType): OrtTensor {
  if (elements.length !== sizeOf(shape))
    throw new Error(`compile: ${elements.length} elements do not fill [${shape}].`);
  const { Tensor } = runtime();
  // TensorFlow.js' CPU backend casts int32 to float32 without touching the elements, so their array may be another's.
  const fitting =
    type === "float32" && !(elements instanceof Float32Array)
      ? Float32Array.from(elements as Int32Array)
      : elements;
  return new Tensor(type as "float32", fitting as Float32Array, shape);
}

/** An error of ONNX Runtime, told by the TensorFlow.js op that recorded the node it names. */
export function explainError(error: unknown, nodes: ReadonlyMap<string, Node>): Error {
  const message = error instanceof Error ? error.message : String(error);
  for (const [name, node] of nodes) {
    if (!message.includes(name)) continue;
    const shapes = node.inputs.map((input) => (input ? `${input.type} [${input.shape}]` : "none")).join(", ");
    return new Error(
      `compile: ONNX Runtime failed in tf.${node.origin} (node ${node.op} on ${shapes}): ${message}`,
      { cause: error },
    );
  }
  return new Error(`compile: ONNX Runtime failed: ${message}`, { cause: error });
}
