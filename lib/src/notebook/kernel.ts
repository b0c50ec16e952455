/**
 * The way from this library to the notebook page: tslab's kernel keeps the function that publishes displays, and since
 * the kernel runs in the same process, its loaded module is found here. One display carries the same thing in several
 * forms; each page shows the first form it knows.
 */
import { randomUUID } from "node:crypto";
import { join } from "node:path";

/** Forms of one output by MIME type: text and base64 as strings, JSON types as objects. */
export type Bundle = Readonly<Record<string, unknown>>;

interface DisplayData {
  readonly data: Bundle;
  readonly metadata: Record<string, unknown>;
  readonly transient: { readonly display_id?: string };
}

/** Thrown where a page is needed and this process is no notebook kernel. */
export class NotebookError extends Error {
  override readonly name = "NotebookError";
}

type Publish = (content: DisplayData, isUpdate: boolean) => void;

function findPublish(): Publish | undefined {
  const tail = join("node_modules", "tslab", "dist", "jupyter.js");
  const [, kernel] = Object.entries(require.cache).find(([file]) => file.endsWith(tail)) ?? [];
  return (
    (kernel?.exports as { lastWriteDisplayData?: Publish | null } | undefined)?.lastWriteDisplayData ??
    undefined
  );
}

/** Whether a notebook cell has run in this process. */
export function inNotebook(): boolean {
  return findPublish() !== undefined;
}

/**
 * Shows one output below the running cell.
 *
 * @param metadata by MIME type, such as the width at which an image is shown
 * @throws NotebookError outside a notebook kernel
 */
export function display(
  caller: string,
  bundle: Bundle,
  metadata: Record<string, unknown> = {},
): { update(bundle: Bundle): void } {
  const publish = findPublish();
  if (!publish)
    throw new NotebookError(
      `${caller}: there is no notebook here; run it in a cell (npm run lab), or keep a video with writeVideo.`,
    );
  const transient = { display_id: randomUUID() };
  publish({ data: bundle, metadata, transient }, false);
  return {
    update: (next) => (findPublish() ?? publish)({ data: next, metadata, transient }, true),
  };
}
