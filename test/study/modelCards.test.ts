/** The models that ship, and what their page says of them. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { root } from "../../.workbench/paths.mjs";

const models = join(root, "data", "models");
/** Models, and those of which the scores alone are kept. */
const shipped = readdirSync(models).filter((name) =>
  ["card.json", "scores.json"].some((file) => existsSync(join(models, name, file))),
);
const page = readFileSync(join(models, "README.md"), "utf8");

test.each(shipped)("the page of models says what was measured of %s", (name) => {
  const main = join(dirname(createRequire(import.meta.url).resolve("vid2world")), "../bin/vid2world.cjs");
  const saved = execFileSync(process.execPath, [main, "evaluate-model", join(models, name), "--saved"], {
    encoding: "utf8",
  });
  expect(page).toContain(`## ${name}\n`);
  expect(page).toContain(saved);
});

test("all models together are under 40 MB", () => {
  const sizes = readdirSync(models, { recursive: true }).map(
    (path) => statSync(join(models, String(path))).size,
  );
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(40e6);
});
