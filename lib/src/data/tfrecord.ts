/**
 * TFRecord files: record after record of length (8 bytes, little-endian), its checksum (4), data, and their checksum (4).
 *
 * @see tensorflow/core/lib/io/record_writer.h of TensorFlow
 */
import type { FileHandle } from "node:fs/promises";
import { maskedCrc32c } from "./crc32c.js";

/** Where a record's data lie in its file, in bytes. */
export interface RecordPlace {
  readonly offset: number;
  readonly length: number;
}

const headerBytes = 12;
const footerBytes = 4;

/** Reads up to `length` bytes; fewer only at the end of the file. */
async function readUpTo(file: FileHandle, offset: number, length: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const { bytesRead } = await file.read(bytes, done, length - done, offset + done);
    if (bytesRead === 0) break;
    done += bytesRead;
  }
  return bytes.subarray(0, done);
}

/**
 * Finds the records of a file without reading their data; each length is held against its checksum.
 *
 * @returns the places of all sound records, and `problem`, in words, where the file goes wrong after them
 */
export async function findRecords(file: FileHandle): Promise<{ places: RecordPlace[]; problem?: string }> {
  const { size } = await file.stat();
  const places: RecordPlace[] = [];
  for (let at = 0; at < size; ) {
    const header = await readUpTo(file, at, headerBytes);
    if (header.length < headerBytes) return { places, problem: "is cut short inside the length of a record" };
    if (maskedCrc32c(header.subarray(0, 8)) !== header.readUInt32LE(8))
      return { places, problem: `has a wrong checksum for the length of a record (byte ${at})` };
    const length = Number(header.readBigUInt64LE(0));
    const next = at + headerBytes + length + footerBytes;
    if (next > size) return { places, problem: `is cut short: ${next - size} bytes of a record are missing` };
    places.push({ offset: at + headerBytes, length });
    at = next;
  }
  return { places };
}

/** The data of a record, or undefined where they do not fit their checksum. */
export async function readRecord(file: FileHandle, place: RecordPlace): Promise<Buffer | undefined> {
  const bytes = await readUpTo(file, place.offset, place.length + footerBytes);
  if (bytes.length < place.length + footerBytes) return undefined;
  const data = bytes.subarray(0, place.length);
  return maskedCrc32c(data) === bytes.readUInt32LE(place.length) ? data : undefined;
}

/** Writes a record at the file's current end; returns the bytes it takes. */
export async function appendRecord(file: FileHandle, data: Uint8Array): Promise<number> {
  const header = Buffer.alloc(headerBytes);
  header.writeBigUInt64LE(BigInt(data.length), 0);
  header.writeUInt32LE(maskedCrc32c(header.subarray(0, 8)), 8);
  const footer = Buffer.alloc(footerBytes);
  footer.writeUInt32LE(maskedCrc32c(data), 0);
  for (const part of [header, data, footer])
    for (let done = 0; done < part.length; )
      done += (await file.write(part, done, part.length - done)).bytesWritten;
  return headerBytes + data.length + footerBytes;
}
