import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory } from "@tensorflow/tfjs";
import { openTensors } from "vid2world";
import { expect, test } from "vitest";
import { storedZip } from "./storedZip.js";

const stored = (file: string) => new URL(`../fixtures/checkpoints/${file}`, import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "vid2world-"));

const base = Array.from({ length: 24 }, (_, i) => i / 8); // [4, 6]
const expected: Record<string, [string, number[], (number | bigint)[]]> = {
  weight: ["F32", [4, 6], base],
  tied: ["F32", [4, 6], base],
  transposed: ["F32", [6, 4], [0, 1, 2, 3, 4, 5].flatMap((i) => [0, 1, 2, 3].map((j) => base[6 * j + i]))],
  part: ["F32", [2, 3], [6, 8, 10, 12, 14, 16].map((i) => base[i])],
  half: ["F16", [3], [1.5, -65504, 2 ** -24]],
  brain: ["BF16", [3], [1.5, -3, 2 ** 100]],
  double: ["F64", [2], [0.1, -3]],
  count: ["I64", [2], [7n, -(2n ** 31n)]],
  small: ["I32", [2, 2], [1, 2, 3, -4]],
  flags: ["BOOL", [2], [1, 0]],
  bytes: ["U8", [2], [0, 255]],
  alpha: ["F32", [], [0.25]],
  none: ["F32", [0, 3], []],
  parameter: ["F32", [2], [1, 1]],
};

test.each([
  ["plain-zip.pt", "layer.", "PyTorch zip, plain layout"],
  ["plain-legacy.pt", "layer.", "PyTorch legacy, plain layout"],
  ["lightning.ckpt", "model.diffusion_model.layer.", "PyTorch zip, Lightning layout"],
  ["deepspeed.pt", "model.layer.", "PyTorch zip, DeepSpeed layout"],
])(
  "%s: every kind of tensor is read, tied, transposed and partial ones too",
  async (name, prefix, format) => {
    const file = await openTensors(stored(name));
    expect(file.format).toBe(format);
    expect([...file.entries.keys()].sort()).toEqual(
      Object.keys(expected)
        .map((key) => prefix + key)
        .sort(),
    );
    for (const [key, [type, shape, values]] of Object.entries(expected)) {
      expect(file.entries.get(prefix + key), key).toMatchObject({ type, shape });
      expect([...(await file.readValues(prefix + key))], key).toEqual(values);
    }
    const before = memory().numTensors;
    const tensor = await file.readTensor(`${prefix}count`);
    expect(memory().numTensors).toBe(before + 1);
    expect([...tensor.dataSync()]).toEqual([7, -(2 ** 31)]);
    await file.close();
  },
);

test("a whole pickled module is refused by the name it asks for", async () => {
  await expect(openTensors(stored("whole-module.pt"))).rejects.toThrow(
    "it asks for torch.nn.modules.linear.Linear. Only tensors in plain containers are read; nothing of the file was run",
  );
});

let count = 0;
const write = (bytes: Uint8Array) => {
  const path = join(folder, `${++count}.pt`);
  writeFileSync(path, bytes);
  return path;
};
const zipOf = (pickle: string, others: Record<string, Uint8Array> = {}) =>
  write(storedZip({ "a/data.pkl": Buffer.from(pickle, "latin1"), "a/data/0": new Uint8Array(8), ...others }));
const text = (value: string) => `X${String.fromCharCode(value.length)}\0\0\0${value}`;
const storage = (key: string, length: number) =>
  `(${text("storage")}ctorch\nFloatStorage\n${text(key)}${text("cpu")}K${String.fromCharCode(length)}tQ`;
const tensorOf = (from: string, offset: string, shape: string, strides: string) =>
  `ctorch._utils\n_rebuild_tensor_v2\n(${from}${offset}${shape}${strides}tR`;
const named = (value: string) => `\x80\x02}${text("w")}${value}s.`;

test("what a pickle of ours describes is read, so the refusals below are for their own reasons", async () => {
  const file = await openTensors(zipOf(named(tensorOf(storage("0", 2), "K\0", "K\x02\x85", "K\x01\x85"))));
  expect([...(await file.readValues("w"))]).toEqual([0, 0]);
  await file.close();
});

const victim = join(folder, "victim");
test.each([
  ["os.system", `\x80\x02cposix\nsystem\n${text(`touch ${victim}`)}\x85R.`, "it asks for posix.system"],
  ["os.system, in the new way", `\x80\x04${text("os")}${text("system")}\x93.`, "it asks for os.system"],
  ["eval", `\x80\x02c__builtin__\neval\n${text("1")}\x85R.`, "it asks for __builtin__.eval"],
  ["constructor", "\x80\x02ctorch\nconstructor\n.", "it asks for torch.constructor"],
  ["a call of a number", "\x80\x02K\x01)R.", "calls something that is no function"],
  ["an instance instruction", "\x80\x02(ios\nsystem\n.", "instruction 0x69"],
  [
    "__proto__",
    `\x80\x02}${text("__proto__")}${tensorOf(storage("0", 2), "K\0", "K\x02\x85", "K\x01\x85")}s.`,
    "named __proto__",
  ],
  ["an unknown entry", "\x80\x02h\x07.", "recalls entry 7"],
  ["an empty stack", "\x80\x020.", "stack is empty"],
  ["no end", "\x80\x02}", "cut short"],
  ["a text longer than the file", "\x80\x02X\xff\xff\xff\xff.", "cut short"],
  ["a huge whole number", `\x80\x02\x8b\x00\x01\0\0${"\x01".repeat(256)}.`, "whole number of 256 bytes"],
  ["no dictionary", "\x80\x02].", "no dictionary"],
  ["no tensors", `\x80\x02}${text("lr")}K\x01s.`, "its keys are lr"],
  [
    "a view beyond its storage",
    named(tensorOf(storage("0", 2), "K\x01", "K\x02\x85", "K\x01\x85")),
    "larger than its storage",
  ],
  [
    "a giant view of one number",
    named(tensorOf(storage("0", 1), "K\0", "J\xff\xff\xff\x7f\x85", "K\0\x85")),
    "larger than its storage",
  ],
  [
    "a negative size",
    named(tensorOf(storage("0", 2), "K\0", "J\xff\xff\xff\xff\x85", "K\x01\x85")),
    "not whole numbers",
  ],
  [
    "a storage longer than its entry",
    named(tensorOf(storage("0", 9), "K\0", "K\x02\x85", "K\x01\x85")),
    "needs 36 bytes",
  ],
  [
    "a storage that is missing",
    named(tensorOf(storage("5", 2), "K\0", "K\x02\x85", "K\x01\x85")),
    "a/data/5 is missing",
  ],
])("refused, and nothing is run: %s", async (_, pickle, message) => {
  await expect(openTensors(zipOf(pickle))).rejects.toThrow(message);
  expect(existsSync(victim)).toBe(false);
});

test("a list that changes after it became a shape does not change the shape", async () => {
  // the shape is the memorised list [2]; later 2³¹ - 1 is appended to it
  const grow = `\x80\x02}${text("w")}${tensorOf(storage("0", 2), "K\0", "]q\x01K\x02a", "]K\x01a")}h\x01J\xff\xff\xff\x7fa0s.`;
  const file = await openTensors(zipOf(grow));
  expect(file.entries.get("w")?.shape).toEqual([2]);
  await file.close();
});

test("a zip file cut short, or of something else, is refused", async () => {
  const whole = storedZip({ "a/data.pkl": Buffer.from("\x80\x02}.", "latin1") });
  await expect(openTensors(write(whole.subarray(0, whole.length - 30)))).rejects.toThrow("cannot be read");
  await expect(openTensors(write(storedZip({ "word/document.xml": new Uint8Array(3) })))).rejects.toThrow(
    "torch.save did not write it",
  );
  await expect(openTensors(zipOf("\x80\x02}.", { "a/byteorder": Buffer.from("big") }))).rejects.toThrow(
    "big-endian",
  );
});

test("text, an empty file and a missing one are refused in one sentence", async () => {
  await expect(openTensors(write(Buffer.from("hello, this is no checkpoint")))).rejects.toThrow(
    "it is another format, or cut short",
  );
  await expect(openTensors(write(new Uint8Array(0)))).rejects.toThrow("has 0 bytes");
  await expect(openTensors(join(folder, "missing.pt"))).rejects.toThrow("ENOENT");
});

test("a zip file that names places beyond its end is refused, not waited for", async () => {
  const bytes = storedZip({ "a/data.pkl": Buffer.from("\x80\x02}.", "latin1") });
  bytes.writeUInt32LE(0x7ffffff0, bytes.lastIndexOf("PK\x01\x02") + 42); // where data.pkl's own header would be
  await expect(openTensors(write(bytes))).rejects.toThrow("cannot be read");
  const directory = storedZip({ "a/data.pkl": Buffer.from("\x80\x02}.", "latin1") });
  directory.writeUInt32LE(0x7ffffff0, directory.lastIndexOf("PK\x05\x06") + 16);
  await expect(openTensors(write(directory))).rejects.toThrow("cannot be read");
});

test("modules that share modules, level upon level, are refused before their paths are counted out", async () => {
  const module = (attributes: string) => `c__torch__\nM\n)\x81}${attributes}b`;
  let bomb = `${module(`${text("w")}${tensorOf(storage("0", 2), "K\0", "K\x02\x85", "K\x01\x85")}s`)}q\0`;
  for (let level = 1; level < 60; level++) {
    const below = `h${String.fromCharCode(level - 1)}`;
    bomb += `0${module(`${text("a")}${below}s${text("b")}${below}s`)}q${String.fromCharCode(level)}`;
  }
  const before = process.cpuUsage();
  await expect(openTensors(zipOf(`\x80\x02${bomb}.`))).rejects.toThrow("more than 100000 modules");
  expect(process.cpuUsage(before).user).toBeLessThan(1e6);
});
