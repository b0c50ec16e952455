/**
 * One look for all plots: the eight colours of Okabe and Ito ("Color Universal Design", 2008), which stay apart for
 * colour-blind readers, viridis for quantities, quiet axes, titles at the left.
 */

export const categoryColours = [
  "#0072B2",
  "#E69F00",
  "#009E73",
  "#D55E00",
  "#CC79A7",
  "#56B4E9",
  "#8C6D31",
  "#4D4D4D",
] as const;

const ink = "#1f2430";
const quiet = "#5b6270";
const line = "#c9cdd4";
const grid = "#eceef1";
const font = "DejaVu Sans, Verdana, Helvetica, Arial, sans-serif";

/** Default `config` of vega-lite plots; a spec's own config wins. */
export const vegaLiteConfig = {
  background: "white",
  padding: 8,
  font,
  view: {
    continuousWidth: 460,
    continuousHeight: 260,
    discreteWidth: 460,
    discreteHeight: 260,
    stroke: null,
  },
  title: { anchor: "start", color: ink, fontSize: 14, fontWeight: 600, subtitleColor: quiet, offset: 12 },
  axis: {
    domainColor: line,
    tickColor: line,
    gridColor: grid,
    labelColor: quiet,
    labelFontSize: 11,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: 500,
    titlePadding: 8,
    tickSize: 4,
  },
  legend: {
    labelColor: quiet,
    labelFontSize: 11,
    titleColor: ink,
    titleFontSize: 12,
    titleFontWeight: 500,
    symbolStrokeWidth: 2.5,
  },
  header: { labelColor: quiet, labelFontSize: 11, titleColor: ink, titleFontSize: 12 },
  line: { strokeWidth: 2.25, strokeCap: "round" },
  point: { size: 42, filled: true },
  bar: { cornerRadiusEnd: 2 },
  rule: { color: quiet },
  range: { category: categoryColours, ramp: { scheme: "viridis" }, heatmap: { scheme: "viridis" } },
} as const;

const plotlyAxis = {
  gridcolor: grid,
  linecolor: line,
  zerolinecolor: line,
  tickcolor: line,
  ticks: "outside",
  ticklen: 4,
  automargin: true,
  tickfont: { color: quiet, size: 11 },
  title: { font: { color: ink, size: 12 }, standoff: 10 },
} as const;

const colorbar = { outlinewidth: 0, thickness: 14, title: { side: "right" } } as const;

/** Default `layout.template` of plotly figures; a figure's own layout wins. */
export const plotlyTemplate = {
  layout: {
    colorway: categoryColours,
    colorscale: { sequential: "Viridis", sequentialminus: "Viridis", diverging: "RdBu" },
    font: { family: font, color: ink, size: 12 },
    title: { x: 0.02, xanchor: "left", font: { size: 15, color: ink } },
    paper_bgcolor: "white",
    plot_bgcolor: "white",
    margin: { l: 64, r: 24, t: 56, b: 56 },
    xaxis: plotlyAxis,
    yaxis: plotlyAxis,
    legend: { font: { color: quiet, size: 11 } },
  },
  data: {
    heatmap: [{ type: "heatmap", colorscale: "Viridis", colorbar }],
    surface: [{ type: "surface", colorscale: "Viridis", colorbar }],
  },
} as const;
