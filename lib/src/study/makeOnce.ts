/** Something that takes a while to make is made by one process while others wait for it. */
import { existsSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { openResultStore } from "./resultStore.js";

/**
 * Calls `make` unless there is something at `path`, put there by this or any other process. `make` writes elsewhere and
 * renames at the end, so that what is there is whole. Claims lie in the folder `claims` beside it.
 */
export async function makeOnce(path: string, make: () => Promise<void>): Promise<void> {
  const store = openResultStore(join(dirname(path), "claims"));
  while (!existsSync(path)) {
    const claim = await store.claim({ make: basename(path) });
    if (!claim) {
      await wait(250);
      continue;
    }
    const timer = setInterval(() => void claim.renew(), 30_000);
    try {
      if (!existsSync(path)) await make();
    } finally {
      clearInterval(timer);
      await claim.release();
    }
  }
}
