/** Something that takes a while to make is made by one process while others wait for it. */
import { setTimeout as wait } from "node:timers/promises";
import { openResultStore } from "./resultStore.js";

/**
 * Calls `make` unless `isThere` says that what it makes is there, made by this or any other process that shares the
 * folder.
 */
export async function makeOnce(
  folder: string,
  name: string,
  isThere: () => boolean,
  make: () => Promise<void>,
): Promise<void> {
  const store = openResultStore(folder);
  while (!isThere()) {
    const claim = await store.claim({ make: name });
    if (!claim) {
      await wait(250);
      continue;
    }
    const timer = setInterval(() => void claim.renew(), 30_000);
    try {
      if (!isThere()) await make();
    } finally {
      clearInterval(timer);
      await claim.release();
    }
  }
}
