/**
 * What a result depends on, as plain JSON with a hash. Two results may stand in one table only if their cards agree in
 * everything but the axis under study.
 */
import { createHash } from "node:crypto";

/** Anything that JSON can hold. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

/** Settings by name, such as data, split, sampler, steps, strength, seeds, feature network, dtype. */
export type ProtocolCard = Readonly<Record<string, Plain>>;

/** JSON with sorted keys: equal cards give equal text, in whatever order they were written. */
export function canonicalJson(value: Plain): string {
  if (typeof value === "number" && !Number.isFinite(value))
    throw new RangeError(`protocolCard: a setting is ${value}, which JSON cannot hold; give it as a word.`);
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const entries = Object.entries(value as Readonly<Record<string, Plain | undefined>>)
    .filter((entry): entry is [string, Plain] => entry[1] !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, each]) => `${JSON.stringify(key)}:${canonicalJson(each)}`).join(",")}}`;
}

/** The first 16 digits of the SHA-256 of a card's canonical JSON: the name of its result. */
export function cardHash(card: ProtocolCard): string {
  return createHash("sha256").update(canonicalJson(card)).digest("hex").slice(0, 16);
}

/** Names of settings in which cards differ; a setting that one card lacks differs. Nested ones as `outer.inner`. */
export function cardDifferences(a: ProtocolCard, b: ProtocolCard, prefix = ""): string[] {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])].sort();
  return names.flatMap((name) => {
    const [one, other] = [a[name], b[name]];
    if (isGroup(one) && isGroup(other)) return cardDifferences(one, other, `${prefix}${name}.`);
    const same = one !== undefined && other !== undefined && canonicalJson(one) === canonicalJson(other);
    return same ? [] : [`${prefix}${name}`];
  });
}

const isGroup = (value: Plain | undefined): value is ProtocolCard =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/**
 * Makes sure that results belong in one table.
 *
 * @param axis settings that may differ, such as "transfer"; `outer` allows all of `outer.inner`
 * @throws RangeError naming the first other setting that differs
 */
export function requireComparable(cards: readonly ProtocolCard[], axis: readonly string[]): void {
  for (const card of cards.slice(1)) {
    const other = cardDifferences(cards[0], card).find(
      (name) => !axis.some((allowed) => name === allowed || name.startsWith(`${allowed}.`)),
    );
    if (other)
      throw new RangeError(
        `requireComparable: results differ in ${other}, which is not under study (${axis.join(", ") || "nothing is"}); run them again under one protocol.`,
      );
  }
}
