import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { openTensors } from "vid2world";
import { expect, test } from "vitest";
import { storedZip } from "./storedZip.js";

const folder = mkdtempSync(join(tmpdir(), "vid2world-"));
const stored = (file: string) =>
  readFileSync(new URL(`../fixtures/checkpoints/${file}`, import.meta.url).pathname);

/** Reads everything in a file; ends with all of it read, or with an error that says what is wrong, soon and in little memory. */
async function readsOrRefuses(bytes: Uint8Array): Promise<void> {
  const path = join(folder, "file.pt");
  writeFileSync(path, bytes);
  const start = process.cpuUsage();
  const taken = process.memoryUsage().arrayBuffers;
  try {
    const file = await openTensors(path);
    for (const [name, { shape }] of file.entries) {
      const values = await file.readValues(name);
      expect(values.length).toBe(shape.reduce((product, size) => product * size, 1));
    }
    await file.close();
  } catch (error) {
    expect(error).toBeInstanceOf(Error);
    expect(error).not.toBeInstanceOf(TypeError); // a slip in the reader, not a finding about the file
    expect((error as Error).message.length).toBeGreaterThan(10);
  }
  expect(process.cpuUsage(start).user).toBeLessThan(1e6); // microseconds
  expect(process.memoryUsage().arrayBuffers - taken).toBeLessThan(64e6);
  expect(Object.keys(Object.prototype)).toEqual([]);
}

/** Some bytes of a sound file replaced, then cut. */
const damaged = (whole: Uint8Array) =>
  fc
    .record({
      changes: fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 8 }),
      keep: fc.oneof(fc.constant(whole.length), fc.nat(whole.length)),
    })
    .map(({ changes, keep }) => {
      const bytes = Uint8Array.from(whole);
      for (const [at, value] of changes) bytes[at] = value;
      return bytes.subarray(0, keep);
    });

const runs = { numRuns: 300 };

test.each(["plain-zip.pt", "plain-legacy.pt", "lightning.ckpt"])("%s, damaged anywhere", async (name) => {
  await fc.assert(fc.asyncProperty(damaged(stored(name)), readsOrRefuses), runs);
});

/** Instructions that the reader knows, in any order, with likely and unlikely operands. */
const instruction = fc.oneof(
  fc.constantFrom(..."(012N\x88\x89])lt\x85\x86\x87}d\x8f\x90aesu\x94\x93QR\x81b."),
  fc.tuple(fc.constantFrom("K", "q", "h"), fc.nat(255)).map(([code, n]) => code + String.fromCharCode(n)),
  fc.constantFrom(
    "ctorch\nFloatStorage\n",
    "ccollections\nOrderedDict\n",
    "ctorch._utils\n_rebuild_tensor_v2\n",
  ),
  fc.constantFrom(
    "cos\nsystem\n",
    "cbuiltins\nexec\n",
    "J\xff\xff\xff\x7f",
    "X\x07\0\0\0storage",
    "X\x01\0\0\x000",
  ),
);

test("programs of known instructions in any order", async () => {
  const program = fc.array(instruction, { maxLength: 60 }).map((codes) => {
    const pickle = Buffer.from(`\x80\x02${codes.join("")}.`, "latin1");
    return storedZip({ "a/data.pkl": pickle, "a/data/0": new Uint8Array(16) });
  });
  await fc.assert(fc.asyncProperty(program, readsOrRefuses), runs);
});

test("safetensors headers of any JSON, over few bytes", async () => {
  const entry = fc.record({
    dtype: fc.oneof(fc.constantFrom("F32", "BF16", "I64", "U8"), fc.string(), fc.constant(null)),
    shape: fc.oneof(fc.array(fc.oneof(fc.nat(4), fc.double(), fc.constant(2 ** 40))), fc.jsonValue()),
    data_offsets: fc.oneof(fc.tuple(fc.nat(64), fc.nat(64)), fc.jsonValue()),
  });
  const header = fc.oneof(fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue())), fc.jsonValue());
  const file = fc
    .record({ header, data: fc.uint8Array({ maxLength: 64 }), extra: fc.integer({ min: -3, max: 3 }) })
    .map(({ header, data, extra }) => {
      const json = Buffer.from(JSON.stringify(header));
      const length = Buffer.alloc(8);
      length.writeBigUInt64LE(BigInt(Math.max(0, json.length + extra)));
      return Buffer.concat([length, json, data]);
    });
  await fc.assert(fc.asyncProperty(file, readsOrRefuses), runs);
});
