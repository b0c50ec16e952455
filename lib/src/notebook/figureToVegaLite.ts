/**
 * A plotly figure as a vega-lite spec, for the picture that stands in where no script runs. Heat maps, surfaces (seen
 * from above), scatter plots and bars; other kinds of trace have no picture.
 */
import { categoryColours } from "./theme.js";

type Json = Readonly<Record<string, unknown>>;

/** The spec, or undefined if a trace is of a kind that is not drawn. */
export function figureToVegaLite({ data, layout = {} }: { data: readonly Json[]; layout?: Json }) {
  const layers: object[] = [];
  for (const [index, trace] of data.entries()) {
    const layer = layerOf(trace, colourOfTrace(data, index), layout);
    if (!layer) return undefined;
    layers.push(...layer);
  }
  const { width, height } = layout as { width?: number; height?: number };
  const fromAbove = data.some(({ type }) => type === "surface") ? "surface seen from above" : undefined;
  const grids = data.some(({ type }) => type === "heatmap" || type === "surface");
  return {
    title: { text: textOf(layout.title) ?? "", ...(fromAbove ? { subtitle: fromAbove } : {}) },
    width: width ? width - 120 : 460,
    height: height ? height - 120 : 280,
    layer: layers,
    ...(grids ? { resolve: { scale: { color: "independent" } } } : {}),
  };
}

function layerOf(trace: Json, colour: object, layout: Json): object[] | undefined {
  const { type = "scatter" } = trace;
  if (type === "heatmap" || type === "surface") return [gridLayer(trace, layout)];
  if (type === "scatter" || type === "scattergl") return pointLayers(trace, colour, layout);
  if (type === "bar")
    return [
      { data: { values: points(trace) }, mark: { type: "bar" }, encoding: axes(trace, colour, layout) },
    ];
  return undefined;
}

/** The colour channel of one trace; all share one scale, so that named traces get a legend. */
function colourOfTrace(data: readonly Json[], index: number): object {
  const names = data.map(({ name }, i) => String(name ?? `trace ${i}`));
  const range = data.map(({ line, marker }, i) => {
    const own = (line as Json | undefined)?.color ?? (marker as Json | undefined)?.color;
    return typeof own === "string" ? own : categoryColours[i % categoryColours.length];
  });
  return {
    datum: names[index],
    type: "nominal",
    scale: { domain: names, range },
    legend: data.length > 1 ? { title: null } : null,
  };
}

/** Rectangles coloured by z. */
function gridLayer(trace: Json, layout: Json): object {
  const z = trace.z as ArrayLike<ArrayLike<number>>;
  const y = (trace.y as unknown[]) ?? Array.from({ length: z.length }, (_, i) => i);
  const x = (trace.x as unknown[]) ?? Array.from({ length: z[0]?.length ?? 0 }, (_, i) => i);
  const values = y.flatMap((row, j) => x.map((column, i) => ({ x: column, y: row, z: z[j][i] })));
  const { type, colorbar } = trace as { type: string; colorbar?: Json };
  // A plotly heat map starts at the bottom unless its axis is reversed.
  const upwards = type === "surface" || axisOf(layout, "yaxis", type).autorange !== "reversed";
  return {
    data: { values },
    mark: { type: "rect" },
    encoding: {
      x: {
        field: "x",
        type: "ordinal",
        sort: null,
        title: titleOf(layout, "xaxis", type),
        axis: { labelOverlap: true, labelAngle: 0 },
      },
      y: {
        field: "y",
        type: "ordinal",
        sort: upwards ? [...y].reverse() : null,
        title: titleOf(layout, "yaxis", type),
        axis: { labelOverlap: true, labelAngle: 0 },
      },
      color: {
        field: "z",
        type: "quantitative",
        title: textOf(colorbar?.title) ?? textOf(trace.name) ?? null,
        scale: colourScale(trace),
      },
    },
  };
}

function colourScale({ colorscale, reversescale, zmin, zmax }: Json): object {
  const known: Record<string, string> = {
    viridis: "viridis",
    cividis: "cividis",
    plasma: "plasma",
    inferno: "inferno",
    magma: "magma",
    greys: "greys",
    blues: "blues",
    rdbu: "redblue",
  };
  const stops = Array.isArray(colorscale)
    ? { range: (colorscale as [number, string][]).map(([, colour]) => colour) }
    : { scheme: known[String(colorscale ?? "viridis").toLowerCase()] ?? "viridis" };
  return {
    ...stops,
    reverse: reversescale === true,
    ...(typeof zmin === "number" ? { domainMin: zmin } : {}),
    ...(typeof zmax === "number" ? { domainMax: zmax } : {}),
  };
}

function pointLayers(trace: Json, colour: object, layout: Json): object[] {
  const { mode = "lines", line } = trace as { mode?: string; line?: Json };
  const base = { data: { values: points(trace) }, encoding: axes(trace, colour, layout) };
  const dashed = line?.dash ? { strokeDash: [5, 4] } : {};
  return [
    ...(mode.includes("lines") ? [{ ...base, mark: { type: "line", ...dashed } }] : []),
    ...(mode.includes("markers") ? [{ ...base, mark: { type: "point" } }] : []),
  ];
}

function points(trace: Json): object[] {
  const y = Array.from(trace.y as ArrayLike<unknown>);
  const x = trace.x ? Array.from(trace.x as ArrayLike<unknown>) : y.map((_, i) => i);
  return y.map((value, i) => ({ x: x[i], y: value }));
}

function axes(trace: Json, colour: object, layout: Json): object {
  const { x } = trace as { x?: ArrayLike<unknown> };
  const isNumber = !x || typeof x[0] === "number";
  const logarithmic = axisOf(layout, "yaxis", "").type === "log" ? { scale: { type: "log" } } : {};
  return {
    x: {
      field: "x",
      type: isNumber && trace.type !== "bar" ? "quantitative" : "ordinal",
      sort: null,
      title: titleOf(layout, "xaxis", ""),
    },
    y: { field: "y", type: "quantitative", title: titleOf(layout, "yaxis", ""), ...logarithmic },
    color: colour,
  };
}

function axisOf(layout: Json, axis: "xaxis" | "yaxis", type: string): Json {
  const scene = type === "surface" ? ((layout.scene ?? {}) as Json) : layout;
  return (scene[axis] ?? {}) as Json;
}

function titleOf(layout: Json, axis: "xaxis" | "yaxis", type: string): string | null {
  return textOf(axisOf(layout, axis, type).title) ?? null;
}

/** Plotly takes a title as text or as { text }. */
function textOf(title: unknown): string | undefined {
  if (typeof title === "string") return title;
  return typeof title === "object" && title ? textOf((title as Json).text) : undefined;
}
