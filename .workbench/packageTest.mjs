/** Packs the library, installs the tarball alone in an empty folder, and uses it there. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { npm } from "./dependencies.mjs";
import { root } from "./paths.mjs";
import { run } from "./run.mjs";

/** Uses values and types of the package as somebody else's project would. */
const program = `
import * as lab from "vid2world";
import { tensor, type Tensor } from "@tensorflow/tfjs";

async function main(): Promise<void> {
  const noise: Tensor = lab.normalNoise([2, 3], 7);
  const square = lab.compile((x: Tensor) => x.mul(x).sum());
  const result = (await square(tensor([1, 2, 3]))) as Tensor;
  console.log(JSON.stringify({ shape: noise.shape, sum: (await result.data())[0] }));
}
main();
`;

/** @returns {Promise<string>} nothing when it worked, else the reason */
export async function testPackage() {
  const folder = mkdtempSync(join(tmpdir(), "vid2world-package-"));
  const env = { ...process.env, ONNXRUNTIME_NODE_INSTALL: "skip" };
  try {
    const packed = await npm([
      "pack",
      "-w",
      "vid2world",
      "--json",
      "--loglevel=error",
      "--pack-destination",
      folder,
    ]);
    const tarball = packed.output.match(/"filename":\s*"([^"]+)"/)?.[1];
    if (packed.code !== 0 || !tarball) return `npm pack failed: ${packed.output}`;
    const project = join(folder, "project");
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), '{ "private": true }\n');
    const install = [
      "install",
      "--no-audit",
      "--no-fund",
      "--prefer-offline",
      "--loglevel=error",
      join(folder, tarball),
    ];
    const installed = await npm(install, { cwd: project, env });
    if (installed.code !== 0) return `npm install of the tarball failed: ${installed.output}`;

    writeFileSync(join(project, "use.ts"), program);
    const compiler = join(root, "node_modules", "typescript", "bin", "tsc");
    const options = ["--module", "node16", "--target", "es2022", "--strict", "--skipLibCheck"];
    const types = ["--types", "node", "--typeRoots", join(root, "node_modules", "@types")];
    const compiled = await run(process.execPath, [compiler, ...options, ...types, "use.ts"], {
      cwd: project,
    });
    if (compiled.code !== 0) return `the package's types do not fit: ${compiled.output}`;
    const used = await run(process.execPath, ["use.js"], { cwd: project });
    const expected = '{"shape":[2,3],"sum":14}';
    return used.output.trim().endsWith(expected) ? "" : `expected ${expected}, it printed: ${used.output}`;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
