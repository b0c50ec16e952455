/**
 * HDF5 files through h5wasm, one file's worth of synchronous calls at a time. By itself h5wasm hands out uninitialised
 * memory where a read fails, cuts byte strings at their first zero, and lets the HDF5 library write to stderr; here every
 * read is checked, bytes stay bytes, and nothing is printed.
 */
import { openSync } from "node:fs";
import { devNull } from "node:os";
import { widenHalf } from "../weights/elementTypes.js";
import { EpisodeFileError } from "./episode.js";

export type Hdf5Module = typeof import("h5wasm/node", { with: { "resolution-mode": "import" }})["Module"];
type Metadata = ReturnType<Hdf5Module["get_dataset_metadata"]>;

/** An open file; valid inside the task that it was opened for. */
export interface Hdf5File {
  /** Names of all members of a group, in no particular order; none where there is no such group. */
  names(group?: string): string[];
  /** Lengths of a dataset's axes. */
  shape(dataset: string): readonly number[];
  /** Numbers of entries `start` to `start + count` along the first axis, all if left out; 8-bit ones as bytes. */
  numbers(dataset: string, start?: number, count?: number): Uint8Array | Float64Array;
  /** Byte strings of entries `start` to `start + count`: fixed or variable lengths, or rows of 8-bit numbers. */
  byteRows(dataset: string, start: number, count: number): Uint8Array[];
}

/** What stands in the way of reading a file, in words that read on after its name. */
export class Hdf5Problem extends Error {}

const kinds = { integer: 0, float: 1, string: 3, opaque: 5, enumeration: 8, list: 9 };
/** deflate, shuffle, fletcher32, nbit, scale-offset: what the library undoes by itself. */
const knownFilters = [1, 2, 3, 5, 6];
const mostBytes = 2 ** 30;
const signature = "\x89HDF\r\n\x1a\n";

let loading: Promise<Hdf5Module> | undefined;

/** The library, with what HDF5 writes to its stderr sent nowhere. */
export function hdf5Library(): Promise<Hdf5Module> {
  loading ??= (async () => {
    const { ready } = await import("h5wasm/node");
    const module = await ready;
    const { streams } = module.FS as unknown as { streams: { nfd: number }[] };
    streams[2].nfd = openSync(devNull, "w");
    return module;
  })();
  return loading;
}

/** True for the first bytes of an HDF5 file. */
export function isHdf5(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, signature.length)).toString("latin1") === signature;
}

/**
 * Opens a file, runs `task` and closes the file.
 * @throws EpisodeFileError with the file, the episode and the reason for anything that goes wrong in it
 */
export async function withHdf5<T>(path: string, episode: string, task: (file: Hdf5File) => T): Promise<T> {
  const module = await hdf5Library();
  const file = module.open(path, module.H5F_ACC_RDONLY, false, -1, -1);
  if (file < 0n) throw new EpisodeFileError(path, episode, "cannot be opened as HDF5: damaged or cut short");
  try {
    return task(openFile(module, file));
  } catch (error) {
    if (error instanceof RangeError) throw error;
    throw new EpisodeFileError(path, episode, (error as Error).message);
  } finally {
    module.close_file(file);
  }
}

function openFile(module: Hdf5Module, file: bigint): Hdf5File {
  const metadata = (dataset: string): Metadata & { shape: number[] } => {
    if (module.get_type(file, dataset) !== module.H5G_DATASET)
      throw new Hdf5Problem(`has no dataset ${dataset}`);
    const found = module.get_dataset_metadata(file, dataset);
    if (!found.shape) throw new Hdf5Problem(`holds nothing in its dataset ${dataset}`);
    return { ...found, shape: found.shape };
  };

  /** Reads entries as they are stored (little-endian); `use` sees the bytes before they are freed. */
  const read = <T>(
    dataset: string,
    { shape, size, type }: Metadata & { shape: number[] },
    start: number,
    count: number,
    use: (bytes: Uint8Array, heap: Uint8Array) => T,
  ): T => {
    const filters = module.get_dataset_filters(file, dataset);
    const unknown = filters.find(({ id }) => !knownFilters.includes(id));
    if (unknown)
      throw new Hdf5Problem(
        `stores ${dataset} with filter ${unknown.id} (${unknown.name}), which cannot be undone here; ` +
          "store it again with gzip or without compression",
      );
    if (shape.length > 0 && start + count > shape[0])
      throw new Hdf5Problem(`has ${shape[0]} entries in ${dataset}; expected at least ${start + count}`);
    const counts = shape.length > 0 ? [count, ...shape.slice(1)] : [];
    const bytes = counts.reduce((product, length) => product * length, size);
    if (bytes > mostBytes) throw new Hdf5Problem(`asks for ${bytes} bytes of ${dataset} at once`);
    if (bytes === 0) return use(new Uint8Array(0), module.HEAPU8);
    const at = module._malloc(bytes);
    if (at === 0) throw new Hdf5Problem(`asks for ${bytes} bytes of ${dataset}, more memory than there is`);
    try {
      const whole = shape.length === 0;
      const status = module.get_dataset_data(
        file,
        dataset,
        whole ? null : counts.map(BigInt),
        whole ? null : counts.map((_, axis) => BigInt(axis === 0 ? start : 0)),
        whole ? null : counts.map(() => 1n),
        BigInt(at),
      );
      if (status < 0) throw new Hdf5Problem(`is damaged: ${dataset} cannot be read`);
      const result = use(module.HEAPU8.slice(at, at + bytes), module.HEAPU8);
      if (type === kinds.list && !whole)
        module.reclaim_vlen_memory_count(file, dataset, "", BigInt(at), counts.map(BigInt));
      return result;
    } finally {
      module._free(at);
    }
  };

  return {
    names: (group = "/") =>
      group === "/" || module.get_type(file, group) === module.H5G_GROUP
        ? module.get_names(file, group, false)
        : [],
    shape: (dataset) => metadata(dataset).shape,
    numbers: (dataset, start = 0, count) => {
      const found = metadata(dataset);
      return read(dataset, found, start, count ?? (found.shape[0] ?? 1) - start, (bytes) =>
        toNumbers(dataset, bytes, found),
      );
    },
    byteRows: (dataset, start, count) => {
      const found = metadata(dataset);
      const { type, size, shape } = found;
      if (type === kinds.list && found.vlen_type?.size === 1 && shape.length === 1)
        return read(dataset, found, start, count, (bytes, heap) => {
          const pairs = new Uint32Array(bytes.buffer); // length and address of each row
          return Array.from({ length: count }, (_, i) =>
            heap.slice(pairs[2 * i + 1], pairs[2 * i + 1] + pairs[2 * i]),
          );
        });
      const fixed = (type === kinds.string && !found.vlen) || type === kinds.opaque;
      if (!(fixed && shape.length === 1) && !(type === kinds.integer && size === 1 && shape.length === 2))
        throw new Hdf5Problem(
          `stores ${dataset} as neither fixed byte strings, nor lists of bytes, nor a table of bytes`,
        );
      const length = fixed ? size : shape[1];
      return read(dataset, found, start, count, (bytes) =>
        Array.from({ length: count }, (_, i) => bytes.subarray(i * length, (i + 1) * length)),
      );
    },
  };
}

function toNumbers(dataset: string, bytes: Uint8Array, found: Metadata): Uint8Array | Float64Array {
  const { type, size, signed } = found;
  const { buffer } = bytes;
  if (type === kinds.integer || type === kinds.enumeration) {
    if (size === 1) return signed ? Float64Array.from(new Int8Array(buffer)) : bytes;
    if (size === 2) return Float64Array.from(signed ? new Int16Array(buffer) : new Uint16Array(buffer));
    if (size === 4) return Float64Array.from(signed ? new Int32Array(buffer) : new Uint32Array(buffer));
    if (size === 8)
      return Float64Array.from(signed ? new BigInt64Array(buffer) : new BigUint64Array(buffer), Number);
  }
  if (type === kinds.float) {
    if (size === 8) return new Float64Array(buffer);
    if (size === 4) return Float64Array.from(new Float32Array(buffer));
    if (size === 2) {
      const wide = new Float32Array(bytes.length / 2);
      widenHalf(new Uint16Array(buffer), wide);
      return Float64Array.from(wide);
    }
  }
  throw new Hdf5Problem(`stores ${dataset} as something other than numbers`);
}
