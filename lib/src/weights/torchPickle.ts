/**
 * What a PyTorch checkpoint's pickle may ask for, and what it holds: tensors as views of storages that lie elsewhere in
 * the file, inside plain containers.
 */
import { type ElementType, elementBytes } from "./elementTypes.js";
import { PickleFunction, PickleObject, type PickleRules } from "./pickle.js";

/** A run of numbers in the file that one or more tensors are views of. */
export interface Storage {
  readonly key: string;
  readonly type: ElementType;
  /** Elements, not bytes. */
  readonly length: number;
}

/** A view of a storage; all counts are in elements. */
export class StoredView {
  constructor(
    readonly storage: Storage,
    readonly offset: number,
    readonly shape: readonly number[],
    readonly strides: readonly number[],
  ) {}
}

const storageTypes: Readonly<Record<string, ElementType>> = {
  DoubleStorage: "F64",
  FloatStorage: "F32",
  HalfStorage: "F16",
  BFloat16Storage: "BF16",
  LongStorage: "I64",
  IntStorage: "I32",
  ShortStorage: "I16",
  CharStorage: "I8",
  ByteStorage: "U8",
  BoolStorage: "BOOL",
};

/** The kind of storage that a name in a pickle stands for. */
class StorageKind {
  constructor(readonly type: ElementType) {}
}

const isCount = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isCounts = (value: unknown): value is number[] => Array.isArray(value) && value.every(isCount);

/** Checks that a view stays inside its storage and is not larger than it. */
function view(storage: unknown, offset: unknown, shape: unknown, strides: unknown): StoredView {
  if (!(typeof storage === "object" && storage !== null && "key" in storage && "length" in storage))
    throw new Error("a tensor has no storage.");
  if (!isCount(offset) || !isCounts(shape) || !isCounts(strides) || shape.length !== strides.length)
    throw new Error("a tensor's offset, shape or strides are not whole numbers from 0 up.");
  const { length, key } = storage as Storage;
  const elements = shape.reduce((product, size) => product * size, 1);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], offset);
  if (elements > 0 && (last >= length || elements > length))
    throw new Error(`a tensor [${shape}] is larger than its storage ${key} of ${length} elements.`);
  return new StoredView(storage as Storage, offset, [...shape], [...strides]); // copies: the pickle may go on to change its lists
}

const orderedDict = new PickleFunction("collections.OrderedDict", ([pairs]) => {
  const map = new Map<unknown, unknown>();
  if (pairs === undefined) return map;
  if (!Array.isArray(pairs)) throw new Error("an ordered dictionary is made of no list.");
  for (const pair of pairs) if (Array.isArray(pair)) map.set(pair[0], pair[1]);
  return map;
});
const rebuildTensor = new PickleFunction(
  "torch._utils._rebuild_tensor_v2",
  ([storage, offset, shape, strides]) => view(storage, offset, shape, strides),
);
const rebuildParameter = new PickleFunction("torch._utils._rebuild_parameter", ([data]) => data);
const makeSize = new PickleFunction("torch.Size", ([sizes]) => sizes ?? []);
const makeDevice = new PickleFunction("torch.device", ([name]) => String(name));

/** A module of a TorchScript file. Its class is code in the file, which is not read. */
const makeModule = new PickleFunction("a TorchScript module", () => new PickleObject());
const makeList = new PickleFunction("a list of one type", ([list]) => list);

/** Everything that is allowed, by module and name. */
const allowed: Readonly<Record<string, unknown>> = {
  "collections OrderedDict": orderedDict,
  "torch._utils _rebuild_tensor": rebuildTensor,
  "torch._utils _rebuild_tensor_v2": rebuildTensor,
  "torch._utils _rebuild_parameter": rebuildParameter,
  "torch Size": makeSize,
  "torch device": makeDevice,
  "torch.jit._pickle build_intlist": makeList,
  "torch.jit._pickle build_doublelist": makeList,
  "torch.jit._pickle build_boollist": makeList,
  "torch.jit._pickle build_tensorlist": makeList,
  ...Object.fromEntries(
    Object.entries(storageTypes).map(([name, type]) => [`torch ${name}`, new StorageKind(type)]),
  ),
};

const dataTypes = /^(float(16|32|64)|bfloat16|u?int8|int(16|32|64)|bool)$/;

/** Rules for one checkpoint; `storages` collects every storage that its tensors are views of. */
export function torchRules(storages: Map<string, Storage>): PickleRules {
  return {
    findGlobal(module, name) {
      const known = `${module} ${name}`;
      if (Object.hasOwn(allowed, known)) return allowed[known];
      if (module === "__torch__" || module.startsWith("__torch__.")) return makeModule;
      if (module === "torch" && dataTypes.test(name)) return `torch.${name}`;
      throw new Error(
        `it asks for ${module}.${name}. Only tensors in plain containers are read; nothing of the file was run.`,
      );
    },
    findPersistent(id) {
      const [tag, kind, key, , length, viewed] = Array.isArray(id) ? id : [];
      if (tag !== "storage" || !(kind instanceof StorageKind) || typeof key !== "string" || !isCount(length))
        throw new Error("a reference in the pickle is no storage.");
      if (viewed !== undefined && viewed !== null)
        throw new Error(`storage ${key} is a view of another, as PyTorch before 0.4 wrote it.`);
      const before = storages.get(key);
      if (before && (before.type !== kind.type || before.length !== length))
        throw new Error(`storage ${key} is described twice, differently.`);
      const storage = before ?? { key, type: kind.type, length };
      storages.set(key, storage);
      return storage;
    },
  };
}

/** The tensors of a checkpoint's root object by name, and how it was laid out. */
export function findTensors(root: unknown): { tensors: Map<string, StoredView>; layout: string } {
  if (root instanceof PickleObject) return { tensors: moduleTensors(root), layout: "TorchScript" };
  if (!(root instanceof Map)) throw new Error("it holds no dictionary of tensors.");
  const inside = (key: string) =>
    root.get(key) instanceof Map ? (root.get(key) as Map<unknown, unknown>) : undefined;
  const lightning = inside("state_dict");
  const deepSpeed = inside("module");
  const named = lightning ?? deepSpeed ?? (root as Map<unknown, unknown>);
  const wrapper = "_forward_module.";
  const tensors = new Map<string, StoredView>();
  for (const [key, value] of named) {
    if (!(value instanceof StoredView) || typeof key !== "string") continue;
    const name = deepSpeed && !lightning && key.startsWith(wrapper) ? key.slice(wrapper.length) : key;
    if (name === "__proto__") throw new Error("a tensor is named __proto__.");
    if (tensors.has(name)) throw new Error(`two tensors are named ${name}.`);
    tensors.set(name, value);
  }
  if (tensors.size === 0) {
    const keys = [...named.keys()].slice(0, 5).map(String);
    throw new Error(`it holds no tensors by name; its keys are ${keys.join(", ") || "none"}.`);
  }
  return { tensors, layout: lightning ? "Lightning" : deepSpeed ? "DeepSpeed" : "plain" };
}

const maxModules = 100_000;
const maxModuleDepth = 100;

/** The tensors of a tree of modules, by their path. */
function moduleTensors(root: PickleObject): Map<string, StoredView> {
  const tensors = new Map<string, StoredView>();
  const above = new Set<PickleObject>();
  let visits = 0;
  const visit = (module: PickleObject, prefix: string) => {
    if (above.has(module)) throw new Error(`the module ${prefix} contains itself.`);
    // modules that share modules that share modules … are few in the file and countless as paths
    if (++visits > maxModules || above.size > maxModuleDepth)
      throw new Error(
        `it has more than ${maxModules} modules, or more than ${maxModuleDepth} inside each other.`,
      );
    above.add(module);
    for (const [name, value] of module.attributes) {
      if (value instanceof StoredView) tensors.set(`${prefix}${name}`, value);
      if (value instanceof PickleObject) visit(value, `${prefix}${name}.`);
    }
    above.delete(module);
  };
  visit(root, "");
  if (tensors.size === 0) throw new Error("its modules hold no tensors.");
  return tensors;
}

/** Reads `length` elements of a storage from element `from` on. */
export type ReadStorage = (storage: Storage, from: number, length: number) => Promise<Uint8Array>;

/** A view's elements in row-major order. */
export async function readView(
  { storage, offset, shape, strides }: StoredView,
  read: ReadStorage,
): Promise<Uint8Array> {
  const elements = shape.reduce((product, size) => product * size, 1);
  if (elements === 0) return new Uint8Array(0);
  let dense = 1;
  const rowMajor = shape.every((_, i) => {
    const axis = shape.length - 1 - i;
    const fits = shape[axis] === 1 || strides[axis] === dense;
    dense *= shape[axis];
    return fits;
  });
  if (rowMajor) return read(storage, offset, elements);
  const span = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis], 0) + 1;
  const source = await read(storage, offset, span);
  const width = elementBytes[storage.type];
  const result = new Uint8Array(elements * width);
  const index = shape.map(() => 0);
  let from = 0;
  for (let to = 0; to < elements; to++) {
    for (let byte = 0; byte < width; byte++) result[to * width + byte] = source[from * width + byte];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis];
      if (++index[axis] < shape[axis]) break;
      from -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return result;
}
