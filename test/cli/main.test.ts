import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openTensors } from "vid2world";
import { expect, test } from "vitest";

const main = join(dirname(createRequire(import.meta.url).resolve("vid2world")), "../bin/vid2world.cjs");
const stored = (file: string) => new URL(`../fixtures/checkpoints/${file}`, import.meta.url).pathname;

test("inspect prints the tree with shapes, element types and totals", () => {
  const printed = execFileSync(process.execPath, [main, "inspect", stored("lightning.ckpt")], {
    encoding: "utf8",
  });
  expect(printed).toContain("lightning.ckpt: PyTorch zip, Lightning layout\n14 tensors, 99 numbers, 388 B (");
  expect(printed).toContain("model.diffusion_model.layer: 14 tensors, 99 numbers\n  weight [4,6] F32\n");
  expect(printed).toContain("  brain [3] BF16\n");
  expect(printed).toContain("  alpha [] F32\n");
});

test("convert keeps names, shapes, element types and every bit", async () => {
  const folder = mkdtempSync(join(tmpdir(), "vid2world-"));
  const to = join(folder, "b.safetensors");
  execFileSync(process.execPath, [main, "convert", stored("plain-legacy.pt"), to]);
  expect(readdirSync(folder)).toEqual(["b.safetensors"]);
  const [before, after] = [await openTensors(stored("plain-legacy.pt")), await openTensors(to)];
  expect(after.format).toBe("safetensors");
  expect([...after.entries.keys()].sort()).toEqual([...before.entries.keys()].sort());
  for (const [name, { type, shape }] of before.entries) {
    expect(after.entries.get(name)).toMatchObject({ type, shape });
    expect(await after.readBytes(name), name).toEqual(await before.readBytes(name));
  }
  await before.close();
  await after.close();
});

test("what cannot be read ends with one sentence and exit code 1", () => {
  const { status, stderr } = spawnSync(process.execPath, [main, "inspect", stored("whole-module.pt")], {
    encoding: "utf8",
  });
  expect(status).toBe(1);
  expect(stderr).toMatch(
    /^openTensors: .*whole-module\.pt cannot be read: it asks for torch\.nn\.modules\.linear\.Linear\. /,
  );
  expect(stderr.trim().split("\n").length).toBe(1);
});
