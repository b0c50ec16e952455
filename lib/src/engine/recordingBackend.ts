/**
 * A TensorFlow.js backend that computes nothing: every kernel writes nodes into the graph of the trace that is going
 * on. It is the current backend only while `traceFunction` runs, which never waits, so no other code sees it.
 */
import {
  type DataType,
  findBackend,
  findBackendFactory,
  getKernelsForBackend,
  KernelBackend,
  type KernelFunc,
  type NamedTensorInfoMap,
  registerBackend,
  registerKernel,
  type TensorInfo,
} from "@tensorflow/tfjs";
import { type Elements, sizeOf } from "./graph.js";
import { kernelRules } from "./kernels/table.js";
import { elementType, type Recorder } from "./recorder.js";
import { runningOps } from "./tfjsInternals.js";
import type { KernelAttributes, KernelInputs, Traced } from "./traced.js";

export const recordingBackendName = "vid2world-recording";
/** A kernel of ours alone: makes the placeholder of a tensor argument. */
export const placeholderKernel = "Vid2WorldPlaceholder";

const randomOps = /^(rand|truncatedNormal|multinomial|dropout)/;
let active: Recorder | undefined;

/** Says which trace the backend records into; undefined when there is none. */
export function recordInto(recorder: Recorder | undefined): void {
  active = recorder;
}

/** The running trace. */
export function activeRecorder(): Recorder | undefined {
  return active;
}

class RecordingBackend extends KernelBackend {
  /** References to data beyond the first. */
  private readonly references = new WeakMap<object, number>();

  override write(values: Parameters<KernelBackend["write"]>[0], shape: number[], dtype: DataType): object {
    const recorder = current();
    refuseChance(recorder);
    return recorder.addConstant(values as Elements, shape, elementType({ dtype, shape }));
  }

  override readSync(): never {
    return refuseReading("dataSync");
  }

  override read(): never {
    return refuseReading("data");
  }

  /** Called by `tf.variable` alone, since assignments are taken over while tracing. */
  override incRef(dataId: object): void {
    const recorder = current();
    if (recorder.hasMade(dataId)) this.references.set(dataId, this.refCount(dataId));
    else findBackend(recorder.home).incRef(dataId);
    recorder.refuse(
      "compile: a variable is created while tracing. Create variables before (for an optimiser that makes its own on first use: run it once eagerly), or use plain tensors.",
    );
  }

  override disposeData(dataId: object): boolean {
    const others = this.refCount(dataId) - 1;
    this.references.set(dataId, others - 1);
    return others <= 0;
  }

  override refCount(dataId: object): number {
    return 1 + (this.references.get(dataId) ?? 0);
  }

  override numDataIds(): number {
    return 0;
  }

  override memory(): { unreliable: boolean } {
    return { unreliable: true };
  }

  override floatPrecision(): 16 | 32 {
    return 32;
  }

  override epsilon(): number {
    return 1e-7;
  }

  override dispose(): void {}
}

/** Registers the backend and its kernels, once. */
export function registerRecordingBackend(): void {
  if (findBackendFactory(recordingBackendName)) return;
  registerBackend(recordingBackendName, () => new RecordingBackend());
  for (const [kernelName, rule] of Object.entries(kernelRules))
    register(kernelName, recording(kernelName, rule));
  register(placeholderKernel, ({ attrs }) => {
    const { shape, dtype } = attrs as KernelAttributes;
    return { dataId: current().addArgument(shape, dtype), shape, dtype };
  });
  for (const { kernelName } of getKernelsForBackend("cpu"))
    if (!kernelRules[kernelName]) register(kernelName, () => refuseKernel(kernelName));
}

function register(kernelName: string, kernelFunc: KernelFunc): void {
  registerKernel({ kernelName, backendName: recordingBackendName, kernelFunc });
}

function recording(kernelName: string, rule: (typeof kernelRules)[string]): KernelFunc {
  return ({ inputs, attrs }) => {
    const recorder = current();
    recorder.enterKernel(kernelName);
    const result = rule(recorder.graph, tracedInputs(recorder, inputs), (attrs ?? {}) as KernelAttributes);
    return Array.isArray(result)
      ? result.map((part) => asTensorInfo(recorder, part))
      : asTensorInfo(recorder, result as Traced);
  };
}

function tracedInputs(recorder: Recorder, inputs: NamedTensorInfoMap): KernelInputs {
  const traced: KernelInputs = {};
  for (const [name, info] of Object.entries(inputs)) if (info) traced[name] = recorder.lookup(info);
  return traced;
}

function asTensorInfo(recorder: Recorder, traced: Traced): TensorInfo {
  const { graph } = recorder;
  const shape = [...traced.shape];
  const type = traced.value.type as "float32";
  const kept =
    sizeOf(shape) === 0 ? { value: graph.constant(new Float32Array(0), shape, type), shape } : traced;
  return { dataId: recorder.remember(kept), shape, dtype: type };
}

function current(): Recorder {
  if (!active) throw new Error(`compile: backend ${recordingBackendName} is in use outside a trace.`);
  return active;
}

/** Refuses a constant that a random op has made. */
function refuseChance(recorder: Recorder): void {
  const op = runningOps().find((name) => randomOps.test(name));
  if (!op) return;
  recorder.refuse(
    `compile: tf.${op} draws numbers while tracing, so every later call would see the same ones. Draw them outside and pass them as an argument.`,
  );
}

/** Refuses the reading of a traced tensor's elements. */
export function refuseReading(method: string): never {
  const [op] = runningOps();
  const reader = op ? `tf.${op} reads` : `${method} (or print, array, buffer) asks for`;
  return current().refuse(
    `compile: ${reader} the elements of a tensor while tracing, when there are none yet. Return the tensor and read it outside, read constants before, or choose with tf.where.${callSite()}`,
  );
}

function refuseKernel(kernelName: string): never {
  const op = runningOps().pop() ?? kernelName;
  if (randomOps.test(op)) refuseChance(current());
  return current().refuse(
    `compile: tf.${op} (kernel ${kernelName}) cannot be traced yet. Run it outside the compiled function, or write it with other ops.${callSite()}`,
  );
}

/** Where the user's code stands, for the end of a message. */
function callSite(): string {
  const frames = (new Error().stack ?? "").split("\n").slice(1);
  const frame = frames.find((line) => !line.includes(__dirname) && !/node_modules|node:/.test(line));
  return frame ? ` Called ${frame.trim()}` : "";
}
