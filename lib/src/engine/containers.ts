/** Tensors in arrays and plain records, as arguments and results of compiled functions have them. */
import { Tensor } from "@tensorflow/tfjs";

type Leaf<T> = (tensor: Tensor, path: string) => T;

/** The same container with every tensor replaced; plain numbers, strings and booleans stay. */
export function mapTensors(container: unknown, leaf: Leaf<unknown>, path = ""): unknown {
  if (container instanceof Tensor) return leaf(container, path);
  if (Array.isArray(container)) return container.map((item, i) => mapTensors(item, leaf, `${path}[${i}]`));
  if (isRecord(container)) {
    const entries = Object.entries(container).map(([key, item]) => [
      key,
      mapTensors(item, leaf, `${path}.${key}`),
    ]);
    return Object.fromEntries(entries);
  }
  if (container === null || ["number", "string", "boolean", "undefined"].includes(typeof container))
    return container;
  throw new TypeError(
    `compile: argument${path} is ${kindOf(container)}; expected tensors, numbers, strings, booleans, and arrays and plain objects of them.`,
  );
}

/** All tensors in a container, in the order in which `mapTensors` meets them. */
export function tensorsIn(container: unknown): Tensor[] {
  const found: Tensor[] = [];
  mapTensors(container, (tensor) => found.push(tensor));
  return found;
}

/** Text that is the same for arguments that one graph can serve: equal structure, shapes, types and plain values. */
export function signature(container: unknown, tensorKey: (tensor: Tensor) => string): string {
  return JSON.stringify(
    mapTensors(container, (tensor) => ({ tensor: tensorKey(tensor) })),
    (_key, value) =>
      typeof value === "number" && !Number.isFinite(value) ? `number ${value}` : (value ?? `${value}`),
  );
}

function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null; // also of another realm, as in a notebook
}

function kindOf(value: unknown): string {
  if (typeof value === "object" && value !== null) return `a ${value.constructor?.name ?? "object"}`;
  return `a ${typeof value}`;
}
