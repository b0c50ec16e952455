/** Does a stored result come out again? Its card says everything that decides it, so it can be computed anew. */
import type { StudyFolders } from "./defineStudy.js";
import { canonicalJson, type Plain } from "./protocolCard.js";
import type { StoredResult } from "./resultStore.js";
import { computeCard } from "./tasks.js";

export interface Recomputed {
  /** Clips whose value came out as stored, by metric, of all clips. */
  readonly metrics: Readonly<Record<string, { readonly equal: number; readonly clips: number }>>;
  /** Names of what is shown beside the values, such as curves, that came out otherwise. */
  readonly shown: readonly string[];
  /** Whether nothing at all came out otherwise. */
  readonly same: boolean;
}

/**
 * Computes the card of a stored result and compares, to the bit. On the machine and engine that stored it, everything is
 * the same; another processor may round otherwise.
 *
 * @throws RangeError if the card names no computation of this release
 */
export async function recompute(
  stored: StoredResult,
  options: { readonly folders: StudyFolders; readonly onProgress?: (share: number) => void },
): Promise<Recomputed> {
  const made = await computeCard(stored.card, { onProgress: () => {}, ...options });
  const before = stored.values as Readonly<Record<string, readonly Plain[]>>;
  const after = JSON.parse(JSON.stringify(made.values)) as typeof before; // as a store holds them
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  const metrics = Object.fromEntries(
    names.map((name) => {
      const [old, fresh] = [before[name] ?? [], after[name] ?? []];
      const equal = old.filter((value, clip) => value === fresh[clip]).length;
      return [name, { equal, clips: Math.max(old.length, fresh.length) }];
    }),
  );
  const kept = stored.shown ?? {};
  const shown = [...new Set([...Object.keys(kept), ...Object.keys(made.shown)])].filter(
    (name) => canonicalJson(kept[name] ?? null) !== canonicalJson(made.shown[name] ?? null),
  );
  const same = shown.length === 0 && Object.values(metrics).every(({ equal, clips }) => equal === clips);
  return { metrics, shown, same };
}
