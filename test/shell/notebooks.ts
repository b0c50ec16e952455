/** Small notebooks for these tests, written where the project's packages can be found from a cell. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { vi } from "vitest";
import { ensureJupyter } from "../../.workbench/jupyter.mjs";
import { cache } from "../../.workbench/paths.mjs";

// A kernel that starts beside other tests on two cores can take half a minute.
vi.setConfig({ testTimeout: 300_000, hookTimeout: 300_000 });

export interface Output {
  output_type: string;
  name?: string;
  text?: string | string[];
  data?: Record<string, unknown>;
  ename?: string;
  evalue?: string;
  traceback?: string[];
  metadata?: object;
}

export interface Cell {
  cell_type: "code" | "markdown";
  source: string | string[];
  execution_count?: number | null;
  outputs?: Output[];
}

export const jupyter = await ensureJupyter({ server: false });

/** A folder that is removed when the test file ends; call `remove` in afterAll. */
export function scratchFolder(): { path: string; remove: () => void } {
  const parent = join(cache, "test");
  mkdirSync(parent, { recursive: true });
  const path = mkdtempSync(join(parent, "shell-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}

export const code = (source: string, outputs: Output[] = []): Cell => ({
  cell_type: "code",
  source,
  outputs,
});
export const prose = (source: string): Cell => ({ cell_type: "markdown", source });

/** Writes a notebook and answers its path. */
export function writeNotebook(folder: string, name: string, cells: Cell[]): string {
  const path = join(folder, `${name}.ipynb`);
  const complete = cells.map((cell, i) => ({
    id: `cell-${i}`,
    metadata: {},
    ...(cell.cell_type === "code" ? { execution_count: null, outputs: [] } : {}),
    ...cell,
  }));
  const metadata = {
    kernelspec: { name: "tslab", display_name: "TypeScript (tslab)", language: "typescript" },
    language_info: { name: "typescript" },
  };
  writeFileSync(path, JSON.stringify({ cells: complete, metadata, nbformat: 4, nbformat_minor: 5 }));
  return path;
}

/** Text of a stream output, joined. */
export const streamText = (cell: Cell, name: string): string =>
  (cell.outputs ?? [])
    .filter((output) => output.output_type === "stream" && output.name === name)
    .map((output) => [output.text ?? ""].flat().join(""))
    .join("");
