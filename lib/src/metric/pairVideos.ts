/** Videos of two folders, matched by name. */
import { readdir } from "node:fs/promises";
import { extname, join, relative } from "node:path";

const extensions = new Set([".mp4", ".webm", ".gif", ".mkv", ".mov", ".avi"]);

export interface VideoPair {
  readonly name: string;
  readonly truth: string;
  readonly guess: string;
}

/**
 * The videos in and below two folders by their paths without extension. Where both folders are one, files named
 * `gt_video` are true and files named `pred_video` are generated.
 */
export async function pairVideos(truthFolder: string, guessFolder: string): Promise<VideoPair[]> {
  const one = relative(truthFolder, guessFolder) === "";
  const truths = await namedVideos(truthFolder, one ? "gt_video" : "");
  const guesses = await namedVideos(guessFolder, one ? "pred_video" : "");
  if (truths.size === 0)
    throw new Error(
      `evaluateFolders: ${truthFolder} holds no videos${one ? " named gt_video" : ""}; expected ${[...extensions].join(", ")}.`,
    );
  for (const [names, others, folder] of [
    [truths, guesses, guessFolder],
    [guesses, truths, truthFolder],
  ] as const)
    for (const [name, path] of names)
      if (!others.has(name)) throw new Error(`evaluateFolders: ${path} has no partner in ${folder}.`);
  return [...truths]
    .map(([name, truth]) => ({ name, truth, guess: guesses.get(name)! }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Video files below a folder by the name under which pairs are matched: the path without extension and `word`. */
async function namedVideos(folder: string, word: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const found = new Map<string, string>();
  for (const entry of entries) {
    const extension = extname(entry.name).toLowerCase();
    if (!entry.isFile() || !extensions.has(extension) || !entry.name.includes(word)) continue;
    const path = join(entry.parentPath ?? entry.path, entry.name);
    const stem = relative(folder, path).slice(0, -extension.length);
    found.set(word ? stem.replace(word, "video") : stem, path);
  }
  return found;
}
