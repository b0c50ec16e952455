/** Laws of the source tree: layers import only from the layers before them, files stay short. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../.workbench/paths.mjs";

const layers = [
  "tensor",
  "engine",
  "weights",
  "schedule",
  "nn",
  "model",
  "causal",
  "diffusion",
  "train",
  "sample",
  "data",
  "worlds",
  "metric",
  "study",
  "policy",
  "notebook",
  "play",
  "cli",
];
const mostLines = 400;
const source = join(root, "lib", "src");

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    if (["node_modules", "fixtures", "dist"].includes(entry.name)) return [];
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesUnder(path) : [path];
  });
}

const layerOf = (file: string) => relative(source, file).split(sep)[0];

test("a layer imports only from itself and from the layers before it", () => {
  const wrong: string[] = [];
  for (const file of filesUnder(source)) {
    if (dirname(file) === source) continue; // index.ts lists the public names of every layer
    expect(layers).toContain(layerOf(file));
    for (const [, target] of readFileSync(file, "utf8").matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)) {
      const imported = join(dirname(file), target);
      if (layers.indexOf(layerOf(imported)) > layers.indexOf(layerOf(file)))
        wrong.push(`${relative(root, file)} imports ${relative(root, imported)}`);
    }
  }
  expect(wrong).toEqual([]);
});

test(`no source file has more than ${mostLines} lines`, () => {
  const folders = [source, join(root, "test"), join(root, ".workbench")];
  const long = folders
    .flatMap(filesUnder)
    .filter((file) => /\.(ts|mts|cts|mjs|cjs)$/.test(file))
    .filter((file) => file !== join(source, "index.ts")) // a list of names needs no room in the head
    .filter((file) => readFileSync(file, "utf8").split("\n").length - 1 > mostLines);
  expect(long).toEqual([]);
});

test("every version in package.json files is exact", () => {
  const loose: string[] = [];
  for (const file of ["package.json", "lib/package.json"]) {
    const { dependencies, devDependencies, peerDependencies } = JSON.parse(
      readFileSync(join(root, file), "utf8"),
    );
    const all: Record<string, string> = { ...dependencies, ...devDependencies, ...peerDependencies };
    for (const [name, version] of Object.entries(all))
      if (!/^(npm:[^@]+@)?\d+\.\d+\.\d+$/.test(version)) loose.push(`${file}: ${name} ${version}`);
  }
  expect(loose).toEqual([]);
});

test("the lock file names no download addresses and every platform's optional packages", () => {
  const { packages } = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8"));
  const addresses = Object.values<{ resolved?: string }>(packages).filter(({ resolved }) =>
    resolved?.includes("://"),
  );
  expect(addresses).toEqual([]);
  const biome: Record<string, string> = packages["node_modules/@biomejs/biome"].optionalDependencies;
  for (const name of Object.keys(biome)) expect(packages).toHaveProperty([`node_modules/${name}`]);
});
