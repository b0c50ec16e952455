/**
 * Results in a folder, one JSON file each, named by the hash of the card. Several processes, on several machines, may
 * share the folder: a claim file, made by an exclusive create, says who is at work on a result.
 */
import { readFileSync } from "node:fs";
import { link, mkdir, open, readdir, readFile, rename, rm, stat, utimes, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { cardHash, type Plain, type ProtocolCard } from "./protocolCard.js";

export interface StoredResult<Values extends Plain = Plain> {
  readonly card: ProtocolCard;
  readonly values: Values;
  /** What is shown beside the values, by name: curves, pictures. */
  readonly shown?: Readonly<Record<string, Plain>>;
  /** How it was computed, which does not decide what came out: machine, seconds, versions. */
  readonly record: Readonly<Record<string, Plain>>;
}

export interface ResultStore {
  readonly folder: string;
  read<Values extends Plain>(card: ProtocolCard): Promise<StoredResult<Values> | undefined>;
  /** Written to a temporary name and renamed: a result is whole or absent. */
  write(result: StoredResult): Promise<void>;
  /**
   * The right to compute a result: undefined if another process has it. A claim that was not renewed for `staleSeconds`,
   * or whose process on this machine has ended, has lost its owner and is taken over.
   */
  claim(card: ProtocolCard): Promise<Claim | undefined>;
  /** Removes what killed processes left: half-written files of this machine's, and claims that have lost their owner. */
  tidy(): Promise<void>;
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
      const part = partOf(path);
      await writeFile(part, resultText(result));
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
    async tidy() {
      for (const name of await readdir(folder).catch(() => [])) {
        const path = join(folder, name);
        if (isPartOfTheDead(name)) await rm(path, { force: true });
        else if (name.endsWith(".claim") && (await isStale(path, staleSeconds)))
          await removeStale(path, staleSeconds);
      }
    },
  };
}

const end = `.${hostname()}.`;

/** A temporary name that says whose it is. */
const partOf = (path: string) => `${path}${end}${process.pid}.part`;

function isPartOfTheDead(name: string): boolean {
  const [start, pid] = name.slice(0, -".part".length).split(end);
  return name === `${start}${end}${pid}.part` && hasEnded(Number(pid));
}

/** One line for each value and setting. */
function resultText(result: StoredResult): string {
  const lines = Object.entries(result).map(([name, group]) => {
    const inner = Object.entries(group as Readonly<Record<string, unknown>>);
    const each = inner.map(([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)}`);
    return `"${name}": ${Array.isArray(group) ? JSON.stringify(group) : `{\n${each.join(",\n")}\n}`}`;
  });
  return `{\n${lines.join(",\n")}\n}\n`;
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
  const moved = partOf(path);
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

/** Whether a claim's owner is gone: it has not renewed for long, or it was a process of this machine that has ended. */
async function isStale(path: string, seconds: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return false;
  if (Date.now() - found.mtimeMs > 1000 * seconds) return true;
  const owner = await readFile(path, "utf8").catch(() => undefined);
  if (owner === "") return Date.now() - found.mtimeMs > 10_000; // killed before it could sign
  const [host, pid] = (owner ?? "").trim().split(" ");
  return host === hostname() && pid !== undefined && hasEnded(Number(pid));
}

function hasEnded(pid: number): boolean {
  try {
    process.kill(pid, 0); // sends nothing, asks only
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "ESRCH";
  }
  return isZombie(pid);
}

/** Whether a process has ended, but its parent has not asked how: in a container that can last. Linux only. */
function isZombie(pid: number): boolean {
  try {
    return readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}
