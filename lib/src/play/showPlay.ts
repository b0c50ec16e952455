/** The play page in a notebook cell. */
import { escapeHtml, htmlFont } from "../notebook/html.js";
import { display, inNotebook } from "../notebook/kernel.js";
import type { WorldModel } from "../sample/worldModel.js";
import { requireWhole } from "../tensor/check.js";
import { type ServePlayOptions, servePlay } from "./servePlay.js";
import type { PlayServer } from "./server.js";

export interface ShowPlayOptions extends Omit<ServePlayOptions, "models"> {
  /** Pixels; 820 unless given. */
  readonly height?: number;
}

/**
 * Shows the play page below the cell and serves it until it is closed or the kernel ends. A world model in a folder runs
 * beside the kernel; one that is open runs in it, and waits while another cell computes. A page that is exported keeps a
 * sentence in its place.
 *
 * @param model a folder that `saveWorldModel` wrote, or an open world model, which is not changed
 * @throws NotebookError outside a notebook kernel
 * @throws Error as `servePlay` does
 */
export async function showPlay(
  model: string | WorldModel,
  { height = 820, ...options }: ShowPlayOptions = {},
): Promise<PlayServer> {
  if (!inNotebook()) display("showPlay", {}); // throws before anything is started
  requireWhole("showPlay", "height", height, 100, 4000);
  const models = typeof model === "string" ? [model] : { model };
  const server = await servePlay({ ...options, models });
  const address = escapeHtml(server.url);
  const words = "The play page, which is there while the notebook's kernel runs";
  // A page in a file is an export: nothing is served to it, so it asks for nothing.
  const frame =
    `<div style="${htmlFont};font-size:13px">${words}: <a href="${address}" target="_blank">${address}</a></div>` +
    `<script>(at => { if (location.protocol === "file:") return; const page = document.createElement("iframe"); ` +
    `page.src = "${address}"; page.title = "Play"; page.allow = "clipboard-write; fullscreen"; ` +
    `page.style = "width:100%;height:${height}px;border:0;border-radius:8px"; at.replaceChildren(page); })` +
    `(document.currentScript.previousElementSibling)</script>`;
  display("showPlay", { "text/html": frame, "text/plain": `${words}: ${server.url}` });
  return server;
}
