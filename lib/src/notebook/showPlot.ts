import { display } from "./kernel.js";
import { drawVegaLite } from "./staticPicture.js";
import { vegaLiteConfig } from "./theme.js";

/** A vega-lite specification with its data in it, as plain JSON. */
export type VegaLiteSpec = Readonly<Record<string, unknown>>;

/**
 * Shows a vega-lite plot below the cell: interactive where the page runs scripts, else as a picture.
 *
 * The spec gets this library's look; what its own `config` says wins.
 *
 * @throws NotebookError outside a notebook kernel
 * @throws RangeError if vega-lite cannot draw the spec; the message gives its reason
 */
export async function showPlot(spec: VegaLiteSpec): Promise<void> {
  const styled = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    ...spec,
    config: merge(vegaLiteConfig, (spec.config ?? {}) as Record<string, unknown>),
  };
  const picture = await drawVegaLite(styled).catch((error: Error) => {
    throw new RangeError(`showPlot: the spec cannot be drawn: ${error.message}`);
  });
  display(
    "showPlot",
    {
      "application/vnd.vegalite.v5+json": styled, // the type that JupyterLab knows; it also shows version 6
      "image/png": picture.png,
      "text/plain": `[plot${titleOf(spec)}]`,
    },
    { "image/png": { width: picture.width, height: picture.height } },
  );
}

function titleOf({ title }: VegaLiteSpec): string {
  const text = typeof title === "object" && title ? (title as { text?: unknown }).text : title;
  return text ? `: ${[text].flat().join(" ")}` : "";
}

/** `own` over `base`, key by key, at every depth. */
export function merge(base: Readonly<Record<string, unknown>>, own: Readonly<Record<string, unknown>>) {
  const merged: Record<string, unknown> = { ...base };
  for (const [key, value] of Object.entries(own)) {
    const below = merged[key];
    merged[key] = isRecord(below) && isRecord(value) ? merge(below, value) : value;
  }
  return merged;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
