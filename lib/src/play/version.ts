import { readFileSync } from "node:fs";
import { join } from "node:path";

/** Versions that decide a frame's bits. */
export function packageCard(): Readonly<Record<string, unknown>> {
  const { version, dependencies } = JSON.parse(
    readFileSync(join(__dirname, "..", "..", "package.json"), "utf8"),
  ) as { version: string; dependencies: Record<string, string> };
  return { vid2world: version, onnxruntime: dependencies["onnxruntime-node"] };
}
