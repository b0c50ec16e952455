/** What there is to compute with on this machine. */
import { getBackend, version_core } from "@tensorflow/tfjs";
import { elementsOf, Graph } from "./graph.js";
import { encodeModel, namedNode, namedValue, type OnnxModel } from "./onnx.js";
import { openSession, type Provider, runtime } from "./session.js";

export interface EngineReport {
  readonly versions: { readonly node: string; readonly tensorflowJs: string; readonly onnxRuntime: string };
  /** Backend that runs TensorFlow.js outside compiled functions. */
  readonly eagerBackend: string;
  /** For each provider of `compile`: `opens`, or why it does not, by a session opened for this report. */
  readonly providers: Readonly<Record<Exclude<Provider, "auto">, string>>;
}

/** Tells versions, the eager backend, and which providers open a session here; takes part of a second. */
export async function engineReport(): Promise<EngineReport> {
  const { env } = runtime();
  return {
    versions: {
      node: process.versions.node,
      tensorflowJs: version_core,
      onnxRuntime: env.versions.node ?? env.versions.common,
    },
    eagerBackend: getBackend() ?? "not chosen yet",
    providers: {
      cpu: await tryProvider("cpu"),
      webgpu: await tryProvider("webgpu"),
      cuda: await tryProvider("cuda"),
    },
  };
}

async function tryProvider(provider: Provider): Promise<string> {
  try {
    const { session } = await openSession(smallestModel(), provider, 1);
    await session.release();
    return "opens";
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** One addition. */
function smallestModel(): OnnxModel {
  const graph = new Graph();
  const x = graph.input([1], "float32");
  const one = graph.constant(elementsOf("float32", [1]), [1], "float32");
  const sum = graph.emit("Add", [x, one], x);
  return encodeModel({
    nodes: [namedNode(graph.nodes[0], "sum")],
    inputs: [namedValue(x)],
    outputs: [namedValue(sum)],
    constants: [one],
  });
}
