/** Which backend runs TensorFlow.js outside compiled functions. */
import { dirname, join } from "node:path";
import { env, findBackend, getBackend, setBackend } from "@tensorflow/tfjs";
import { requireChoice } from "../tensor/check.js";

/** Fastest first. The native ones are packages that a user installs. */
const backends = ["tensorflow-gpu", "tensorflow", "wasm", "cpu"] as const;
export type BackendName = (typeof backends)[number];

const nativePackages = { "tensorflow-gpu": "@tensorflow/tfjs-node-gpu", tensorflow: "@tensorflow/tfjs-node" };

/**
 * Makes the fastest installed backend current for eager TensorFlow.js, or the one asked for: `tensorflow-gpu` and
 * `tensorflow` (the packages `@tensorflow/tfjs-node-gpu` and `@tensorflow/tfjs-node`, where installed), `wasm`, `cpu`.
 *
 * @returns the name of the backend in use
 * @throws Error if the backend that was asked for does not start, with its reason
 */
export async function useBackend(name?: BackendName): Promise<BackendName> {
  if (name) {
    requireChoice("useBackend", "name", name, backends);
    const reason = await start(name);
    if (reason) throw new Error(`useBackend: ${name} does not start: ${reason}`);
    return name;
  }
  for (const candidate of backends) if (!(await start(candidate))) return candidate;
  throw new Error("useBackend: no backend starts, not even cpu.");
}

/** Starts one backend; returns why it did not, or undefined. */
async function start(name: BackendName): Promise<string | undefined> {
  try {
    if (name === "wasm") prepareWasm();
    if (name === "tensorflow" || name === "tensorflow-gpu") require(nativePackages[name]);
    const registered = name === "tensorflow-gpu" ? "tensorflow" : name;
    if (await setBackend(registered)) return undefined;
    return `TensorFlow.js stayed on ${getBackend()}`;
  } catch (error) {
    return (error as Error).message.split("\n")[0];
  }
}

/** Loads the WebAssembly backend and tells it where its binaries are. */
function prepareWasm(): void {
  const wasm = require("@tensorflow/tfjs-backend-wasm") as typeof import("@tensorflow/tfjs-backend-wasm");
  const entry = require.resolve("@tensorflow/tfjs-backend-wasm");
  try {
    wasm.setWasmPaths(join(dirname(entry), "/"));
  } catch {
    // Already started; the paths are in use.
  }
}

/**
 * The `cpu` backend, which TensorFlow.js takes in Node when nobody chooses, greets its first tensor with a notice about the native package. Its first tensor is made here, in
 * production mode, in which TensorFlow.js prints nothing.
 */
function skipGreeting(): void {
  if (getBackend() === undefined) void setBackend("cpu");
  const production = env().getBool("PROD");
  env().set("PROD", true);
  const cpu = findBackend("cpu");
  cpu.disposeData(cpu.write(new Float32Array(1), [1], "float32"));
  env().set("PROD", production);
}

skipGreeting();
