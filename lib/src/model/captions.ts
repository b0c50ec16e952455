/**
 * Captions as token ids: the byte-pair encoding of CLIP. The vocabulary is the user's own copy of the file that CLIP and
 * OpenCLIP ship, `bpe_simple_vocab_16e6.txt.gz`; the empty caption needs none (see `emptyCaption`).
 *
 * @see Radford et al., "Learning Transferable Visual Models From Natural Language Supervision", 2021; Sennrich et al.,
 *   "Neural Machine Translation of Rare Words with Subword Units", ACL 2016
 */
import { readFile } from "node:fs/promises";
import { gunzipSync } from "node:zlib";
import { type Tensor2D, tensor2d } from "@tensorflow/tfjs";
import type { TextTowerConfig } from "./clip.js";

/** Turns captions into ids, int32 [caption, positions]. */
export type EncodeCaptions = (captions: readonly string[]) => Tensor2D;

const endOfWord = "</w>";
const pieces = /'s|'t|'re|'ve|'m|'ll|'d|\p{L}+|\p{N}|[^\s\p{L}\p{N}]+/giu;
const maxVocabularyBytes = 2 ** 26;

/** A printable character for every byte: itself where it prints, else one from 256 on. In the vocabulary's order. */
function byteCharacters(): Map<number, string> {
  const printable = (byte: number) => (byte >= 33 && byte <= 126) || (byte >= 161 && byte !== 173);
  const bytes = Array.from({ length: 256 }, (_, byte) => byte);
  const shown = bytes.filter(printable).map((byte) => [byte, String.fromCharCode(byte)] as const);
  const hidden = bytes
    .filter((byte) => !printable(byte))
    .map((byte, i) => [byte, String.fromCharCode(256 + i)] as const);
  return new Map([...shown, ...hidden]);
}

/** The parts of a word after all merges that apply, the earliest in the vocabulary first. */
function mergeParts(word: readonly string[], ranks: ReadonlyMap<string, number>): string[] {
  const parts = [...word];
  for (;;) {
    let best = Number.POSITIVE_INFINITY;
    let at = -1;
    for (let i = 0; i + 1 < parts.length; i++) {
      const rank = ranks.get(`${parts[i]} ${parts[i + 1]}`);
      if (rank !== undefined && rank < best) [best, at] = [rank, i];
    }
    if (at < 0) return parts;
    const [left, right] = [parts[at], parts[at + 1]];
    for (let i = 0; i + 1 < parts.length; i++)
      if (parts[i] === left && parts[i + 1] === right) parts.splice(i, 2, left + right);
  }
}

/**
 * Opens CLIP's vocabulary file, plain or gzipped, and returns an encoder. Captions are taken in lower case with white
 * space evened out; broken encodings and HTML entities are not repaired. Captions longer than the tower's positions are
 * cut, and end with the end mark.
 *
 * @param config the tower that the ids are for; decides how many merges of the file are used
 * @throws Error if the file is no such vocabulary or too short for the tower
 */
export async function openCaptionEncoder(path: string, config: TextTowerConfig): Promise<EncodeCaptions> {
  const { vocabulary, positions } = config;
  const stored = await readFile(path);
  const zipped = stored[0] === 0x1f && stored[1] === 0x8b;
  const text = (zipped ? gunzipSync(stored, { maxOutputLength: maxVocabularyBytes }) : stored).toString(
    "utf8",
  );
  const characters = byteCharacters();
  const count = vocabulary - 2 * characters.size - 2;
  const merges = text.split("\n").slice(1, 1 + count); // the first line is a heading
  if (merges.length < count || !merges.every((line) => /^\S+ \S+$/.test(line)))
    throw new Error(
      `openCaptionEncoder: ${path} does not hold ${count} merges of two parts each; expected CLIP's bpe_simple_vocab_16e6.txt.`,
    );
  const ranks = new Map(merges.map((line, rank) => [line, rank]));
  const single = [...characters.values()];
  const tokens = [
    ...single,
    ...single.map((each) => each + endOfWord),
    ...merges.map((line) => line.replace(" ", "")),
  ];
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const [startMark, endMark] = [vocabulary - 2, vocabulary - 1];

  const encode = (caption: string): number[] => {
    const found: number[] = [];
    for (const [piece] of caption.toLowerCase().matchAll(pieces)) {
      const word = [...Buffer.from(piece)].map((byte) => characters.get(byte) as string);
      word[word.length - 1] += endOfWord;
      for (const part of mergeParts(word, ranks)) found.push(ids.get(part) as number);
    }
    return found;
  };
  return (captions) =>
    tensor2d(
      captions.map((caption) => {
        const row = [startMark, ...encode(caption).slice(0, positions - 2), endMark];
        return [...row, ...new Array<number>(positions - row.length).fill(0)];
      }),
      [captions.length, positions],
      "int32",
    );
}
