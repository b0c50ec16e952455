import { figureToVegaLite } from "./figureToVegaLite.js";
import { display } from "./kernel.js";
import { merge } from "./showPlot.js";
import { drawVegaLite } from "./staticPicture.js";
import { plotlyTemplate, vegaLiteConfig } from "./theme.js";

/** A plotly figure as plain JSON. */
export interface PlotlyFigure {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly layout?: Readonly<Record<string, unknown>>;
  readonly config?: Readonly<Record<string, unknown>>;
}

/**
 * Shows a plotly figure below the cell: interactive where the page runs scripts, else as a picture. Pictures are made
 * for heat maps, surfaces (seen from above), scatter plots and bars; other figures have words only.
 *
 * The figure gets this library's look; what its own `layout` says wins.
 *
 * @throws NotebookError outside a notebook kernel
 * @throws RangeError if the figure has no trace
 */
export async function showFigure(figure: PlotlyFigure): Promise<void> {
  if (!Array.isArray(figure.data) || figure.data.length === 0)
    throw new RangeError("showFigure: figure has no data; expected { data: [trace, …], layout }.");
  const { layout = {} } = figure;
  const styled = {
    data: figure.data,
    layout: {
      ...layout,
      template: merge(plotlyTemplate, (layout.template ?? {}) as Record<string, unknown>),
    },
    config: { responsive: true, displaylogo: false, ...figure.config },
  };
  const spec = figureToVegaLite(figure);
  const picture = spec && (await drawVegaLite({ ...spec, config: vegaLiteConfig }));
  const kinds = [...new Set(figure.data.map(({ type = "scatter" }) => String(type)))].join(", ");
  const title = typeof layout.title === "string" ? layout.title : (layout.title as { text?: string })?.text;
  display(
    "showFigure",
    {
      "application/vnd.plotly.v1+json": styled,
      ...(picture ? { "image/png": picture.png } : {}),
      "text/plain": `[figure${title ? `: ${title}` : ""} (${kinds})]`,
    },
    picture ? { "image/png": { width: picture.width, height: picture.height } } : {},
  );
}
