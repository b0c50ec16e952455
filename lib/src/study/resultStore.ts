/**
 * Results in a folder, one JSON file each, named by the hash of the card. Several processes, on several machines, may
 * share the folder: a claim file, made by an exclusive create, says who is at work on a result.
 */
import { link, mkdir, open, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { cardHash, type Plain, type ProtocolCard } from "./protocolCard.js";

export interface StoredResult<Values extends Plain = Plain> {
  readonly card: ProtocolCard;
  readonly values: Values;
  /** How it was computed, which does not decide what came out: machine, seconds, versions. */
  readonly record: Readonly<Record<string, Plain>>;
}

export interface ResultStore {
  readonly folder: string;
  read<Values extends Plain>(card: ProtocolCard): Promise<StoredResult<Values> | undefined>;
  /** Written to a temporary name and renamed: a result is whole or absent. */
  write(result: StoredResult): Promise<void>;
  /**
   * The right to compute a result: undefined if another process has it. A claim that was not renewed for `staleSeconds`
   * has lost its owner and is taken over.
   */
  claim(card: ProtocolCard): Promise<Claim | undefined>;
}

export interface Claim {
  /** Says that the work goes on; call it more often than once in `staleSeconds`. */
  renew(): Promise<void>;
  release(): Promise<void>;
}

const defaultStaleSeconds = 600;

/** Opens, or begins, a store in `folder`. */
export function openResultStore(
  folder: string,
  { staleSeconds = defaultStaleSeconds }: { readonly staleSeconds?: number } = {},
): ResultStore {
  const pathOf = (card: ProtocolCard) => join(folder, `${cardHash(card)}.json`);
  return {
    folder,
    async read<Values extends Plain>(card: ProtocolCard) {
      const text = await readFile(pathOf(card), "utf8").catch(() => undefined);
      return text === undefined ? undefined : (JSON.parse(text) as StoredResult<Values>);
    },
    async write(result) {
      await mkdir(folder, { recursive: true });
      const path = pathOf(result.card);
      const part = `${path}.${process.pid}.part`;
      await writeFile(part, `${JSON.stringify(result, null, 1)}\n`);
      await rename(part, path);
    },
    async claim(card) {
      await mkdir(folder, { recursive: true });
      const path = `${pathOf(card)}.claim`;
      if (!(await create(path))) {
        if (!(await isStale(path, staleSeconds))) return undefined;
        if (!(await removeStale(path, staleSeconds)) || !(await create(path))) return undefined;
      }
      return {
        renew: () => utimes(path, new Date(), new Date()).catch(() => {}),
        release: () => rm(path, { force: true }),
      };
    },
  };
}

async function create(path: string): Promise<boolean> {
  try {
    const file = await open(path, "wx");
    await file.writeFile(`${hostname()} ${process.pid}\n`);
    await file.close();
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Moves a stale claim away; of several processes that try, one succeeds. */
async function removeStale(path: string, seconds: number): Promise<boolean> {
  const moved = `${path}.${hostname()}.${process.pid}`;
  try {
    await rename(path, moved);
  } catch {
    return false; // another was first
  }
  const stale = await isStale(moved, seconds);
  if (!stale) await link(moved, path).catch(() => {}); // it was renewed or made anew in between: put it back
  await rm(moved, { force: true });
  return stale;
}

async function isStale(path: string, seconds: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > 1000 * seconds;
}
