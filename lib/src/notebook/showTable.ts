import { escapeHtml, htmlFont } from "./html.js";
import { display } from "./kernel.js";

export interface TableOptions {
  /** Keys to show, in this order; all keys of the first row unless given. */
  readonly columns?: readonly string[];
  /** Digits after the point for numbers that are not whole; 3 unless given. */
  readonly digits?: number;
  readonly caption?: string;
}

type Row = Readonly<Record<string, unknown>>;

/**
 * Shows rows as a table below the cell, numbers to the right; as plain text too.
 *
 * @throws NotebookError outside a notebook kernel
 */
export function showTable(rows: readonly Row[], options: TableOptions = {}): void {
  const { columns = Object.keys(rows[0] ?? {}), digits = 3, caption = "" } = options;
  const text = (value: unknown) => cellText(value, digits);
  const isNumeric = (column: string) => rows.every((row) => typeof row[column] === "number");
  const align = (column: string) => `text-align:${isNumeric(column) ? "right" : "left"}`;
  const head = columns
    .map((column) => `<th style="${align(column)};font-weight:600">${escapeHtml(column)}</th>`)
    .join("");
  const body = rows
    .map((row) => {
      const cells = columns.map(
        (column) => `<td style="${align(column)}">${escapeHtml(text(row[column]))}</td>`,
      );
      return `<tr>${cells.join("")}</tr>`;
    })
    .join("");
  const captionHtml = caption
    ? `<caption style="caption-side:top;text-align:left;padding:4px 0">${escapeHtml(caption)}</caption>`
    : "";
  display("showTable", {
    "text/html":
      `<table style="${htmlFont};font-size:13px;font-variant-numeric:tabular-nums;margin:4px 0;border-collapse:collapse">` +
      `${captionHtml}<thead><tr>${head}</tr></thead><tbody>${body}</tbody></table>`,
    "text/plain": plainTable(columns, rows, isNumeric, text, caption),
  });
}

function cellText(value: unknown, digits: number): string {
  if (value === undefined || value === null) return "–";
  if (typeof value !== "number" || Number.isInteger(value) || !Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  return size >= 10 ** -digits && size < 1e7 ? value.toFixed(digits) : value.toExponential(digits - 1);
}

function plainTable(
  columns: readonly string[],
  rows: readonly Row[],
  isNumeric: (column: string) => boolean,
  text: (value: unknown) => string,
  caption: string,
): string {
  const lines = [columns, ...rows.map((row) => columns.map((column) => text(row[column])))];
  const widths = columns.map((_, i) => Math.max(...lines.map((line) => line[i].length)));
  const padded = lines.map((line) =>
    line
      .map((cell, i) => (isNumeric(columns[i]) ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join("  ")
      .trimEnd(),
  );
  return [...(caption ? [caption] : []), ...padded].join("\n");
}
