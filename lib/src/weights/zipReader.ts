import type { FileHandle } from "node:fs/promises";
import type { Readable } from "node:stream";
import { fromRandomAccessReaderPromise, RandomAccessReader, type ZipFile } from "yauzl";
import { readFully } from "./tensorFile.js";

/**
 * Reads for yauzl from a file that stays open. A damaged zip file may name places far beyond its end; a plain file
 * reader throws there where nobody can catch it, this one hands the error back.
 */
class BoundedReader extends RandomAccessReader {
  constructor(
    private readonly file: FileHandle,
    private readonly path: string,
    private readonly size: number,
  ) {
    super();
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    if (!(position >= 0 && position + length <= this.size)) {
      setImmediate(callback, new Error(`it names byte ${position}, beyond its end.`));
      return;
    }
    readFully(this.file, buffer.subarray(offset, offset + length), position, this.path).then(
      () => callback(null),
      callback,
    );
  }

  override _readStreamForRange(): Readable {
    throw new Error("entries are read by place, not as streams."); // openTorchZip reads plain bytes only
  }

  override close(callback: (error: Error | null) => void): void {
    setImmediate(callback, null); // the file belongs to the caller
  }
}

/** Opens the directory of a zip file; `file` stays open. */
export async function openZip(file: FileHandle, path: string): Promise<ZipFile> {
  const { size } = await file.stat();
  return fromRandomAccessReaderPromise(new BoundedReader(file, path, size), size, { autoClose: false });
}
