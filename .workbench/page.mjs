/**
 * Step 4: the scripts that an exported page carries, made from node_modules once. Each library is wrapped so
 * that it becomes a global in any page: a page that defines AMD or CommonJS names would swallow it.
 */
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cache, root } from "./paths.mjs";
import { hashFiles, record, recorded, writeWhole } from "./record.mjs";
import { say } from "./say.mjs";

const modules = join(root, "node_modules");
const folder = join(cache, "page");

/** What goes into each file. @type {Record<string, string[]>} */
const bundles = {
  "vega.js": [
    "vega/build/vega.min.js",
    "vega-lite/build/vega-lite.min.js",
    "vega-embed/build/vega-embed.min.js",
  ],
  "plotly.js": ["plotly.js/plotly.min.js"],
  "katex.js": ["katex/dist/katex.min.js", "katex/dist/contrib/auto-render.min.js"],
};
const formulaStyle = "katex/dist/katex.min.css";

/** @param {string} source */
function wrapped(source) {
  // biome-ignore lint/complexity/useRegexLiterals: a literal would hold the very text that it looks for
  const closing = new RegExp("</(script)", "gi");
  const body = source.replace(/\/\/# sourceMappingURL=.*$/gm, "").replace(closing, "<\\/$1");
  return `(function(){var define=undefined,module=undefined,exports=undefined;\n${body}\n}).call(window);\n`;
}

/** KaTeX's style with its fonts inside; the first source of each font is WOFF2, which every browser reads. */
function styleWithFonts() {
  const style = readFileSync(join(modules, formulaStyle), "utf8");
  return style.replace(/src:url\((fonts\/[^)]+\.woff2)\)[^;}]*/g, (_, file) => {
    const bytes = readFileSync(join(modules, "katex/dist", file));
    return `src:url(data:font/woff2;base64,${bytes.toString("base64")}) format("woff2")`;
  });
}

export async function preparePageScripts() {
  const inputs = [...Object.values(bundles).flat(), formulaStyle].map((name) => join(modules, name));
  const key = hashFiles([...inputs, join(root, ".workbench", "page.mjs")]);
  const names = [...Object.keys(bundles), "katex.css"];
  if (recorded("page") === key && names.every((name) => existsSync(join(folder, name)))) return;
  say("Pages: vega, plotly and KaTeX bundled in .cache/page, so that exported pages need no network");
  for (const [name, parts] of Object.entries(bundles))
    writeWhole(
      join(folder, name),
      parts.map((part) => wrapped(readFileSync(join(modules, part), "utf8"))).join(""),
    );
  writeWhole(join(folder, "katex.css"), styleWithFonts());
  record("page", key);
}
