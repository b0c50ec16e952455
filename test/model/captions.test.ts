import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { emptyCaption, openCaptionEncoder } from "vid2world";
import { expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "vid2world-"));
const merges = ["c a", "ca t</w>", "t h", "th e</w>", "a t</w>"];
const config = { width: 8, layers: 1, heads: 1, positions: 8, vocabulary: 512 + merges.length + 2 };
const [start, end] = [config.vocabulary - 2, config.vocabulary - 1];

async function encoder(name: string, content: string | Uint8Array) {
  const path = join(folder, name);
  writeFileSync(path, content);
  return openCaptionEncoder(path, config);
}
const heading = '"bpe_simple_vocab_16e6.txt#version: 0.2';
const file = [heading, ...merges, "later merges", "are not used"].join("\n");

test("letters are CLIP's: 'a' at the end of a word is 320", async () => {
  const encode = await encoder("plain.txt", file);
  expect([...encode(["a"]).dataSync()]).toEqual([start, 320, end, 0, 0, 0, 0, 0]);
});

test("merges are made in the vocabulary's order, not from the left", async () => {
  const encode = await encoder("zipped.txt.gz", gzipSync(file));
  const letter = (character: string) => character.charCodeAt(0) - 33;
  // "cat": c+a first, then ca+t; "that": t+h, then a+t
  expect([...encode(["The  CAT"]).dataSync()]).toEqual([start, 512 + 3, 512 + 1, end, 0, 0, 0, 0]);
  expect([...encode(["that"]).dataSync()]).toEqual([start, 512 + 2, 512 + 4, end, 0, 0, 0, 0]);
  expect([...encode(["cab"]).dataSync()]).toEqual([start, 512, 256 + letter("b"), end, 0, 0, 0, 0]);
});

test("bytes beyond ASCII have tokens too, and a long caption is cut and closed", async () => {
  const encode = await encoder("plain.txt", file);
  const ids = [...encode(["é"]).dataSync()]; // two bytes, c3 a9, at places 187 - 94 … in the table
  expect(ids.length).toBe(8);
  expect(ids[0]).toBe(start);
  expect(ids[3]).toBe(end);
  expect(ids[1]).toBeLessThan(256);
  expect(ids[2]).toBeGreaterThanOrEqual(256);
  const long = [...encode(["a a a a a a a a a a"]).dataSync()];
  expect(long).toEqual([start, 320, 320, 320, 320, 320, 320, end]);
});

test("the empty caption is the same with and without a vocabulary", async () => {
  const encode = await encoder("plain.txt", file);
  expect([...encode([""]).dataSync()]).toEqual([...emptyCaption(config).dataSync()]);
  expect(encode(["a", ""]).shape).toEqual([2, 8]);
});

test("a file that is no vocabulary is refused", async () => {
  await expect(encoder("short.txt", `${heading}\nc a\n`)).rejects.toThrow(
    "does not hold 5 merges of two parts",
  );
  await expect(encoder("prose.txt", "once\nupon a time\nthere was\na\nfile\nof\ntext")).rejects.toThrow(
    "expected CLIP's bpe_simple_vocab_16e6.txt",
  );
});
