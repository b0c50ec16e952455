/** `vid2world study --card <file>`: computes a stored result again and says whether every value comes out as stored. */
import { readFile } from "node:fs/promises";
import { useBackend } from "../engine/backends.js";
import { showProgress } from "../notebook/showProgress.js";
import type { StudyFolders } from "../study/defineStudy.js";
import { recompute } from "../study/recompute.js";
import type { StoredResult } from "../study/resultStore.js";

/** Prints what came out, and leaves the exit status 1 if anything differs. */
export async function recomputeResult(path: string, folders: StudyFolders): Promise<void> {
  const text = await readFile(path, "utf8").catch(() => {
    throw new Error(`study: ${path} cannot be read; expected a result, such as one in data/results.`);
  });
  const stored = JSON.parse(text) as StoredResult;
  if (!stored.card || !stored.values)
    throw new Error(
      `study: ${path} holds no card with values; expected a result, such as one in data/results.`,
    );
  await useBackend();
  const bar = showProgress(1, { label: "computing again" });
  const { metrics, shown, same } = await recompute(stored, {
    folders,
    onProgress: (share) => bar.update(share),
  }).finally(() => bar.end());
  for (const [name, { equal, clips }] of Object.entries(metrics))
    process.stdout.write(`${name}: ${equal} of ${clips} clips as stored\n`);
  if (shown.length > 0) process.stdout.write(`came out otherwise: ${shown.join(", ")}\n`);
  const { machine, node } = stored.record;
  process.stdout.write(
    same
      ? "Every value is the stored one, to the bit.\n"
      : `It was stored on ${machine} with Node ${node}; another processor may round otherwise.\n`,
  );
  if (!same) process.exitCode = 1;
}
