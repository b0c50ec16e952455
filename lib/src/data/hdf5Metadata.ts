/** Metadata that a published HDF5 layout has no place for: JSON in UTF-8, in a dataset of its own. */
import type { Hdf5File } from "./hdf5.js";
import type { Hdf5Output } from "./hdf5Writer.js";

const dataset = "metadata_json";

export function writeMetadata(hdf5: Hdf5Output, metadata: Readonly<Record<string, unknown>>): void {
  if (Object.keys(metadata).length === 0) return;
  const bytes = new Uint8Array(Buffer.from(JSON.stringify(metadata)));
  hdf5.numbers(dataset, bytes, [bytes.length], { gzip: true });
}

export function readMetadata(hdf5: Hdf5File, names: ReadonlySet<string>): Record<string, unknown> {
  if (!names.has(dataset)) return {};
  const bytes = hdf5.numbers(dataset);
  const value: unknown = JSON.parse(Buffer.from(bytes as Uint8Array).toString("utf8"));
  return typeof value === "object" && value !== null ? { ...value } : {};
}
