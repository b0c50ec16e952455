/**
 * What a file is, by its first bytes, and whether it is whole: MP4 and WebM say how long their parts are, so a download
 * or a recording that broke off is found before anything is decoded.
 */
import type { FileHandle } from "node:fs/promises";

export type Container = "mp4" | "webm" | "gif" | "webp" | "text" | "empty" | "other";

/** Names the container from the start of a file. */
export function sniffContainer(start: Uint8Array): Container {
  const text = Buffer.from(start).toString("latin1");
  if (start.length === 0) return "empty";
  if (/^(ftyp|moov|mdat|free|skip|wide)$/.test(text.slice(4, 8))) return "mp4";
  if (text.startsWith("\x1a\x45\xdf\xa3")) return "webm";
  if (/^GIF8[79]a/.test(text)) return "gif";
  if (text.startsWith("RIFF") && text.slice(8, 12) === "WEBP") return "webp";
  // biome-ignore lint/suspicious/noControlCharactersInRegex: bytes that no text file holds
  if (!/[\x00-\x08\x0e-\x1a\x1c-\x1f]/.test(text)) return "text";
  return "other";
}

/** Bytes that are missing at the end of an MP4, WebM or GIF file; 0 for a whole file and for other kinds. */
export async function missingBytes(file: FileHandle, size: number, container: Container): Promise<number> {
  if (container === "mp4") return Math.max(0, (await endOfBoxes(file, size)) - size);
  if (container === "webm") return Math.max(0, (await endOfSegment(file, size)) - size);
  if (container === "gif") return (await bytes(file, size - 1, 1))[0] === 0x3b ? 0 : 1;
  return 0;
}

async function bytes(file: FileHandle, at: number, length: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, at);
  return buffer.subarray(0, bytesRead);
}

/** Where the last top-level box of an MP4 file ends, by the lengths in the file (ISO 14496-12, 4.2). */
async function endOfBoxes(file: FileHandle, size: number): Promise<number> {
  let at = 0;
  while (at < size) {
    const head = await bytes(file, at, 16);
    if (head.length < 8) return at + 8;
    const short = head.readUInt32BE(0);
    if (short === 0) return size; // "to the end of the file"
    const length = short === 1 && head.length === 16 ? Number(head.readBigUInt64BE(8)) : short;
    if (length < 8) return at; // not a box: padding behind the last one
    at += length;
  }
  return at;
}

/** Where the segment of a WebM file ends; `size` where the file leaves that open, as live recordings do (RFC 8794). */
async function endOfSegment(file: FileHandle, size: number): Promise<number> {
  let at = 0;
  while (at < size) {
    const head = await bytes(file, at, 16);
    const idLength = Math.clz32(head[0]) - 23;
    const sizeLength = Math.clz32(head[idLength] ?? 0) - 23;
    if (head.length < idLength + sizeLength || sizeLength > 8) return size;
    let length = BigInt(head[idLength] & (0xff >> sizeLength));
    for (let i = 1; i < sizeLength; i++) length = (length << 8n) | BigInt(head[idLength + i]);
    if (length === (1n << BigInt(7 * sizeLength)) - 1n) return size; // length unknown
    at += idLength + sizeLength + Number(length);
  }
  return at;
}
