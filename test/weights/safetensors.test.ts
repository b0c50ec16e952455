import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { memory, scalar, tensor, tensor1d, tensor2d } from "@tensorflow/tfjs";
import { loadWeights, openSafetensors, saveWeights } from "vid2world";
import { expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "vid2world-"));

function writeRaw(name: string, header: unknown, data: Uint8Array): string {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  const path = join(folder, name);
  writeFileSync(path, Buffer.concat([length, json, data]));
  return path;
}

test("what is saved comes back: float32 to the bit, whole numbers, booleans, scalars, empty tensors", async () => {
  const path = join(folder, "all.safetensors");
  const weights = {
    "layer.weight": tensor2d([
      [1 / 3, -0],
      [Infinity, 1e-45],
    ]),
    count: tensor1d([-5, 2 ** 31 - 1], "int32"),
    flags: tensor1d([true, false, true], "bool"),
    one: scalar(7),
    none: tensor([], [0, 3]),
  };
  await saveWeights(path, weights, { metadata: { config: "{}" } });
  const before = memory().numTensors;
  const loaded = await loadWeights(path);
  expect(memory().numTensors).toBe(before + 5);
  for (const [name, tensor] of Object.entries(weights)) {
    expect(loaded[name].dtype).toBe(tensor.dtype);
    expect(loaded[name].shape).toEqual(tensor.shape);
    expect(loaded[name].dataSync()).toEqual(tensor.dataSync());
  }
  const file = await openSafetensors(path);
  expect(file.metadata).toEqual({ config: "{}" });
  await file.close();
  expect(readdirSync(folder).filter((name) => name.endsWith(".part"))).toEqual([]);
});

test("in F16, every number is the nearest half, and halves stay as they are", async () => {
  const path = join(folder, "half.safetensors");
  const values = [
    0,
    1,
    -2.5,
    65504,
    65519,
    65520,
    2 ** -24,
    2 ** -25,
    3 * 2 ** -25,
    1 + 2 ** -11,
    1 + 3 * 2 ** -11,
  ];
  const nearest = [0, 1, -2.5, 65504, 65504, Infinity, 2 ** -24, 0, 2 ** -23, 1, 1 + 2 ** -9];
  await saveWeights(path, { values: tensor1d(values) }, { precision: "F16" });
  const loaded = await loadWeights(path);
  expect([...loaded.values.dataSync()]).toEqual(nearest);
});

test("bfloat16, float64 and int64 are read", async () => {
  const data = Buffer.alloc(4 + 16 + 16);
  data.writeDoubleLE(0.1, 0);
  data.writeDoubleLE(-3, 8);
  data.writeBigInt64LE(-7n, 16);
  data.writeBigInt64LE(999n, 24);
  data.writeUInt16LE(0x3fc0, 32); // 1.5
  data.writeUInt16LE(0xc040, 34); // -3
  const path = writeRaw(
    "kinds.safetensors",
    {
      double: { dtype: "F64", shape: [2], data_offsets: [0, 16] },
      long: { dtype: "I64", shape: [2], data_offsets: [16, 32] },
      brain: { dtype: "BF16", shape: [2], data_offsets: [32, 36] },
    },
    data,
  );
  const weights = await loadWeights(path);
  expect([...weights.double.dataSync()]).toEqual([Math.fround(0.1), -3]);
  expect([...weights.long.dataSync()]).toEqual([-7, 999]);
  expect([...weights.brain.dataSync()]).toEqual([1.5, -3]);
  const file = await openSafetensors(path);
  expect(await file.readValues("double")).toEqual(new Float64Array([0.1, -3]));
  await file.close();
});

const four = new Uint8Array(4);
const entry = { dtype: "F32", shape: [1], data_offsets: [0, 4] };
test.each([
  ["no-json", "{NaN", four, "its header is not JSON"],
  ["nan", '{"a":{"dtype":"F32","shape":[NaN],"data_offsets":[0,4]}}', four, "its header is not JSON"],
  ["list", "[]", four, "not a JSON object"],
  ["type", { a: { ...entry, dtype: "F7" } }, four, 'tensor a has element type "F7"'],
  ["shape", { a: { ...entry, shape: [-1] } }, four, "tensor a has shape [-1]"],
  ["size", { a: { ...entry, shape: [2] } }, four, "needs 8 bytes but has 4"],
  ["beyond", { a: { ...entry, shape: [2], data_offsets: [0, 8] } }, four, "it may be cut short"],
  ["huge", { a: { ...entry, shape: [2 ** 40], data_offsets: [0, 2 ** 42] } }, four, "it may be cut short"],
  ["overlap", { a: entry, b: entry }, four, "tensor b overlaps the one before it"],
  ["hole", { a: { ...entry, data_offsets: [4, 8] } }, new Uint8Array(8), "belong to no tensor"],
  ["tail", { a: entry }, new Uint8Array(8), "4 bytes at its end belong to no tensor"],
  ["proto", `{"__proto__":${JSON.stringify(entry)}}`, four, "a tensor is named __proto__"],
])("a damaged file is refused: %s", async (name, header, data, message) => {
  const path = writeRaw(`${name}.safetensors`, header, data);
  await expect(openSafetensors(path)).rejects.toThrow(message);
});

test("a header longer than the file is refused before memory is taken", async () => {
  const path = join(folder, "long.safetensors");
  writeFileSync(path, Buffer.from([0, 0, 0, 0, 0, 0, 0, 64, 1, 2, 3]));
  await expect(openSafetensors(path)).rejects.toThrow("announces a header of 4611686018427387904 bytes");
});
