/** Checkpoints as `torch.save` writes them: a zip file since PyTorch 1.6, a row of pickles and raw numbers before. */
import { type FileHandle, open } from "node:fs/promises";
import type { Entry } from "yauzl";
import { elementBytes } from "./elementTypes.js";
import { PickleCutShort, readPickle } from "./pickle.js";
import { readFully, type StoredTensor, type TensorFile, tensorFile } from "./tensorFile.js";
import {
  findTensors,
  type ReadStorage,
  readView,
  type Storage,
  type StoredView,
  torchRules,
} from "./torchPickle.js";
import { openZip } from "./zipReader.js";

const maxPickleBytes = 2 ** 28;

interface PlacedView extends StoredTensor {
  readonly view: StoredView;
}

function describe(
  path: string,
  kind: string,
  file: FileHandle,
  root: unknown,
  startOf: (storage: Storage) => number,
): TensorFile {
  const { tensors, layout } = findTensors(root);
  const entries = new Map<string, PlacedView>();
  for (const [name, view] of tensors) entries.set(name, { type: view.storage.type, shape: view.shape, view });
  const read: ReadStorage = async (storage, from, length) => {
    const width = elementBytes[storage.type];
    const bytes = new Uint8Array(length * width);
    await readFully(file, bytes, startOf(storage) + from * width, path);
    return bytes;
  };
  const format = `PyTorch ${kind}, ${layout} layout`;
  return tensorFile({ path, format, metadata: {}, close: () => file.close() }, entries, ({ view }) =>
    readView(view, read),
  );
}

/** Opens a zip file of `torch.save`. `file` is handed over. */
export async function openTorchZip(path: string, file: FileHandle): Promise<TensorFile> {
  const zip = await openZip(file, path);
  try {
    const found = new Map<string, Entry>();
    for await (const entry of zip.eachEntry()) {
      if (found.has(entry.fileName)) throw new Error(`it holds ${entry.fileName} twice.`);
      found.set(entry.fileName, entry);
    }
    const pickles = [...found.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
    if (pickles.length !== 1)
      throw new Error("it is a zip file without one data.pkl in one folder, so torch.save did not write it.");
    const folder = pickles[0].slice(0, -"data.pkl".length);
    const bytesAt = async (name: string): Promise<{ start: number; size: number }> => {
      const entry = found.get(folder + name);
      if (!entry) throw new Error(`${folder}${name} is missing.`);
      if (entry.isCompressed() || entry.isEncrypted())
        throw new Error(`${folder}${name} is compressed or encrypted; torch.save stores it plainly.`);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      return { start: fileDataStart, size: entry.uncompressedSize };
    };
    const { size: fileSize } = await file.stat();
    const load = async (name: string, limit: number) => {
      const { start, size } = await bytesAt(name);
      if (size > limit || start + size > fileSize)
        throw new Error(`${folder}${name} of ${size} bytes is too long.`);
      const bytes = new Uint8Array(size);
      await readFully(file, bytes, start, path);
      return bytes;
    };
    if (found.has(`${folder}byteorder`)) {
      const order = new TextDecoder().decode(await load("byteorder", 16));
      if (order !== "little") throw new Error(`its numbers are ${order}-endian; only little-endian is read.`);
    }
    const storages = new Map<string, Storage>();
    const { value } = readPickle(await load("data.pkl", maxPickleBytes), 0, torchRules(storages));
    const starts = new Map<Storage, number>();
    for (const storage of storages.values()) {
      const { start, size } = await bytesAt(`data/${storage.key}`);
      const needed = storage.length * elementBytes[storage.type];
      if (size < needed || start + needed > fileSize)
        throw new Error(`storage ${storage.key} needs ${needed} bytes; the file holds fewer.`);
      starts.set(storage, start);
    }
    return describe(path, "zip", file, value, (storage) => starts.get(storage) as number);
  } finally {
    zip.close();
  }
}

const legacyMagic = 0x1950a86a20f9469cfc6cn;

/** Opens a file that `torch.save` wrote before version 1.6, or with the new format switched off. `file` is handed over. */
export async function openTorchLegacy(path: string, file: FileHandle): Promise<TensorFile> {
  const { size } = await file.stat();
  for (let length = Math.min(size, 2 ** 22); ; length = Math.min(size, 4 * length)) {
    const head = new Uint8Array(length);
    await readFully(file, head, 0, path);
    try {
      return await readLegacy(path, file, head, size);
    } catch (error) {
      // the pickles may be longer than what was read of the file
      if (!(error instanceof PickleCutShort) || length === size || length >= maxPickleBytes) throw error;
    }
  }
}

async function readLegacy(
  path: string,
  file: FileHandle,
  head: Uint8Array,
  size: number,
): Promise<TensorFile> {
  const storages = new Map<string, Storage>();
  const rules = torchRules(storages);
  let at = 0;
  const next = () => {
    const { value, end } = readPickle(head, at, rules);
    at = end;
    return value;
  };
  if (next() !== legacyMagic) throw new Error("it does not begin as torch.save begins a file.");
  const version = next();
  if (version !== 1001) throw new Error(`its format is version ${version}; only 1001 is read.`);
  const system = next();
  if (system instanceof Map && system.get("little_endian") === false)
    throw new Error("its numbers are big-endian; only little-endian is read.");
  const root = next();
  const keys = next();
  if (!Array.isArray(keys)) throw new Error("it lists no storages.");
  const starts = new Map<Storage, number>();
  let position = at;
  for (const key of keys) {
    const storage = storages.get(String(key));
    if (!storage) throw new Error(`storage ${key} belongs to no tensor.`);
    const count = new Uint8Array(8);
    await readFully(file, count, position, path);
    const length = new DataView(count.buffer).getBigInt64(0, true);
    const bytes = storage.length * elementBytes[storage.type];
    if (length !== BigInt(storage.length) || position + 8 + bytes > size)
      throw new Error(`storage ${key} needs ${bytes} bytes; the file holds fewer.`);
    starts.set(storage, position + 8);
    position += 8 + bytes;
  }
  for (const storage of storages.values())
    if (!starts.has(storage)) throw new Error(`storage ${storage.key} is missing.`);
  return describe(path, "legacy", file, root, (storage) => starts.get(storage) as number);
}

/** Whether a file begins as `torch.save` begins one, and how. */
export async function torchKind(
  path: string,
): Promise<{ kind: "zip" | "legacy" | "none"; file: FileHandle }> {
  const file = await open(path, "r");
  const head = new Uint8Array(4);
  const { bytesRead } = await file.read(head, 0, 4, 0);
  const starts = (...bytes: number[]) => bytes.every((byte, i) => i < bytesRead && head[i] === byte);
  const kind = starts(0x50, 0x4b, 3, 4) ? "zip" : starts(0x80, 2, 0x8a, 0x0a) ? "legacy" : "none";
  return { kind, file };
}
