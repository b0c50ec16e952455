/** Writes a graph as an ONNX file for other tools, with its large constants in one file beside it. */
import { open, rename, rm, writeFile } from "node:fs/promises";
import { basename } from "node:path";
import { encodeModel, type GraphParts } from "./onnx.js";

/** Constants start at multiples of this many bytes, so that readers can map the file into memory. */
const alignment = 4096;

/** Both files appear whole or not at all: they are written under temporary names first. */
export async function saveModel(graph: GraphParts, path: string): Promise<void> {
  const dataPath = `${path}.data`;
  const pieces: { offset: number; bytes: Uint8Array }[] = [];
  let end = 0;
  const { bytes: model } = encodeModel(graph, (_name, bytes) => {
    const offset = Math.ceil(end / alignment) * alignment;
    pieces.push({ offset, bytes });
    end = offset + bytes.length;
    return { location: basename(dataPath), offset: `${offset}`, length: `${bytes.length}` };
  });
  const suffix = `.${process.pid}.part`;
  try {
    if (pieces.length > 0) {
      const file = await open(dataPath + suffix, "w");
      try {
        for (const { offset, bytes } of pieces) await file.write(bytes, 0, bytes.length, offset);
      } finally {
        await file.close();
      }
      await rename(dataPath + suffix, dataPath);
    }
    await writeFile(path + suffix, model);
    await rename(path + suffix, path);
  } catch (error) {
    await Promise.all([rm(path + suffix, { force: true }), rm(dataPath + suffix, { force: true })]);
    throw error;
  }
}
