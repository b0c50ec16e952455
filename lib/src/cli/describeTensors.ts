import { elementBytes } from "../weights/elementTypes.js";
import type { StoredTensor, TensorFile } from "../weights/tensorFile.js";

const whole = new Intl.NumberFormat("en-US");
const sizeOf = (shape: readonly number[]) => shape.reduce((product, size) => product * size, 1);

interface Branch {
  readonly branches: Map<string, Branch>;
  tensor?: StoredTensor;
  numbers: number;
  tensors: number;
}

const branch = (): Branch => ({ branches: new Map(), numbers: 0, tensors: 0 });

/** Bytes in the largest unit in which they are at least 1. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = bytes > 0 ? Math.min(Math.floor(Math.log10(bytes) / 3), units.length - 1) : 0;
  return `${(bytes / 1000 ** power).toFixed(power > 0 ? 2 : 0)} ${units[power]}`;
}

/**
 * A file's tensors as a tree of their dotted names: shapes and element types at the leaves, counts at the branches,
 * totals above. Chains of single branches share a line.
 *
 * @param depth branches deeper than this are only counted
 */
export function describeTensors(file: TensorFile, depth = Number.POSITIVE_INFINITY): string {
  const root = branch();
  const types = new Map<string, number>();
  let bytes = 0;
  for (const [name, tensor] of file.entries) {
    const numbers = sizeOf(tensor.shape);
    bytes += numbers * elementBytes[tensor.type];
    types.set(tensor.type, (types.get(tensor.type) ?? 0) + 1);
    let at = root;
    for (const word of ["", ...name.split(".")]) {
      if (word !== "" || at !== root) {
        const next = at.branches.get(word) ?? branch();
        at.branches.set(word, next);
        at = next;
      }
      at.numbers += numbers;
      at.tensors++;
    }
    at.tensor = tensor;
  }
  const kinds = [...types].map(([type, count]) => `${whole.format(count)} ${type}`).join(", ");
  const lines = [
    `${file.path}: ${file.format}`,
    `${whole.format(root.tensors)} tensors, ${whole.format(root.numbers)} numbers, ${formatBytes(bytes)} (${kinds})`,
    ...Object.entries(file.metadata).map(([key, value]) => `${key}: ${value}`),
  ];
  const write = (at: Branch, level: number) => {
    for (const [word, inner] of at.branches) {
      let label = word;
      let end = inner;
      while (!end.tensor && end.branches.size === 1) {
        const [[next, only]] = end.branches;
        label += `.${next}`;
        end = only;
      }
      const indent = "  ".repeat(level);
      if (end.tensor) lines.push(`${indent}${label} [${end.tensor.shape}] ${end.tensor.type}`);
      else
        lines.push(
          `${indent}${label}: ${whole.format(end.tensors)} tensors, ${whole.format(end.numbers)} numbers`,
        );
      if (level + 1 < depth) write(end, level + 1);
    }
  };
  write(root, 0);
  return lines.join("\n");
}
