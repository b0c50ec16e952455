/** Laws of the notebooks as they are committed; npm test also runs each one and looks at its page. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { notebooks } from "../../.workbench/paths.mjs";

interface Cell {
  cell_type: string;
  source: string | string[];
  execution_count?: number | null;
  outputs?: { output_type: string }[];
}

const names = existsSync(notebooks) ? readdirSync(notebooks).filter((name) => name.endsWith(".ipynb")) : [];
const megabyte = 2 ** 20;

describe.each(names)("%s", (name) => {
  const path = join(notebooks, name);
  const { cells, metadata } = JSON.parse(readFileSync(path, "utf8")) as {
    cells: Cell[];
    metadata: { kernelspec?: { name: string } };
  };
  const text = ({ source }: Cell) => [source].flat().join("");
  const code = cells.filter((cell) => cell.cell_type === "code" && text(cell).trim());

  test("opens with a title and runs on the TypeScript kernel", () => {
    expect(metadata.kernelspec?.name).toBe("tslab");
    expect(cells[0].cell_type).toBe("markdown");
    expect(text(cells[0])).toMatch(/^# \S/);
  });

  test("keeps outputs of one run from top to bottom, or none at all", () => {
    const counts = code.map((cell) => cell.execution_count ?? null);
    const ran = counts.some((count) => count !== null);
    expect(counts).toEqual(ran ? code.map((_, i) => i + 1) : code.map(() => null));
    expect(code.flatMap((cell) => cell.outputs ?? []).map((output) => output.output_type)).not.toContain(
      "error",
    );
  });

  test("is small enough to read in a browser and to keep in the repository", () => {
    expect(statSync(path).size).toBeLessThan(16 * megabyte);
  });
});

test("every page that is expected to show something belongs to a notebook", () => {
  const expected = JSON.parse(readFileSync(join(notebooks, "../test/notebooks/expected.json"), "utf8"));
  expect(names).toEqual(expect.arrayContaining(Object.keys(expected).map((name) => `${name}.ipynb`)));
});
