/** Writing HDF5 files through h5wasm: numbers and rows of bytes, dataset by dataset. */
import { type Hdf5Module, hdf5Library } from "./hdf5.js";

type Values = Uint8Array | Float64Array;

/** A file being written; valid inside the task that it was created for. */
export interface Hdf5Output {
  group(name: string): void;
  /** A dataset of 8-bit or 64-bit floating numbers; `gzip` stores it as one deflated chunk. */
  numbers(name: string, values: Values, shape: readonly number[], options?: { gzip: boolean }): void;
  /** A dataset of byte strings of one fixed length: that of the longest row, the others filled up with zeros. */
  byteRows(name: string, rows: readonly Uint8Array[]): void;
}

/** numpy's `S<length>`, padded with spaces: the one kind of string in which readers of HDF5 keep zeros inside. */
const byteString = { type: 3, cset: 1, signed: false };

/**
 * Creates a file, runs `task` and closes the file; the caller renames it into place. Equal content gives equal bytes: the
 * format is the oldest that holds it, as h5py writes, and the times that HDF5 stores with each dataset are 1970.
 */
export async function createHdf5(path: string, task: (file: Hdf5Output) => void): Promise<void> {
  const module = await hdf5Library();
  const { now } = Date;
  Date.now = () => 0; // the library's clock; nothing else runs until it is given back
  try {
    create(module, path, task);
  } finally {
    Date.now = now;
  }
}

function create(module: Hdf5Module, path: string, task: (file: Hdf5Output) => void): void {
  const file = module.open(
    path,
    module.H5F_ACC_TRUNC,
    false,
    module.H5F_LIBVER_EARLIEST,
    module.H5F_LIBVER_V110,
  );
  if (file < 0n) throw new Error(`writeEpisodes: ${path} cannot be created.`);

  const createDataset = (
    name: string,
    bytes: Uint8Array,
    shape: readonly number[],
    element: { type: number; size: number; signed: boolean; cset?: number },
    gzip = false,
  ) => {
    const at = module._malloc(Math.max(1, bytes.length));
    if (at === 0) throw new RangeError(`writeEpisodes: ${name} of ${bytes.length} bytes is too large.`);
    try {
      module.HEAPU8.set(bytes, at);
      const lengths = shape.map(BigInt);
      const description = {
        ...element,
        vlen: false,
        littleEndian: true,
        shape: lengths,
        maxshape: lengths,
        chunks: gzip ? shape.map(Number) : null,
        compression: gzip ? 1 : 0,
        compression_opts: gzip ? [6] : [],
      };
      const status = module.create_dataset(file, name, BigInt(at), description as never);
      if (status < 0 || module.get_type(file, name) !== module.H5G_DATASET)
        throw new Error(`writeEpisodes: dataset ${name} of ${path} could not be written.`);
    } finally {
      module._free(at);
    }
  };

  let status = 0;
  try {
    task({
      group: (name) => void module.create_group(file, name, false),
      numbers: (name, values, shape, options) =>
        createDataset(
          name,
          new Uint8Array(values.buffer, values.byteOffset, values.byteLength),
          shape,
          values instanceof Uint8Array
            ? { type: 0, size: 1, signed: false }
            : { type: 1, size: 8, signed: true },
          options?.gzip,
        ),
      byteRows: (name, rows) => {
        const size = rows.reduce((longest, { length }) => Math.max(longest, length), 1);
        const bytes = new Uint8Array(size * rows.length);
        for (const [i, row] of rows.entries()) bytes.set(row, i * size);
        createDataset(name, bytes, [rows.length], { ...byteString, size });
      },
    });
  } finally {
    status = module.close_file(file);
  }
  if (status < 0) throw new Error(`writeEpisodes: ${path} could not be written to its end.`);
}
