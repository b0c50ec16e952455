import { display } from "./kernel.js";

/**
 * Shows Markdown below the cell, for words that hold computed numbers.
 *
 * @throws NotebookError outside a notebook kernel
 */
export function showMarkdown(markdown: string): void {
  display("showMarkdown", { "text/markdown": markdown, "text/plain": markdown });
}
